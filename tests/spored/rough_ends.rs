//! Ends that nobody ordered: SIGKILL, a second signal, a registry that hangs, closed streams, a stranger's file in the way.

use crate::fixture::{Host, PATIENCE, aws, stop, until};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, Program};
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_socket_of_a_killed_agent_is_taken_over() {
    let host = Host::with("").aws(aws().await);
    let mut killed = host.run(&[]).await;
    killed.signal("KILL").unwrap();
    killed.wait(PATIENCE).await.unwrap();
    assert!(host.path("control.sock").exists());
    let asked = host.spored().arg("status").run().await.unwrap();
    assert!(asked.stderr.contains("nobody answers at"), "{}", asked.stderr);
    let agent = host.run(&[]).await;
    assert_eq!(host.status().await["state"], "running");
    stop(agent).await;
    assert!(!host.path("control.sock").exists());
}

#[tokio::test]
async fn a_file_in_place_of_the_socket_is_left_alone() {
    let host = Host::with("").aws(aws().await);
    std::fs::write(host.path("control.sock"), "precious").unwrap();
    let agent = host.run(&[]).await;
    until(&agent, "no control socket could be opened").await;
    stop(agent).await;
    assert_eq!(std::fs::read_to_string(host.path("control.sock")).unwrap(), "precious");
}

#[tokio::test]
async fn a_registry_that_hangs_holds_the_end_for_seconds_and_a_second_signal_not_at_all() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.ministack_url()).unwrap();
    proxy.script([Rule::new(Action::Hang)]);
    for twice in [false, true] {
        let host = Host::with("").aws(aws).env("AWS_ENDPOINT_URL_DYNAMODB", proxy.url());
        let mut agent = host.run(&[]).await;
        assert_eq!(host.status().await["state"], "running");
        let told = Instant::now();
        agent.signal("TERM").unwrap();
        if twice {
            until(&agent, "told to stop").await;
            agent.signal("TERM").unwrap();
        }
        assert_eq!(agent.wait(PATIENCE).await.unwrap(), 0, "{}", agent.stderr());
        let (bound, last_word) = match twice {
            true => (Duration::from_secs(4), "told again: stopping now"),
            false => (Duration::from_secs(12), "spored has stopped"),
        };
        assert!(told.elapsed() < bound, "{:?}: {}", told.elapsed(), agent.stderr());
        assert!(agent.stderr().contains(last_word), "{}", agent.stderr());
    }
}

#[tokio::test]
async fn a_closed_or_full_stream_is_no_panic() {
    for (script, code) in [
        ("\"$0\" config list >&-; echo $?", "0"),
        ("\"$0\" config list >/dev/full; echo $?", "1"),
        ("\"$0\" config get nothing 2>/dev/full; echo $?", "2"),
        ("\"$0\" status 2>/dev/full; echo $?", "1"),
        ("(\"$0\" config schema; echo $? >&2) | true", ""),
    ] {
        let shell = Program::new("/bin/sh").args(["-c", script, env!("CARGO_BIN_EXE_spored")]);
        let host = Host::with("");
        let shell = shell.env("SPORED_SOCKET", host.path("control.sock")).env("SPAWN_CONFIG", host.path("local.yaml"));
        let output = shell.env("AWS_EC2_METADATA_DISABLED", "true").run().await.unwrap();
        assert_eq!(output.stdout.trim(), code, "{script}: {}", output.stderr);
        assert!(!output.stderr.contains("panicked"), "{script}: {}", output.stderr);
    }
}
