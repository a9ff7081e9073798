//! What a person sees: questions, frames that are drawn over, and wrapped messages, on a terminal of 60 columns.

use crate::fixture::{aws, instance, json, only_instance, spawn};
use serde_json::Value;
use spawn_test_support::Program;

/// Runs `spawn` on a terminal; when the screen shows `wait_for`, `type_in` is typed. Prints the exit code and the screen.
const ON_A_TERMINAL: &str = r#"
import fcntl, json, os, pty, struct, sys, termios
wait_for, type_in, program = sys.argv[1], sys.argv[2].encode(), sys.argv[3:]
child, screen = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    os.execv(program[0], program)
seen = b""
while True:
    try:
        part = os.read(screen, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    if type_in and wait_for.encode() in seen:
        os.write(screen, type_in)
        type_in = b""
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode()]))
"#;

pub(crate) async fn on_a_terminal(wait_for: &str, type_in: &str, line: &[&str]) -> (i64, String) {
    let python = Program::new("python3").args(["-c", ON_A_TERMINAL, wait_for, type_in, env!("CARGO_BIN_EXE_spawn")]);
    let output = python.args(line).envs(aws().await.env()).env("SPAWN_CONFIG", "/dev/null").env("TERM", "xterm").run();
    let answer: Value = json(&output.await.unwrap());
    (answer[0].as_i64().unwrap(), answer[1].as_str().unwrap().replace("\r\n", "\n"))
}

async fn launched(name: &str) -> String {
    let line = ["launch", "--instance-type", "t3.micro", "--name", name, "-o", "json"];
    only_instance(&json(&spawn(aws().await).args(line).run().await.unwrap()))
}

#[tokio::test]
async fn terminate_shows_the_instances_asks_and_takes_no_for_an_answer() {
    let id = launched("asked-about").await;
    for (answer, code, state) in [("n\n", 0, "running"), ("\n", 0, "running"), ("y\n", 0, "terminated")] {
        let (status, screen) = on_a_terminal("[y/N]", answer, &["terminate", "asked-about"]).await;
        assert_eq!(status, code, "{screen}");
        assert!(screen.contains("terminate this instance? [y/N]"), "{screen}");
        assert!(screen.lines().any(|line| line.starts_with(&id) && line.contains("asked-about")), "{screen}");
        assert_eq!(screen.contains("nothing was terminated"), state == "running", "{screen}");
        assert_eq!(instance(aws().await, &id).await["State"]["Name"], state, "{answer:?}");
    }
}

#[tokio::test]
async fn ctrl_c_at_the_question_ends_the_command_and_nothing_else() {
    let id = launched("left-alone").await;
    let (status, screen) = on_a_terminal("[y/N]", "\u{3}", &["stop", "left-alone"]).await;
    assert_eq!(status, 130, "{screen}");
    assert_eq!(instance(aws().await, &id).await["State"]["Name"], "running");
}

#[tokio::test]
async fn a_watched_list_is_drawn_over_and_ends_with_ctrl_c() {
    launched("drawn").await;
    // The second frame begins at the top of the screen without clearing it.
    let (status, screen) = on_a_terminal("\u{1b}[J\u{1b}[H", "\u{3}", &["list", "drawn", "--watch", "1s"]).await;
    assert_eq!(status, 0, "{screen}");
    assert!(screen.starts_with("\u{1b}[2J\u{1b}[H"), "{screen:?}");
    assert_eq!(screen.matches("\u{1b}[2J").count(), 1, "{screen:?}");
    let widest = screen.lines().map(|line| line.replace("\u{1b}[K", "").chars().count()).max();
    assert!(widest <= Some(80), "{screen}");
}

#[tokio::test]
async fn a_message_is_wrapped_to_the_terminal() {
    let (status, screen) = on_a_terminal("", "", &["terminate", "--yes"]).await;
    assert_eq!(status, 2, "{screen}");
    assert!(screen.lines().count() > 1 && screen.lines().all(|line| line.chars().count() <= 60), "{screen}");
}
