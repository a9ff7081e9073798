//! Traces for the tests that look at them: in X-Ray, put there by boto3, and in files.

use serde_json::{Value, json};
use spawn_test_support::Aws;
use std::path::{Path, PathBuf};

/// Puts a trace of a shop into X-Ray and answers its id: an order that is slow, calls DynamoDB, and fails in the shop's store
/// unless `name` says otherwise.
const PUT: &str = r#"
import os, time
client = boto3.client("xray")
now = time.time()
hexadecimal = lambda count: os.urandom(count).hex()
def put(*documents):
    answer = client.put_trace_segments(TraceSegmentDocuments=[json.dumps(document) for document in documents])
    assert not answer["UnprocessedTraceSegments"], answer
def trace_id(at=now):
    return f"1-{int(at):08x}-{hexadecimal(12)}"
"#;

/// What a test in Python puts, whose last line is what it answers.
pub(crate) async fn put(aws: &Aws, code: &str) -> Value {
    aws.boto3(&format!("{PUT}\n{code}")).await.unwrap()
}

/// Three traces of this shop: one that is well, one that is slow, one that failed.
pub(crate) async fn shop(aws: &Aws, name: &str) -> [String; 3] {
    let code = format!(
        r#"
def order(length, **more):
    trace, root = trace_id(), hexadecimal(8)
    put({{"name": "{name}", "id": root, "trace_id": trace, "start_time": now - 60, "end_time": now - 60 + length, **more}},
        {{"name": "DynamoDB", "id": hexadecimal(8), "parent_id": root, "type": "subsegment", "namespace": "aws",
         "trace_id": trace, "start_time": now - 60 + 0.1, "end_time": now - 60 + length - 0.1,
         "aws": {{"operation": "GetItem", "region": "us-east-1"}}}})
    return trace
[order(0.5), order(5), order(0.7, fault=True, cause={{"exceptions": [
    {{"id": hexadecimal(8), "type": "StoreClosed", "message": "the store is closed"}}]}})]
"#
    );
    let ids = put(aws, &code).await;
    [0, 1, 2].map(|place| ids[place].as_str().unwrap().to_owned())
}

/// A span of OTLP's JSON: names, milliseconds from an instant of 2026, and what else there is to say.
pub(crate) fn span(id: u64, parent: u64, name: &str, from: u64, to: Option<u64>, more: &Value) -> Value {
    const BEGIN: u64 = 1_795_302_001_000;
    let time = |after: u64| ((BEGIN + after) * 1_000_000).to_string();
    let mut span = json!({
        "traceId": TRACE,
        "spanId": format!("{id:016x}"),
        "name": name,
        "kind": 1,
        "startTimeUnixNano": time(from),
        "endTimeUnixNano": to.map_or_else(|| "0".to_owned(), time),
    });
    if parent > 0 {
        span["parentSpanId"] = json!(format!("{parent:016x}"));
    }
    for (key, value) in more.as_object().into_iter().flatten() {
        span[key.as_str()] = value.clone();
    }
    span
}

/// The trace of these spans.
pub(crate) const TRACE: &str = "6b021b310123456789abcdef01234567";
pub(crate) const XRAY_FORM: &str = "1-6b021b31-0123456789abcdef01234567";

/// Attributes in OTLP's JSON.
pub(crate) fn attributes(pairs: &[(&str, &str)]) -> Value {
    let pair = |(key, value): &(&str, &str)| json!({ "key": key, "value": { "stringValue": value } });
    json!({ "attributes": pairs.iter().map(pair).collect::<Vec<_>>() })
}

/// Spans of one service as an object of OTLP's JSON.
pub(crate) fn otlp(service: &str, spans: &[Value]) -> Value {
    let resource = attributes(&[("service.name", service)]);
    json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [{ "scope": { "name": "test" }, "spans": spans }] }] })
}

/// A file of this name with these lines, in a folder that the test keeps.
pub(crate) fn file(folder: &Path, name: &str, lines: &[Value]) -> PathBuf {
    let path = folder.join(name);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, text).unwrap();
    path
}

/// A build: two steps, of which the second failed, and its log is still being stored.
pub(crate) fn build() -> Value {
    let failed = json!({ "status": { "code": 2, "message": "the linker was killed" } });
    otlp(
        "ci",
        &[
            span(1, 0, "build", 0, Some(10_000), &failed),
            span(2, 1, "compile", 100, Some(6_000), &Value::Null),
            span(3, 1, "link", 6_000, Some(9_900), &failed),
            span(4, 1, "store the log", 9_900, None, &Value::Null),
        ],
    )
}
