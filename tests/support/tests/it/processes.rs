//! Programs run with a clean environment and end with whoever started them.

use std::time::Duration;

use spawn_test_support::programs::Output;
use spawn_test_support::{Program, wait_until};
use tempfile::TempDir;

const SOON: Duration = Duration::from_secs(10);

const PARENT: &str = "
import subprocess, sys
pipe = subprocess.PIPE
child = subprocess.Popen(sys.argv[1:], stdin=pipe, stdout=pipe, start_new_session=True, text=True)
print(child.stdout.readline().strip(), flush=True)
child.wait()
";

fn shell(script: &str) -> Program {
    Program::new("/bin/sh").args(["-c", script])
}

fn is_alive(pid: u32) -> bool {
    // A zombie is dead.
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" Z")))
}

#[tokio::test]
async fn a_program_gets_its_arguments_and_only_the_environment_it_is_given() {
    let output = shell("echo \"$A $HOME\"; echo oops >&2; exit 3").env("A", "one two").run().await.unwrap();
    assert_eq!(output, Output { status: 3, stdout: "one two \n".to_owned(), stderr: "oops\n".to_owned() });
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_ended_and_its_output_shown() {
    let error = shell("echo began; exec sleep 1000").patience(Duration::from_millis(300)).run().await.unwrap_err();
    assert!(error.to_string().contains("--- stdout\nbegan\n"), "{error}");
}

#[tokio::test]
async fn a_signal_reaches_the_program_itself_and_shows_in_its_status() {
    let mut process = shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done").start().unwrap();
    process.wait_for_stdout(SOON, |text| text.contains("ready").then_some(())).await.unwrap();
    process.signal("TERM").unwrap();
    assert_eq!(process.wait(SOON).await.unwrap(), 7);
    assert_eq!(process.stdout(), "ready\nbye\n");
}

#[tokio::test]
async fn dropping_a_process_ends_the_whole_family() {
    let mut process = shell("sleep 1000 & echo $!; wait").start().unwrap();
    let child: u32 = process.wait_for_stdout(SOON, |text| text.trim().parse().ok()).await.unwrap();
    let pid = process.pid();
    drop(process);
    wait_until("the end of both", SOON, || (!is_alive(pid) && !is_alive(child)).then_some(())).await.unwrap();
}

#[tokio::test]
async fn a_program_ends_with_a_parent_that_is_killed() {
    // The parent in between stands for a test: it starts the launcher as this crate does and is killed without warning.
    let launcher = concat!(env!("CARGO_MANIFEST_DIR"), "/sh/launcher.sh");
    let captured = TempDir::new().unwrap();
    let folder = captured.path().to_string_lossy();
    let mut parent =
        Program::new("python3").args(["-c", PARENT, "/bin/sh", launcher, &folder, "sleep", "1000"]).start().unwrap();
    let grandchild: u32 = parent.wait_for_stdout(SOON, |text| text.trim().parse().ok()).await.unwrap();
    assert!(is_alive(grandchild));
    parent.signal("KILL").unwrap();
    let nothing_is_left = || (!is_alive(grandchild) && !captured.path().exists()).then_some(());
    wait_until("the end of the grandchild and of its files", SOON, nothing_is_left).await.unwrap();
}
