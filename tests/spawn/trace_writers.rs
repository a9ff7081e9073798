//! Traces that others wrote, through every command that looks at traces: OpenTelemetry's SDK, a collector, AWS' X-Ray SDK, and
//! somebody who means harm.

use crate::fixture::{aws, bare, json, spawn};
use crate::trace_fixture::{TRACE, XRAY_FORM, file};
use serde_json::{Value, json};
use spawn_test_support::Step::{End, Type, Wait};
use spawn_test_support::programs::Output;
use spawn_test_support::writers::{sdk_shop, xray_sdk_shop};
use spawn_test_support::{OtlpReceiver, Rotel, Terminal};
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// What a command of `spawn trace` says of this file.
async fn look(from: &Path, line: &[&str]) -> Output {
    let program = bare().arg("trace").args(line).arg("--from").arg(from).env("LANG", "C.UTF-8");
    let output = program.run().await.unwrap();
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    output
}

#[track_caller]
fn has_lines(output: &Output, parts: &[&str]) {
    assert_eq!(output.status, 0, "{}", output.stderr);
    for part in parts {
        assert!(output.stdout.contains(part), "no {part:?} in\n{}", output.stdout);
    }
}

/// The spans of a trace as name, service and parent's name, sorted.
fn tree(data: &Value) -> Vec<[String; 3]> {
    let spans = data["spans"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name =
        |parent: &Value| parent.as_u64().map_or(String::new(), |at| text(&spans[usize::try_from(at).unwrap()]["name"]));
    let mut tree: Vec<_> =
        spans.iter().map(|span| [text(&span["name"]), text(&span["service"]), name(&span["parent"])]).collect();
    tree.sort();
    tree
}

/// What was received as a collector's file exporter writes it, each request a line of OTLP's JSON, but with the names of
/// enumerations, as Google's library writes them.
fn of_collector(receiver: &OtlpReceiver) -> Vec<Value> {
    receiver.requests().unwrap().into_iter().map(|mut taken| taken["request"].take()).collect()
}

#[tokio::test]
async fn a_trace_of_opentelemetrys_sdk_is_the_same_in_every_form_and_drawn_in_every_view() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = OtlpReceiver::start().await.unwrap();
    let protobuf = folder.path().join("spans.pb");
    let collector = Rotel::before(&receiver).await.unwrap();
    let ids = sdk_shop(collector.http_endpoint(), &protobuf).await.unwrap();
    let (id, linked) = (ids["trace_id"].as_str().unwrap(), ids["linked_trace_id"].as_str().unwrap());
    receiver.wait_for_spans(18, PATIENCE).await.unwrap();
    let lines = file(folder.path(), "collector.jsonl", &of_collector(&receiver));
    let of_lines = json(&look(&lines, &["show", id, "-o", "json"]).await);
    assert_eq!(of_lines["spans"].as_array().unwrap().len(), 17);
    assert_eq!(json(&look(&protobuf, &["show", id, "-o", "json"]).await), of_lines);
    let tree = tree(&of_lines);
    for [name, service, parent] in [
        ["POST /order", "web", ""],
        ["call store", "web", "POST /order"],
        ["reserve", "store", "call store"],
        ["count", "store", "reserve"],
        ["send", "web", "POST /order"],
    ] {
        assert!(tree.contains(&[name, service, parent].map(str::to_owned)), "{name}: {tree:?}");
    }

    let shown = look(&lines, &["show", id, "--events", "--attributes"]).await;
    let values = ["text = Größe 任务", "number = -9007199254740993", "share = 0.25", "truth = true", "[\"a\",\"b\"]"];
    has_lines(&shown, &values);
    has_lines(&shown, &["nothing is left", "shelf is empty", "KeyError", "render", "12"]);
    let list = look(&lines, &["list"]).await;
    has_lines(&list, &["POST /order", "take", "web", "store"]);
    let failed: Value = json(&look(&lines, &["list", "--error", "-o", "json"]).await);
    assert_eq!(failed.as_array().unwrap().len(), 1, "{failed}");
    has_lines(&look(&lines, &["map"]).await, &["web", "store"]);
    has_lines(&look(&lines, &["compare", id, linked]).await, &["POST /order", "take"]);
    // The link leads from the consumer's trace to the producer's.
    let followed = look(&lines, &["show", linked, "--links", "1"]).await;
    has_lines(&followed, &["take", "POST /order"]);
    let page = folder.path().join("page.html");
    let written = look(&lines, &["show", id, "--html", page.to_str().unwrap()]).await;
    assert_eq!(written.status, 0, "{}", written.stderr);
    assert!(std::fs::read_to_string(&page).unwrap().contains("Größe 任务"));
    let copy = folder.path().join("copy.json");
    let exported = look(&lines, &["export", id, "-o", copy.to_str().unwrap()]).await;
    assert_eq!(exported.status, 0, "{}", exported.stderr);
    assert_eq!(json(&look(&copy, &["show", id, "-o", "json"]).await), of_lines);
}

#[tokio::test]
async fn documents_of_awss_own_xray_sdk_are_read_from_a_file_and_from_x_ray() {
    let folder = tempfile::tempdir().unwrap();
    let documents = xray_sdk_shop().await.unwrap();
    let path = folder.path().join("segments.jsonl");
    std::fs::write(&path, &documents).unwrap();
    let lines = [
        "DynamoDB.PutItem",
        "ledger@db.example",
        "ValueError: the ledger is closed",
        "db.query.text = SELECT 1",
        "url.full = https://shop.example/order",
        "customer = c-7",
        "aws.dynamodb.table_names = [\"orders\"]",
    ];
    let shown = look(&path, &["show", "--attributes", "--events"]).await;
    has_lines(&shown, &lines);
    has_lines(&look(&path, &["map"]).await, &["shop", "DynamoDB", "PostgreSQL"]);
    has_lines(&look(&path, &["list", "--service", "dynamodb"]).await, &["shop"]);

    let id: Value = serde_json::from_str(documents.lines().next().unwrap()).unwrap();
    let id = id["trace_id"].as_str().unwrap();
    let put = format!(
        "boto3.client('xray').put_trace_segments(TraceSegmentDocuments={})",
        json!(documents.lines().collect::<Vec<_>>())
    );
    let put = aws().await.boto3(&put).await.unwrap();
    assert_eq!(put["UnprocessedTraceSegments"], json!([]));
    let line = ["trace", "show", id, "--attributes", "--events"];
    let from_xray = spawn(aws().await).args(line).env("LANG", "C.UTF-8").run().await.unwrap();
    has_lines(&from_xray, &lines);
    let terminal = Terminal::new(100, 30);
    let view = spawn(aws().await).args(["trace", "ui", id]).env("LANG", "C.UTF-8").env("TERM", "xterm");
    let seen =
        terminal.run(&view, &[Wait("DynamoDB.PutItem"), Type("e\n"), Wait("failed"), Type("q"), End]).await.unwrap();
    assert_eq!((seen.code, seen.is_given_back()), (Some(0), true), "{seen:?}");
    let both = json(&look(&path, &["show", "-o", "json"]).await);
    let other = spawn(aws().await).args(["trace", "show", id, "-o", "json"]).run().await.unwrap();
    assert_eq!(json(&other)["spans"], both["spans"], "a file and X-Ray say the same");
}

/// What does something to a terminal that believes it: clears it, names its window, rings, turns, hides, overwrites, ends lines.
const HOSTILE: [&str; 8] = [
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]0;owned\u{7}",
    "\u{9b}31m\u{90}q\u{9c}",
    "\u{202e}gnp.exe\u{2066}",
    "a\u{200b}\u{feff}\u{e0041}b",
    "one\rtwo\u{8}\u{8}three\0\u{7f}",
    "line\nspawn: another message\u{2028}and another\u{85}",
    "\u{1b}]8;;https://evil.example\u{1b}\\here\u{1b}]8;;\u{1b}\\",
];

/// A span of OTLP that says this in every field, and has to do with a job array of that name.
fn hostile_span(text: &str) -> Value {
    let said = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let attributes = json!([
        said(text, text),
        said("spawn.job_array.name", text),
        said("spawn.job_array_id", text),
        said("spawn.job_array_index", "0"),
        said("spawn.task.attempt", "1"),
        said("spawn.task.outcome", text),
        said("error.type", text),
        said("rpc.service", text),
        said("rpc.system", "aws-api"),
    ]);
    json!({ "resourceSpans": [{
        "resource": { "attributes": [said("service.name", text), said("host.name", text), said(text, text)] },
        "schemaUrl": text,
        "scopeSpans": [{ "scope": { "name": text, "version": text, "attributes": [said(text, text)] }, "schemaUrl": text, "spans": [{
            "traceId": TRACE, "spanId": "00000000000000a1", "name": text, "kind": 3, "traceState": text,
            "startTimeUnixNano": "1795302001000000000", "endTimeUnixNano": "1795302002000000000",
            "status": { "code": 2, "message": text }, "attributes": attributes,
            "events": [{ "name": text, "timeUnixNano": "1795302001000000000", "attributes": [said(text, text), said("exception.message", text)] }],
            "links": [{ "traceId": "6b021b32ffffffffffffffffffffffff", "spanId": "00000000000000a2", "traceState": text, "attributes": [said(text, text)] }],
        }] }],
    }] })
}

/// The same as a document of X-Ray, whose part has fields of every kind.
fn hostile_document(text: &str) -> Value {
    json!({
        "name": text, "id": "00000000000000b1", "trace_id": XRAY_FORM, "start_time": 1_795_302_001.0, "end_time": 1_795_302_002.0,
        "user": text, "origin": text, "fault": true, "resource_arn": text, "parent_id": "00000000000000a1",
        "service": { "version": text, text: text },
        "http": { "request": { "method": text, "url": text, "client_ip": text, "user_agent": text }, "response": { "status": 500 } },
        "annotations": { text: text }, "metadata": { text: { text: [text] } }, "aws": { text: text, "operation": text },
        "cause": { "working_directory": text, "paths": [text], "exceptions": [{
            "id": text, "type": text, "message": text, "stack": [{ "path": text, "line": 1, "label": text }] }] },
        "links": [{ "trace_id": text, "id": text, "attributes": { text: text } }],
        text: text,
        "subsegments": [{
            "name": text, "id": "00000000000000b2", "start_time": 1_795_302_001.1, "end_time": 1_795_302_001.2, "namespace": text,
            "sql": { "url": text, "sanitized_query": text, "database_type": text, "user": text }, "cause": text,
        }],
    })
}

#[tokio::test]
async fn no_text_in_any_field_of_any_form_reaches_the_terminal_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let is_text = |c: char| c == '\n' || !spawn_view::text::escape::is_hostile(c);
    for (number, hostile) in HOSTILE.iter().enumerate() {
        // A document that no field of makes sense is told of, by what it says itself.
        let nonsense = json!({ "name": hostile, "id": hostile, "trace_id": hostile, "start_time": hostile });
        let lines = [hostile_span(hostile), hostile_document(hostile), nonsense, json!(hostile)];
        let path = file(folder.path(), &format!("{number}.jsonl"), &lines);
        let views: [&[&str]; 8] = [
            &["show", TRACE, "--events", "--attributes"],
            &["show", TRACE, "--all", "--width", "60"],
            &["list"],
            &["map"],
            &["array", hostile],
            &["array"],
            &["compare", TRACE, XRAY_FORM],
            &["export", TRACE, "-o", "/dev/null"],
        ];
        for view in views.iter().filter(|view| !view.contains(hostile) || !hostile.contains('\0')) {
            let shown = look(&path, view).await;
            let said = shown.stdout + &shown.stderr;
            assert_eq!(said.chars().find(|c| !is_text(*c)), None, "{view:?}: {said:?}");
            let another =
                said.lines().any(|line| line.starts_with("spawn: another message") || line.starts_with("and another"));
            assert!(!another, "{view:?}: {said}");
        }
        let shown = look(&path, &["show", TRACE, "--events", "--attributes"]).await;
        assert_eq!(shown.status, 0, "{}", shown.stderr);
        // Nothing is lost without a word: three spans, and of the other lines it is said that they are none.
        assert!(shown.stdout.contains("3 spans"), "{}", shown.stdout);
        assert!(shown.stderr.contains("line 3") && shown.stderr.contains("line 4"), "{}", shown.stderr);
    }
}
