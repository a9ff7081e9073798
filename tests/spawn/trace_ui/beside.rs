//! Who else has the terminal: whoever writes to it meanwhile, and whoever gets it back.

use spawn_test_support::Step::{End, Gone, Screen, Signal, Type, Wait};
use spawn_test_support::{Program, Terminal};
use spawn_view::ui::{Look, Options, Reading};
use std::io::Write as _;
use tempfile::TempDir;

use super::{SPANS, at_home, shown, ui};

#[tokio::test]
async fn the_terminal_is_given_back_however_the_view_ends() {
    const HUP: i32 = 1;
    const INT: i32 = 2;
    const TERM: i32 = 15;
    let ends = [
        (Type("q"), Some(0)),
        (Type("\u{3}"), Some(0)),
        (Signal(TERM), Some(130)),
        (Signal(HUP), Some(130)),
        (Signal(INT), Some(130)),
    ];
    for (end, code) in ends {
        let steps = [Wait("6 traces"), Type("?"), Wait("Keys:"), Type("x"), Gone("Keys:"), end, End];
        let shown = shown(&Terminal::new(100, 30), &ui(SPANS, &[]), &steps).await;
        assert_eq!((shown.code, shown.is_given_back()), (code, true), "{end:?}: {shown:?}");
        assert!(!shown.last.join("").contains("Traces"), "{end:?}: {:?}", shown.last);
    }
}

#[tokio::test]
async fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let panics = on_it("a_view_that_panics");
    let shown = shown(&Terminal::new(100, 30), &panics, &[Wait("0 traces"), Type("r"), End]).await;
    assert_eq!((shown.code, shown.is_given_back()), (Some(101), true), "{shown:?}");
    assert!(shown.last.join("\n").contains("a reading that broke"), "{:?}", shown.last);
}

#[tokio::test]
#[ignore = "it panics, on a terminal that the test above makes"]
async fn a_view_that_panics() {
    let look = Look { colour: true, unicode: true, follows: false };
    let options = Options { look, trace: None, every: None };
    let source = async || -> anyhow::Result<Option<Reading>> { panic!("a reading that broke") };
    spawn_view::ui::run(options, Reading::default(), source).await.unwrap();
}

/// The test of this name on a terminal.
fn on_it(name: &str) -> Program {
    let test = format!("trace_ui::beside::{name}");
    at_home(Program::new(std::env::current_exe().unwrap()).args(["--exact", &test, "--ignored", "--nocapture"]))
}

#[tokio::test]
async fn what_others_write_meanwhile_is_told_in_one_line_and_printed_at_the_end() {
    let steps = [
        Wait("0 traces"),
        Type("r"),
        Wait("(i), the last: and a child"),
        Screen("meanwhile"),
        Type("i"),
        Wait("a thread that broke"),
        Wait("and a child"),
        Type("x"),
        Gone("and a child"),
        Screen("later"),
        Type("q"),
        End,
    ];
    let shown = shown(&Terminal::new(100, 30), &on_it("a_view_beside_which_others_write"), &steps).await;
    assert_eq!((shown.code, shown.is_given_back()), (Some(0), true), "{shown:?}");
    for name in ["meanwhile", "later"] {
        let screen = &shown.screens[name];
        assert!(screen[0].starts_with(" 1 Traces"), "{screen:?}");
        let between = screen[3..29].iter().all(String::is_empty);
        assert!(between, "{screen:?}");
    }
    let last = shown.last.join("\n");
    let places = ["a line of the log", "a thread that broke", "and a child"].map(|text| last.find(text).unwrap());
    assert!(places.is_sorted(), "{last}");
}

#[tokio::test]
async fn standard_error_that_goes_elsewhere_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("errors");
    let line = format!(
        "exec {} --exact trace_ui::beside::a_view_beside_which_others_write --ignored --nocapture 2>{}",
        std::env::current_exe().unwrap().display(),
        file.display()
    );
    let shell = at_home(Program::new("bash").args(["-c", &line]));
    let seen = "all of it was written";
    let steps = [Wait("0 traces"), Type("r"), Wait("1 note"), Type("i"), Wait(seen), Type("xq"), End];
    let shown = shown(&Terminal::new(100, 30), &shell, &steps).await;
    let was_seen = ["a line of the log", "and a child"].map(|text| shown.bytes.contains(text));
    assert_eq!(was_seen, [false, false], "{}", shown.bytes);
    let written = std::fs::read_to_string(file).unwrap();
    assert!(written.contains("a line of the log") && written.contains("and a child"), "{written}");
}

#[tokio::test]
#[ignore = "it writes beside a view, on a terminal that the tests above make"]
async fn a_view_beside_which_others_write() {
    let look = Look { colour: true, unicode: true, follows: false };
    let options = Options { look, trace: None, every: None };
    let source = async || -> anyhow::Result<Option<Reading>> {
        std::io::stderr().write_all(b"a line of the log\n")?;
        drop(std::thread::spawn(|| panic!("a thread that broke")).join());
        let child = std::process::Command::new("sh").args(["-c", "echo and a child >&2"]).status()?;
        anyhow::ensure!(child.success());
        Ok(Some(Reading { problems: vec!["all of it was written".to_owned()], ..Reading::default() }))
    };
    spawn_view::ui::run(options, Reading::default(), source).await.unwrap();
}
