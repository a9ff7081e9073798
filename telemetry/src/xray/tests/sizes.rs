//! Any span becomes a document that X-Ray takes.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::trace::SpanId;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::fit::LIMIT;
use super::*;

#[test]
fn a_long_attribute_is_cut_and_the_document_says_so() {
    let mut task = child("task", SpanKind::Internal);
    task.attributes = vec![KeyValue::new("log", "x".repeat(100_000)), KeyValue::new("short", "kept")];
    let read = read(&task);
    assert_eq!(
        read["metadata"]["spawn"],
        json!({"log": format!("{}…", "x".repeat(8192)), "short": "kept", "truncated": true})
    );
}

#[test]
fn a_document_that_cannot_be_cut_enough_keeps_ids_times_and_flags() {
    let mut task = failing(500, "InternalError", "m");
    task.attributes.extend((0..5_000).map(|number| KeyValue::new(format!("key{number}"), "a value of some length")));
    task.links.links =
        (0..1_000).map(|id| Link::new(context(id + 1), vec![KeyValue::new("k", "v".repeat(99))], 0)).collect();
    let (_, text) = document(&task);
    assert!(text.len() <= LIMIT, "{}", text.len());
    let read: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(
        json!([read["id"], read["trace_id"], read["parent_id"], read["fault"], read["metadata"]]),
        json!(["00000000000000b2", TRACE, "00000000000000a1", true, {"spawn": {"truncated": true}}])
    );
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,40}", "[\\x00-\\x1f\"\\\\]{0,400}", (0..80_000_usize).prop_map(|length| "é".repeat(length)),]
}

fn key() -> impl Strategy<Value = String> {
    let known = [
        "aws.service",
        "aws.operation",
        "rpc.system",
        "error",
        "error.type",
        "aws.s3.key",
        "aws.attempts",
        "user.id",
        "http.response.status_code",
        "aws.dynamodb.table_names",
        "url.full",
        "spawn.command",
        "http.request.resend_count",
    ];
    prop_oneof![proptest::sample::select(known.to_vec()).prop_map(str::to_owned), ".{0,20}"]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
        vec(".{0,30}", 0..200)
            .prop_map(|items| { Value::Array(items.into_iter().map(StringValue::from).collect::<Vec<_>>().into()) }),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec((key(), value()).prop_map(|(key, value)| KeyValue::new(key, value)), 0..30)
}

prop_compose! {
    fn any_span()(
        id in 1..u64::MAX,
        parent in prop_oneof![Just(0_u64), 1..u64::MAX],
        remote in any::<bool>(),
        kind in 0..5_u8,
        name in text(),
        start in 0..4_000_000_000_000_000_u64,
        end in 0..4_000_000_000_000_000_u64,
        attributes in attributes(),
        events in vec((prop_oneof![Just("exception".to_owned()), text()], attributes()), 0..4),
        links in vec((any::<u64>(), attributes()), 0..4),
        failure in proptest::option::of(text()),
    ) -> SpanData {
        let mut span = span("");
        span.span_context = context(id);
        span.parent_span_id = SpanId::from(parent);
        span.parent_span_is_remote = remote;
        span.span_kind = match kind {
            0 => SpanKind::Client,
            1 => SpanKind::Server,
            2 => SpanKind::Producer,
            3 => SpanKind::Consumer,
            _ => SpanKind::Internal,
        };
        span.name = Cow::Owned(name);
        span.start_time = UNIX_EPOCH + Duration::from_micros(start);
        span.end_time = UNIX_EPOCH + Duration::from_micros(end);
        span.attributes = attributes;
        span.events.events = events.into_iter().map(|(name, attributes)| Event::new(name, at(1), attributes, 0)).collect();
        span.links.links = links.into_iter().map(|(id, attributes)| Link::new(context(id), attributes, 0)).collect();
        span.status = failure.map_or(Status::Unset, Status::error);
        span
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_span_becomes_a_document_with_its_ids_times_and_status(span in any_span()) {
        let (id, text) = document(&span);
        prop_assert!(text.len() <= LIMIT);
        let read: Json = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read["id"], &json!(id));
        prop_assert_eq!(&read["trace_id"], &json!(TRACE));
        let own = format!("{:016x}", u64::from_be_bytes(span.span_context.span_id().to_bytes()));
        let inner = read.get("subsegments").map_or(&read, |parts| &parts[0]);
        prop_assert_eq!(&inner["id"], &json!(own));
        let parent = (span.parent_span_id != SpanId::INVALID)
            .then(|| format!("{:016x}", u64::from_be_bytes(span.parent_span_id.to_bytes())));
        prop_assert_eq!(read["parent_id"].as_str(), parent.as_deref());
        let (start, end) = (read["start_time"].as_f64().unwrap(), read["end_time"].as_f64().unwrap());
        prop_assert!(start <= end);
        let microseconds = span.start_time.duration_since(UNIX_EPOCH).unwrap().as_micros();
        prop_assert_eq!((start * 1e6).round() as u128, microseconds);
        let name = read["name"].as_str().unwrap();
        prop_assert!((1..=200).contains(&name.chars().count()));
        if matches!(span.status, Status::Error { .. }) {
            prop_assert!(read["fault"] == json!(true) || read["error"] == json!(true));
        }
    }
}
