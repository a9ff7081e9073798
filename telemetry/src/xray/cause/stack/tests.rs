//! Stacks of several languages, and what is none.

use super::*;

fn frame(label: &str, path: Option<&str>, line: Option<u32>) -> Frame {
    Frame { label: label.to_owned(), path: path.map(str::to_owned), line }
}

fn told(kind: Option<&str>, message: Option<&str>, frames: Vec<Frame>) -> Told {
    Told { kind: kind.map(str::to_owned), message: message.map(str::to_owned), frames, left_out: 0 }
}

#[test]
fn a_rust_backtrace_becomes_frames() {
    let trace = "   0: std::panicking::begin\n             at /rustc/abc/library/std/src/panicking.rs:698:5\n   1: spored::task::run\n             at ./src/task.rs:12\n   2: main\n";
    let expected = vec![
        frame("std::panicking::begin", Some("/rustc/abc/library/std/src/panicking.rs"), Some(698)),
        frame("spored::task::run", Some("./src/task.rs"), Some(12)),
        frame("main", None, None),
    ];
    assert_eq!(read(trace, None, None), [told(None, None, expected)]);
}

#[test]
fn an_anyhow_report_tells_its_causes_and_its_backtrace() {
    let trace = "no task\n\nCaused by:\n    0: no table\n    1: no network\n\nStack backtrace:\n   0: main\n      at ./main.rs:3:1\n";
    let expected = [
        told(None, None, vec![frame("main", Some("./main.rs"), Some(3))]),
        told(None, Some("no table"), Vec::new()),
        told(None, Some("no network"), Vec::new()),
    ];
    assert_eq!(read(trace, None, Some("no task")), expected);
}

#[test]
fn a_java_trace_becomes_frames_and_causes() {
    let trace = "java.lang.IllegalStateException: bad\n\tat com.example.Book.title(Book.java:16)\n\tat com.example.Main.main(Native Method)\nCaused by: java.lang.NullPointerException: null it is\n\tat com.example.Book.id(Book.java:22)\n\t... 1 more\n";
    let mut cause = told(
        Some("java.lang.NullPointerException"),
        Some("null it is"),
        vec![frame("com.example.Book.id", Some("Book.java"), Some(22))],
    );
    cause.left_out = 1;
    let frames = vec![
        frame("com.example.Book.title", Some("Book.java"), Some(16)),
        frame("com.example.Main.main", Some("Native Method"), None),
    ];
    let expected = [told(None, None, frames), cause];
    assert_eq!(read(trace, Some("java.lang.IllegalStateException"), Some("bad")), expected);
}

#[test]
fn a_javascript_trace_becomes_frames() {
    let trace = "TypeError: no\n    at run (/app/task.js:12:5)\n    at /app/main.js:3:1\n";
    let expected = vec![frame("run", Some("/app/task.js"), Some(12)), frame("", Some("/app/main.js"), Some(3))];
    assert_eq!(read(trace, Some("TypeError"), Some("no")), [told(None, None, expected)]);
}

#[test]
fn a_python_trace_becomes_frames_without_their_code() {
    let trace = "Traceback (most recent call last):\n  File \"main.py\", line 3, in <module>\n    run()\n  File \"task.py\", line 12, in run\n    raise ValueError('no')\nValueError: no\n";
    let frames = vec![
        frame("<module>", Some("main.py"), Some(3)),
        frame("run", Some("task.py"), Some(12)),
        frame("ValueError: no", None, None),
    ];
    assert_eq!(read(trace, None, None), [told(None, None, frames)]);
}

#[test]
fn a_deep_stack_says_how_much_was_left_out() {
    let trace: String = (0..70).map(|depth| format!("{depth}: f{depth}\n   at ./a.rs:{depth}:1\n")).collect();
    let [Told { frames, left_out, .. }] = &read(&trace, None, None)[..] else { panic!("one exception") };
    assert_eq!((frames.len(), *left_out), (FRAMES, 20));
    assert_eq!(frames[FRAMES - 1].line, Some(49));
}

#[test]
fn causes_without_an_end_have_one() {
    let trace = "Caused by: A: again\n".repeat(100_000);
    assert_eq!(read(&trace, None, None).len(), CAUSES + 1);
}
