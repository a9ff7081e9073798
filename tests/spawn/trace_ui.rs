//! `spawn trace ui` on a terminal: what a person sees, types, and has again afterwards.

mod beside;
mod slow;

use serde_json::{Value, json};
use spawn_test_support::Step::{End, Gone, Rename, Resize, Screen, Type, Wait};
use spawn_test_support::{Program, Shown, Step, Terminal};
use std::path::Path;
use tempfile::TempDir;

/// A launch with forty calls that are alike and a call that failed, and an array of four linked tasks of which one failed.
const SPANS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/traces/launch-and-array.json");

/// The trace of the launch.
const LAUNCH: &str = "6b0120b8000000000123456789abcdef";

/// The view of these spans.
fn ui(from: &str, more: &[&str]) -> Program {
    at_home(Program::new(env!("CARGO_BIN_EXE_spawn")).args(["trace", "ui", "--from", from]).args(more))
}

/// On a usual terminal.
fn at_home(program: Program) -> Program {
    program.env("TERM", "xterm-256color").env("LANG", "C.UTF-8").env("SPAWN_CONFIG", "/dev/null")
}

async fn shown(terminal: &Terminal, program: &Program, steps: &[Step<'_>]) -> Shown {
    terminal.run(program, steps).await.unwrap()
}

#[tokio::test]
async fn every_view_fits_narrow_and_wide_terminals() {
    for (columns, lines) in [(60, 20), (100, 30), (200, 50)] {
        let steps = [
            Wait("6 traces"),
            Screen("list"),
            Type("/spawn launch\n\n"),
            Wait("S3.GetObject ×40"),
            Screen("waterfall"),
            Type("e\n"),
            Wait("no capacity in this zone"),
            Screen("details"),
            Type("\u{1b}"),
            Wait("Enter details"),
            Type("3"),
            Wait("→ S3"),
            Screen("map"),
            Type("4"),
            Wait("[2] failed"),
            Screen("array"),
            Type("?"),
            Wait("Keys:"),
            Screen("help"),
            Type("xq"),
            End,
        ];
        let shown = shown(&Terminal::new(columns, lines), &ui(SPANS, &[]), &steps).await;
        assert_eq!((shown.code, shown.is_given_back()), (Some(0), true), "{columns}: {shown:?}");
        for (name, screen) in &shown.screens {
            assert_eq!(screen.len(), usize::from(lines));
            assert!(screen[0].starts_with(" 1 Traces  2 Waterfall  3 Map  4 Array"), "{columns} {name}: {screen:?}");
            assert!(screen.last().unwrap().ends_with("? help  q end"), "{columns} {name}: {screen:?}");
        }
        // Bars end at the terminal's edge, and the failed call begins at two fifths of the second.
        let waterfall = &shown.screens["waterfall"];
        let line = |name: &str| waterfall.iter().find(|line| line.contains(name)).unwrap().chars().collect::<Vec<_>>();
        let root = line("spawn launch");
        let bar = root.iter().position(|cell| matches!(cell, '█' | '▒')).unwrap();
        assert_eq!(root.len(), usize::from(columns), "{waterfall:?}");
        let call = line("EC2.RunInstances").iter().position(|cell| *cell == '█').unwrap();
        assert_eq!(call, bar + (root.len() - bar) * 2 / 5, "{waterfall:?}");
        let array = &shown.screens["array"];
        assert!(array[1].starts_with("align: 4 ✗ 1") && array[2].starts_with("[2] failed ✗"), "{array:?}");
    }
}

#[tokio::test]
async fn a_link_leads_to_another_trace_and_back() {
    let steps = [
        Wait("6 traces"),
        Type("/array align\n\n/align[1]\n"),
        Type("o\n"),
        Wait("1-6b0120c0-000000000000000000000001"),
        Screen("there"),
        Type("\u{7f}"),
        Wait("1-6b0120b9-000000000123456789abcdef"),
        Type("q"),
        End,
    ];
    let shown = shown(&Terminal::new(100, 30), &ui(SPANS, &[]), &steps).await;
    assert!(shown.screen("there").contains("task align[1]"), "{}", shown.screen("there"));
    let chosen: String =
        shown.attributes["there"].iter().filter(|cell| cell.5 && cell.1 > 1).map(|cell| cell.2.as_str()).collect();
    assert!(chosen.contains("task align[1]"), "{chosen}");
}

#[tokio::test]
async fn a_window_that_changes_its_size_is_drawn_anew() {
    let steps = [
        Wait("6 traces"),
        Type("/spawn launch\n\n"),
        Wait("S3.GetObject ×40"),
        Resize(60, 15),
        Gone("1-6b0120b8-000000000123456789abcdef"),
        Wait("q end"),
        Screen("small"),
        Resize(120, 40),
        Wait("1-6b0120b8-000000000123456789abcdef"),
        Screen("large"),
        Type("q"),
        End,
    ];
    let shown = shown(&Terminal::new(100, 30), &ui(SPANS, &[]), &steps).await;
    assert!(shown.is_given_back(), "{shown:?}");
    assert!(shown.screens["small"].iter().all(|line| line.chars().count() <= 60), "{}", shown.screen("small"));
    assert_eq!(shown.screens["large"][39].chars().count(), 120, "{}", shown.screen("large"));
}

#[tokio::test]
async fn a_mouse_is_asked_for_understood_and_let_go() {
    // Clicks are told with columns and lines from 1 on: the tab of the map, the first trace of the list, and the same again.
    let steps = [
        Wait("6 traces"),
        Type("\u{1b}[<0;26;1M\u{1b}[<0;26;1m"),
        Wait("95 %"),
        Type("\u{1b}[<0;3;1M"),
        Wait("began"),
        Type("\u{1b}[<64;3;5M\u{1b}[<65;3;5M"),
        Type("\u{1b}[<0;5;3M"),
        Type("\u{1b}[<0;5;3M"),
        Wait("took"),
        Wait("Enter details"),
        Type("q"),
        End,
    ];
    let shown = shown(&Terminal::new(100, 30), &ui(SPANS, &[]), &steps).await;
    assert_eq!((shown.code, shown.is_given_back()), (Some(0), true), "{shown:?}");
    for mode in ["1000", "1006"] {
        let [on, off] = ["h", "l"].map(|end| shown.bytes.rfind(&format!("\u{1b}[?{mode}{end}")).unwrap());
        assert!(on < off, "{mode}");
    }
}

#[tokio::test]
async fn ctrl_z_leaves_the_terminal_to_the_shell_and_fg_comes_back() {
    let line = format!("{} trace ui --from {SPANS}\n", env!("CARGO_BIN_EXE_spawn"));
    // A shell with jobs: it keeps the terminal's modes of its own beside those of its jobs.
    let shell =
        at_home(Program::new("bash").args(["--norc", "--noprofile", "-i"])).env("PS1", "ready> ").env("HISTFILE", "");
    let steps = [
        Wait("ready> "),
        Type(&line),
        Wait("6 traces"),
        Type("\u{1a}"),
        Gone("6 traces"),
        Wait("Stopped"),
        Screen("stopped"),
        Type("stty -a | tr ' ' '\\n' | grep -x -e icanon -e -icanon -e -echo -e echo | tr '\\n' '+'; echo seen\n"),
        Wait("icanon+echo+seen"),
        Type("fg\n"),
        Wait("6 traces"),
        Screen("again"),
        Type("q"),
        Wait("ready> "),
        Type("exit\n"),
        End,
    ];
    let shown = shown(&Terminal::new(100, 30), &shell, &steps).await;
    assert!(!shown.screen("stopped").contains("1 Traces"), "{}", shown.screen("stopped"));
    assert!(shown.screen("again").starts_with(" 1 Traces"), "{}", shown.screen("again"));
    assert!(!shown.alternate && shown.cursor, "{shown:?}");
}

#[tokio::test]
async fn keys_come_from_the_terminal_where_spans_come_from_a_pipe() {
    let terminal = Terminal::new(100, 30).stdin(Path::new(SPANS));
    let shown = shown(&terminal, &ui("-", &[]), &[Wait("6 traces"), Type("\n"), Wait("took"), Type("q"), End]).await;
    assert_eq!((shown.code, shown.is_given_back()), (Some(0), true), "{shown:?}");
}

#[tokio::test]
async fn what_is_written_while_it_is_looked_at_appears() {
    let folder = TempDir::new().unwrap();
    let [file, new] = ["spans.json", "new.json"].map(|name| folder.path().join(name).display().to_string());
    std::fs::copy(SPANS, &file).unwrap();
    let late = json!({
        "traceId": LAUNCH, "spanId": "00000000000000aa", "parentSpanId": "0000000000000001", "name": "late arrival",
        "kind": 1, "startTimeUnixNano": "1763762400950000000", "endTimeUnixNano": "1763762400960000000",
    });
    let both = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [late] }] }] }).to_string();
    std::fs::write(&new, std::fs::read_to_string(SPANS).unwrap().trim_end().to_owned() + "\n" + &both).unwrap();
    let steps = [
        Wait("6 traces"),
        Wait("live"),
        Type("/spawn launch\n\n"),
        Wait("S3.GetObject"),
        Type("j"),
        Screen("before"),
        Rename(&new, &file),
        Wait("late arrival"),
        Type("q"),
        End,
    ];
    let shown = shown(&Terminal::new(100, 30), &ui(&file, &["--follow", "1s"]), &steps).await;
    assert_eq!((shown.code, shown.is_given_back()), (Some(0), true), "{shown:?}");
    assert!(!shown.screen("before").contains("late arrival"));
}

#[tokio::test]
async fn without_colours_marks_say_the_same_and_without_utf_8_they_are_ascii() {
    let plain = ui(SPANS, &[LAUNCH]).env("NO_COLOR", "1").env("LANG", "C");
    let shown =
        shown(&Terminal::new(100, 30), &plain, &[Wait("S3.GetObject x40"), Screen("plain"), Type("q"), End]).await;
    let coloured: Vec<_> =
        shown.attributes["plain"].iter().filter(|cell| cell.3 != "default" || cell.4 != "default").collect();
    assert!(coloured.is_empty(), "{coloured:?}");
    assert!(shown.screen("plain").is_ascii(), "{}", shown.screen("plain"));
    assert!(shown.screen("plain").contains("!EC2.RunInstances"), "{}", shown.screen("plain"));
}

#[tokio::test]
async fn no_text_of_a_span_reaches_the_terminal_as_a_control() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("spans.json").display().to_string();
    std::fs::write(&file, hostile().to_string()).unwrap();
    let steps = [
        Wait("took"),
        Type("1"),
        Wait("1 traces"),
        Type("\n"),
        Wait("1-6b0120d0"),
        Type("\nG"),
        Wait("Scope"),
        Type("g\u{1b}"),
        Wait("Enter details"),
        Type("3"),
        Wait("this trace"),
        Type("4"),
        Wait("no job array"),
        Type("i"),
        Wait("what was read"),
        Type("xq"),
        End,
    ];
    let shown = shown(&Terminal::new(100, 30), &ui(&file, &[]), &steps).await;
    assert!(shown.is_given_back(), "{shown:?}");
    for hostile in ["\u{1b}]0;owned", "\u{7}", "\u{9b}31m", "\u{202e}", "\u{200b}", "\0"] {
        assert!(!shown.bytes.contains(hostile), "{hostile:?}");
    }
    assert!(shown.bytes.contains("\\u{1b}]0;owned\\u{7}"), "{}", shown.bytes);
}

/// A span whose every text does something to a terminal that believes it.
fn hostile() -> Value {
    let text = "evil\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}\u{200b}\r\nsecond\0\u{9b}31m";
    let pair = json!({ "key": text, "value": { "stringValue": text } });
    let service = json!({ "key": "service.name", "value": { "stringValue": text } });
    json!({ "resourceSpans": [{ "resource": { "attributes": [service, pair] }, "scopeSpans": [{
        "scope": { "name": text, "version": text, "attributes": [pair] },
        "spans": [{
            "traceId": "6b0120d0000000000123456789abcdef", "spanId": "00000000000000a1", "name": text, "kind": 1,
            "startTimeUnixNano": "1763762400000000000", "endTimeUnixNano": "1763762400005000000", "traceState": text,
            "status": { "code": 2, "message": text }, "attributes": [pair],
            "events": [{ "name": text, "timeUnixNano": "1763762400000000000", "attributes": [pair] }],
            "links": [{ "traceId": "6b0120d0000000000123456789abcdee", "spanId": "00000000000000a2", "attributes": [pair] }],
        }],
    }] }] })
}

#[tokio::test]
async fn where_there_is_no_terminal_it_says_what_to_do() {
    let output = ui(SPANS, &[]).run().await.unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{output:?}");
    assert!(output.stderr.contains("spawn trace show"), "{}", output.stderr);
    let dumb = ui(SPANS, &[]).env("TERM", "dumb");
    let shown = shown(&Terminal::new(100, 30), &dumb, &[End]).await;
    assert_eq!(shown.code, Some(2), "{shown:?}");
    // A trace that is not there is no view of nothing.
    let other = ui(SPANS, &["1-6b0120b8-00000000000000000000dead"]);
    let shown = self::shown(&Terminal::new(100, 30), &other, &[End]).await;
    assert_eq!((shown.code, shown.is_given_back()), (Some(1), true), "{shown:?}");
    assert!(shown.last.join(" ").contains("no trace 1-6b0120b8-00000000000000000000dead"), "{:?}", shown.last);
}
