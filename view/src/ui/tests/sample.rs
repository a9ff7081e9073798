//! Spans to look at.

use serde_json::{Value, json};

use crate::read::{Gathered, read_bytes};

/// The instant at which the samples begin, nanoseconds since 1970.
const BEGIN: u64 = 1_763_762_400_000_000_000;
const MS: u64 = 1_000_000;

pub(super) const LAUNCH: &str = "6b0120b8000000000123456789abcdef";
pub(super) const ARRAY: &str = "6b0120b9000000000123456789abcdef";

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
    let call = [("rpc.system", "aws-api"), ("rpc.service", "S3"), ("aws.service", "s3")];
    let mut launch = vec![span(LAUNCH, 1, 0, "spawn launch", (0, 1_000)), span(LAUNCH, 2, 1, "plan", (0, 400))];
    launch.extend((0..40).map(|at| {
        let mut call = with(span(LAUNCH, 100 + at, 2, "S3.GetObject", (at * 10, 10)), &call);
        call["kind"] = json!(3);
        call
    }));
    launch.push(failed(span(LAUNCH, 3, 1, "EC2.RunInstances", (400, 500)), "no capacity in this zone"));
    launch.push(linked(span(LAUNCH, 4, 1, "wait", (900, 100)), "6b0120ff000000000123456789abcdef", 9));
    let mut resources = vec![of("spawn", &launch), of("spored", &[span(LAUNCH, 5, 4, "spored boot", (910, 50))])];
    let array = [("spawn.job_array.name", "align"), ("spawn.job_array_id", "align-1")];
    let mut attempts = vec![with(span(ARRAY, 1, 0, "array align", (2_000, 5_000)), &array)];
    let mut tasks = Vec::new();
    for index in 0..4 {
        let (number, own) = (index.to_string(), format!("6b0120c0{index:024x}"));
        let id = format!("align-1/{index}");
        let outcome = if index == 2 { "failed" } else { "succeeded" };
        let said = [
            ("spawn.job_array.name", "align"),
            ("spawn.job_array_id", "align-1"),
            ("spawn.job_array_index", &number),
            ("task_id", &id),
            ("spawn.task.attempt", "1"),
            ("spawn.task.outcome", outcome),
        ];
        let time = (2_000 + index * 100, 1_000);
        let mut task = with(span(&own, 1, 0, &format!("task align[{index}]"), time), &said);
        let mut attempt = with(span(ARRAY, 10 + index, 1, &format!("attempt align[{index}]#1"), time), &said);
        if index == 2 {
            (task, attempt) = (failed(task, "exit code 3"), failed(attempt, "exit code 3"));
        }
        tasks.push(linked(task, ARRAY, 10 + index));
        tasks.push(span(&own, 2, 1, "run", (time.0, 800)));
        attempts.push(linked(attempt, &own, 1));
    }
    resources.extend([of("spawn", &attempts), of("spored", &tasks)]);
    read(&resources)
}
