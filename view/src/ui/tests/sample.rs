//! Spans to look at.

use serde_json::{Value, json};

use crate::read::{Gathered, read_bytes};

/// The instant at which the samples begin, nanoseconds since 1970.
const BEGIN: u64 = 1_763_762_400_000_000_000;
const MS: u64 = 1_000_000;

pub(super) const LAUNCH: &str = "6b0120b8000000000123456789abcdef";

/// A span in OTLP's JSON, its times in milliseconds from the beginning.
pub(super) fn span(trace: &str, id: u64, parent: u64, name: &str, (from, took): (u64, u64)) -> Value {
    let parent = if parent == 0 { String::new() } else { format!("{parent:016x}") };
    json!({
        "traceId": trace,
        "spanId": format!("{id:016x}"),
        "parentSpanId": parent,
        "name": name,
        "kind": 1,
        "startTimeUnixNano": (BEGIN + from * MS).to_string(),
        "endTimeUnixNano": (BEGIN + (from + took) * MS).to_string(),
    })
}

/// The same, failed for this reason.
pub(super) fn failed(mut span: Value, why: &str) -> Value {
    span["status"] = json!({ "code": 2, "message": why });
    span
}

/// The same with attributes, in order.
pub(super) fn with(mut span: Value, pairs: &[(&str, &str)]) -> Value {
    let pair = |(key, value): &(&str, &str)| json!({ "key": key, "value": { "stringValue": value } });
    span["attributes"] = pairs.iter().map(pair).collect();
    span
}

/// The same with a link.
pub(super) fn linked(mut span: Value, trace: &str, id: u64) -> Value {
    span["links"] = json!([{ "traceId": trace, "spanId": format!("{id:016x}") }]);
    span
}

/// Spans of one service, as one document has them.
pub(super) fn of(service: &str, spans: &[Value]) -> Value {
    let name = json!({ "key": "service.name", "value": { "stringValue": service } });
    json!({ "resource": { "attributes": [name] }, "scopeSpans": [{ "spans": spans }] })
}

pub(super) fn read(resources: &[Value]) -> Gathered {
    let document = json!({ "resourceSpans": resources }).to_string();
    let gathered = read_bytes("sample", document.as_bytes());
    assert_eq!(gathered.problems, Vec::<String>::new());
    gathered
}

/// A launch with forty calls that are alike and a call that failed, and an array of four linked tasks of which one failed.
pub(super) fn demo() -> Gathered {
    read_bytes("demo", include_bytes!("../../../../tests/data/traces/launch-and-array.json"))
}
