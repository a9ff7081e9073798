//! The JSON of a trace against its reference.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use serde_json::{Value, json};

use super::{array_data, comparison_data, map_data, summary_data, trace_data};
use crate::span::{Event, Link, Origin, Outcome, Span, SpanKind};
use crate::{Trace, arrays, compare, service_map, summary};

fn span(id: u64, parent: Option<u64>, name: &str, from: u64, to: Option<u64>) -> Span {
    Span {
        trace_id: TraceId::from(1),
        span_id: SpanId::from(id),
        parent: parent.map(SpanId::from),
        name: name.to_owned(),
        kind: SpanKind::Server,
        start: 1_772_443_800_000_000_000 + from,
        end: to.map(|to| 1_772_443_800_000_000_000 + to),
        outcome: Outcome::Unset,
        attributes: Vec::new(),
        events: Vec::new(),
        links: Vec::new(),
        origin: Arc::new(Origin::default()),
        trace_state: String::new(),
        flags: 1,
        dropped: [0; 3],
    }
}

fn text(key: &str, value: &str) -> opentelemetry_proto::tonic::common::v1::KeyValue {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

/// A task with an error below a caller that is under way, an orphan, an event and a link: something of everything.
fn trace() -> Trace {
    let mut call = span(1, None, "call", 0, None);
    call.kind = SpanKind::Client;
    let mut task = span(2, Some(1), "task a[0]", 1_500, Some(4_000_500));
    task.outcome = Outcome::Error("it broke".to_owned());
    task.attributes = vec![text("spawn.job_array_id", "a-1"), text("spawn.job_array_index", "0")];
    task.events =
        vec![Event { time: task.start - 2_000, name: "early".to_owned(), attributes: Vec::new(), dropped: 0 }];
    task.links = vec![Link {
        trace_id: TraceId::from(2),
        span_id: SpanId::from(3),
        trace_state: String::new(),
        attributes: Vec::new(),
        dropped: 0,
        flags: 0,
    }];
    task.dropped = [1, 2, 3];
    let orphan = span(4, Some(9), "orphan", 10, Some(20));
    Trace::gather([call, task, orphan]).remove(0)
}

#[test]
fn every_field_is_in_the_reference_and_no_other() {
    let reference = include_str!("../../../../docs/reference/trace-json.md");
    let traces = [trace()];
    let whole = serde_json::to_value(trace_data(&traces[0])).unwrap();
    let array = serde_json::to_value(array_data(&arrays(&traces)[0], &traces)).unwrap();
    let map = serde_json::to_value(map_data(&service_map(&traces))).unwrap();
    let compared = serde_json::to_value(comparison_data(&compare(&traces[0], &traces[0]), "a", "b")).unwrap();
    let one = |list: &Value, what: &str| {
        list.as_array().and_then(|all| all.last()).unwrap_or_else(|| panic!("{what}")).clone()
    };
    let task = whole["spans"].as_array().unwrap().iter().find(|span| span["links"] != json!([])).unwrap().clone();
    let parts = [
        ("event", one(&task["events"], "event")),
        ("link", one(&task["links"], "link")),
        ("dropped", task["dropped"].clone()),
        ("span", task),
        ("origin", one(&whole["origins"], "origin")),
        ("note", one(&whole["notes"], "note")),
        ("stretch", one(&whole["critical_path"], "stretch")),
        ("node", one(&map["nodes"], "node")),
        ("edge", one(&map["edges"], "edge")),
        ("figures", map["nodes"][0]["stats"].clone()),
        ("map", map),
        ("task", one(&array["tasks"], "task")),
        ("attempt", one(&array["tasks"][0]["attempts"], "attempt")),
        ("array", array),
        ("side", compared["rows"][0]["a"].clone()),
        ("row", one(&compared["rows"], "row")),
        ("comparison", compared),
        ("summary", serde_json::to_value(summary_data(&summary(&traces[0]))).unwrap()),
        ("trace", whole),
    ];
    for (name, value) in parts {
        let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
        let table = reference.split(&begin).nth(1).and_then(|rest| rest.split(&end).next()).unwrap_or_default();
        let told: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let fields: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(told, fields, "{name}");
    }
}

#[test]
fn times_are_microseconds_from_the_start_and_what_is_under_way_has_no_duration() {
    let data = serde_json::to_value(trace_data(&trace())).unwrap();
    let times = |name: &str| {
        let span = data["spans"].as_array().unwrap().iter().find(|span| span["name"] == name).unwrap();
        json!([span["start_us"], span["duration_us"], span["depth"], span["status"], span["status_message"]])
    };
    assert_eq!(times("call"), json!([0.0, null, 0, "unset", ""]));
    assert_eq!(times("task a[0]"), json!([1.5, 3999.0, 1, "error", "it broke"]));
    assert_eq!(times("orphan"), json!([0.01, 0.01, 0, "unset", ""]));
    assert_eq!(data["start"], "2026-03-02T09:30:00Z");
    assert_eq!((&data["errors"], &data["open"]), (&json!(1), &json!(1)));
    assert_eq!(data["spans"][2]["events"][0]["time_us"], -0.5);
}

#[test]
fn origins_that_are_alike_are_there_once() {
    let data = trace_data(&trace());
    assert_eq!(data.origins.len(), 1);
    assert_eq!(data.spans.iter().map(|span| span.origin).collect::<Vec<_>>(), [0, 0, 0]);
}
