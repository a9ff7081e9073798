//! Traces on a real terminal of 60, 100 and 200 columns.

use crate::fixture::json;
use crate::trace_fixture::{build, file};
use serde_json::Value;
use spawn_test_support::Program;
use std::path::Path;

/// Runs `spawn` on a terminal of so many columns. Prints the exit code and what arrived; types Ctrl-C when it shows `until`.
const ON_A_TERMINAL: &str = r#"
import fcntl, json, os, pty, struct, sys, termios
columns, until, program = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3:]
child, screen = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
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
    if until and until in seen:
        os.write(screen, b"\x03")
        until = b""
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode()]))
"#;

async fn on_a_terminal(columns: usize, until: &str, env: &[(&str, &str)], line: &[&str]) -> (i64, String) {
    let columns = columns.to_string();
    let python =
        Program::new("python3").args(["-c", ON_A_TERMINAL, &columns, until, env!("CARGO_BIN_EXE_spawn"), "trace"]);
    let python =
        python.args(line).env("SPAWN_CONFIG", "/dev/null").env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
    let answer: Value = json(&python.envs(env.iter().copied()).run().await.unwrap());
    (answer[0].as_i64().unwrap(), answer[1].as_str().unwrap().replace("\r\n", "\n"))
}

/// What is left for the eye.
fn without_colours(screen: &str) -> String {
    let mut parts = screen.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| {
        kept + part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest)
    })
}

fn widest(screen: &str) -> usize {
    screen.lines().map(|line| line.chars().count()).max().unwrap_or_default()
}

fn path(folder: &Path) -> String {
    file(folder, "build.json", &[build()]).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_view_fits_a_terminal_of_any_width_and_uses_it() {
    let folder = tempfile::tempdir().unwrap();
    let from = path(folder.path());
    for columns in [60, 100, 200] {
        for view in ["show", "list", "map"] {
            let (status, screen) = on_a_terminal(columns, "", &[], &[view, "--from", &from]).await;
            let plain = without_colours(&screen);
            assert_eq!(status, 0, "{plain}");
            assert!(widest(&plain) <= columns, "{view} at {columns}:\n{plain}");
            if view == "show" {
                assert!(screen.contains("\u{1b}[31m") && widest(&plain) == columns, "{columns}:\n{plain}");
                let bar = plain.lines().find(|line| line.contains("compile")).unwrap();
                // The name has the half, the duration eleven columns, and compiling took 5.9 of 10 seconds.
                let (bars, signs) = (columns - (columns / 2).min(76) - 11, bar.matches(['█', '▒']).count());
                assert!((bars * 59 / 100).abs_diff(signs) <= 1, "{signs} of {bars}:\n{plain}");
            }
        }
    }
}

#[tokio::test]
async fn without_colours_and_without_unicode_there_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let from = path(folder.path());
    let (_, screen) = on_a_terminal(100, "", &[("NO_COLOR", "1")], &["show", "--from", &from]).await;
    assert!(!screen.contains('\u{1b}') && screen.contains('█'), "{screen}");
    let (_, screen) = on_a_terminal(100, "", &[("TERM", "dumb"), ("LC_ALL", "C")], &["show", "--from", &from]).await;
    assert!(screen.is_ascii() && !screen.contains('\u{1b}'), "{screen}");
}

#[tokio::test]
async fn what_is_followed_is_drawn_over_until_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let from = path(folder.path());
    let again = "\u{1b}[J\u{1b}[H";
    let (status, screen) = on_a_terminal(80, again, &[], &["show", "--from", &from, "--follow", "1s"]).await;
    assert_eq!(status, 0, "{screen}");
    assert!(screen.starts_with("\u{1b}[2J\u{1b}[H") && screen.matches("\u{1b}[2J").count() == 1, "{screen:?}");
}
