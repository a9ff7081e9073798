//! Looking at traces in files: every view, every form, and what is no trace.

use crate::fixture::bare;
use crate::trace_fixture::{TRACE, XRAY_FORM, build, file, otlp, span};
use serde_json::{Value, json};
use spawn_test_support::programs::Output;
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

async fn look(line: &[&str]) -> Output {
    let output = bare().arg("trace").args(line).env("LANG", "C.UTF-8").run().await.unwrap();
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    output
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_file_with_one_trace_needs_no_id_and_no_region() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "build.json", &[build()]);
    let shown = look(&["show", "--from", text(&path), "--width", "80"]).await;
    assert_eq!((shown.status, shown.stderr.as_str()), (0, ""));
    for line in ["├─ compile ", "├─ ! link ", "└─ store the log ", "   ! the linker was killed"] {
        assert!(shown.stdout.contains(line), "no {line:?} in\n{}", shown.stdout);
    }
    assert!(!shown.stdout.contains("https://"), "no X-Ray has it: {}", shown.stdout);
    let ascii = bare().args(["trace", "show", "--from", text(&path)]).run().await.unwrap().stdout;
    assert!(ascii.is_ascii() && ascii.contains("`- store the log"), "{ascii}");
}

#[tokio::test]
async fn an_export_is_read_again_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "build.json", &[build()]);
    let data = |output: Output| -> Value { serde_json::from_str(&output.stdout).unwrap() };
    let original = data(look(&["show", XRAY_FORM, "--from", text(&path), "-o", "json"]).await);
    let copy = folder.path().join("copy.json");
    let exported = look(&["export", TRACE, "--from", text(&path), "-o", text(&copy)]).await;
    assert_eq!((exported.status, exported.stdout.trim_end()), (0, text(&copy)), "{}", exported.stderr);
    assert_eq!(data(look(&["show", "--from", text(&copy), "-o", "json"]).await), original);
    let xray = folder.path().join("xray.json");
    let exported = look(&["export", "--from", text(&path), "--format", "xray-json", "-o", text(&xray)]).await;
    assert!(exported.stderr.contains("1 span is under way and left out"), "{}", exported.stderr);
    let again = data(look(&["show", "--from", text(&xray), "-o", "json"]).await);
    let names = |data: &Value| -> Vec<Value> {
        data["spans"].as_array().unwrap().iter().map(|span| span["name"].clone()).collect()
    };
    assert_eq!(names(&again), ["build", "compile", "link"]);
}

#[tokio::test]
async fn a_page_is_written_and_its_path_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "build.json", &[build()]);
    let page = folder.path().join("build.html");
    let written = look(&["show", "--from", text(&path), "--html", text(&page)]).await;
    assert_eq!((written.status, written.stdout.trim_end()), (0, text(&page)), "{}", written.stderr);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("the linker was killed") && html.contains("Content-Security-Policy"), "{html:.300}");
    let nowhere = folder.path().join("none/build.html");
    let refused = look(&["show", "--from", text(&path), "--html", text(&nowhere)]).await;
    assert!(refused.status == 1 && refused.stderr.contains(text(&nowhere)), "{}", refused.stderr);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_with_its_name_and_the_rest_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(folder.path(), "good.json", &[build()]);
    let (empty, noise) = (folder.path().join("empty"), folder.path().join("noise.bin"));
    std::fs::create_dir(&empty).unwrap();
    std::fs::write(&noise, [0xff, 0xfe, 0x00, 0x1b]).unwrap();
    let missing = folder.path().join("missing.json");
    for (path, status) in [(&missing, 1), (&noise, 1), (&empty, 1)] {
        let output = look(&["show", "--from", text(path)]).await;
        assert_eq!((output.status, output.stdout.as_str()), (status, ""), "{}", output.stderr);
    }
    let both = look(&["show", "--from", text(&good), "--from", text(&noise)]).await;
    assert!(both.status == 0 && both.stdout.contains("compile"), "{}", both.stderr);
    assert!(both.stderr.contains("noise.bin"), "{}", both.stderr);
    let missing = look(&["list", "--from", text(&missing)]).await;
    assert!(missing.stderr.contains("missing.json") && missing.stderr.contains("name a file"), "{}", missing.stderr);
    let other = look(&["show", "1-6b021b31-ffffffffffffffffffffffff", "--from", text(&good)]).await;
    assert!(other.status == 1 && other.stderr.contains("spawn trace list --from"), "{}", other.stderr);
    let several = file(folder.path(), "two.json", &[build(), other_trace()]);
    let several = look(&["show", "--from", text(&several)]).await;
    assert!(several.status == 2 && several.stderr.contains("say which by id"), "{}", several.stderr);
}

fn other_trace() -> Value {
    let id = json!({ "traceId": "6b021b32ffffffffffffffffffffffff" });
    otlp("ci", &[span(9, 0, "another", 0, Some(10), &id)])
}

#[tokio::test]
async fn following_prints_each_span_as_it_begins_and_ends_and_ends_with_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "growing.jsonl", &[otlp("ci", &[span(1, 0, "build", 0, None, &Value::Null)])]);
    let program = bare().args(["trace", "show", TRACE, "--from", text(&path), "--follow", "1s"]);
    let mut follow = program.start().unwrap();
    follow.wait_for_stdout(PATIENCE, |said| said.contains("build  under way").then_some(())).await.unwrap();
    let rest = otlp(
        "ci",
        &[span(1, 0, "build", 0, Some(900), &Value::Null), span(2, 1, "link", 100, Some(800), &Value::Null)],
    );
    file(folder.path(), "growing.jsonl", &[rest]);
    assert_eq!(follow.wait(PATIENCE).await.unwrap(), 0, "{}", follow.stderr());
    let expected = "+0 ns  ci  build  under way\n+0 ns  ci  build  900 ms\n+100 ms  ci  link  700 ms\n";
    assert_eq!(follow.stdout(), expected);
    let endless = look(&["show", "--from", text(&path), "--follow", "-o", "json"]).await;
    assert!(endless.status == 2 && endless.stderr.contains("ndjson"), "{}", endless.stderr);
}

#[tokio::test]
async fn hostile_text_reaches_no_terminal_in_any_view() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "a\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{202e}\u{200b}\n<b>";
    let attributes = json!({
        "attributes": [
            { "key": hostile, "value": { "stringValue": hostile } },
            { "key": "spawn.job_array_id", "value": { "stringValue": hostile } },
            { "key": "spawn.job_array_index", "value": { "intValue": "0" } },
            { "key": "spawn.task.attempt", "value": { "intValue": "1" } },
        ],
        "status": { "code": 2, "message": hostile },
        "events": [{ "timeUnixNano": "1", "name": hostile }],
    });
    let name = format!("task {hostile}[0]");
    let path = file(folder.path(), "hostile.json", &[otlp(hostile, &[span(1, 0, &name, 0, Some(9), &attributes)])]);
    let from = ["--from", text(&path)];
    let views: [&[&str]; 5] =
        [&["show", "--events", "--attributes"], &["list"], &["map"], &["array", hostile], &["compare", TRACE, TRACE]];
    for view in views {
        let shown = look(&[view, &from].concat()).await;
        assert_eq!(shown.status, 0, "{view:?}: {}", shown.stderr);
        let said = shown.stdout + &shown.stderr;
        let control = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{200b}');
        assert!(!said.contains(control), "{view:?}: {said:?}");
        assert!(said.contains("\\u{1b}[2J"), "{view:?}: {said}");
    }
}
