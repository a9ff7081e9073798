//! What comes between: Ctrl-C, a reader that goes away, a full disk, an instance that ends while it is waited for.

use crate::fixture::{aws, json, only_instance, spawn};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, Program};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn an_interrupted_launch_says_that_instances_may_exist() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    proxy.script([Rule::new(Action::Hang).form_action("RunInstances")]);
    let line = ["launch", "--instance-type", "t3.micro"];
    let mut launch = spawn(aws).args(line).env("AWS_ENDPOINT_URL", proxy.url()).start().unwrap();
    let called = || proxy.requests().iter().any(|request| request.text().contains("RunInstances")).then_some(());
    spawn_test_support::wait_until("the call", PATIENCE, called).await.unwrap();
    launch.signal("INT").unwrap();
    assert_eq!(launch.wait(PATIENCE).await.unwrap(), 130, "{}", launch.stderr());
    assert!(
        launch.stderr().contains("instances may have been launched, `spawn list` shows them; `spawn launch --resume "),
        "{}",
        launch.stderr()
    );
}

/// Runs `spawn list` in a shell that does something to its streams; answers the shell's last word and the messages.
async fn in_shell(script: &str) -> (String, String) {
    let program = env!("CARGO_BIN_EXE_spawn");
    let shell = Program::new("/bin/sh").args(["-c", script, program]).envs(aws().await.env());
    let output = shell.env("SPAWN_CONFIG", "/dev/null").run().await.unwrap();
    (output.stdout, output.stderr)
}

#[tokio::test]
async fn a_closed_or_full_stream_is_no_panic() {
    json(&spawn(aws().await).args(["launch", "--instance-type", "t3.micro", "-o", "json"]).run().await.unwrap());
    for (script, code) in [
        ("\"$0\" list >&-; echo $?", "0"),
        ("\"$0\" list 2>&- >/dev/null; echo $?", "0"),
        ("\"$0\" list >/dev/full; echo $?", "1"),
        ("\"$0\" terminate i-0 2>/dev/full; echo $?", "2"),
        ("\"$0\" terminate i-00000000000000bad --yes 2>/dev/full; echo $?", "1"),
        ("(\"$0\" list; echo $? >&2) | true", ""),
    ] {
        let (stdout, stderr) = in_shell(script).await;
        assert_eq!(stdout.trim(), code, "{script}: {stderr}");
        assert!(!stderr.contains("panicked"), "{script}: {stderr}");
    }
    let (_, stderr) = in_shell("\"$0\" list >/dev/full").await;
    assert_eq!(stderr, "spawn: failed to write the answer to stdout: No space left on device (os error 28)\n");
}

#[tokio::test]
async fn waiting_ends_when_the_instance_does() {
    let aws = aws().await;
    let line = ["launch", "--instance-type", "t3.micro", "--wait", "agent", "--name", "ends-early"];
    let mut launch = spawn(aws).args(line).start().unwrap();
    launch.wait_for_stderr(PATIENCE, |said| said.contains("waiting until").then_some(())).await.unwrap();
    let listed = json(&spawn(aws).args(["list", "-o", "json"]).run().await.unwrap());
    let mine = listed.as_array().unwrap().iter().find(|row| row["tags"]["Name"] == "ends-early").unwrap();
    let id = only_instance(&serde_json::json!({ "instances": [mine] }));
    assert_eq!(spawn(aws).args(["terminate", "--yes", &id]).run().await.unwrap().status, 0);
    assert_eq!(launch.wait(PATIENCE).await.unwrap(), 1, "{}", launch.stderr());
    assert!(launch.stderr().contains(&format!("{id} is terminated instead of running")), "{}", launch.stderr());
}
