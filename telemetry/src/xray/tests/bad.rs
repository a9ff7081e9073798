//! Bad input: a document that X-Ray takes, which says what was cut.

use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::trace::{SpanId, TraceId};

use super::check::checked;
use super::*;

/// The document, which has to be in order, and what it says was cut.
fn read_bad(span: &SpanData) -> (Json, Json) {
    let read = checked(&document(span).1);
    let truncated = read["metadata"]["spawn"]["truncated"].clone();
    (read, truncated)
}

#[test]
fn a_name_of_ten_thousand_characters_is_cut_and_kept_whole_in_the_metadata() {
    let name = "n".repeat(10_000);
    let (read, truncated) = read_bad(&SpanData { name: name.clone().into(), ..child("", SpanKind::Internal) });
    assert_eq!((&read["name"], &read["metadata"]["spawn"]["name"]), (&json!("n".repeat(200)), &json!(name)));
    assert_eq!(truncated, Json::Null);
}

#[test]
fn text_from_a_header_that_was_no_unicode_is_written_as_it_was_mended() {
    let value = String::from_utf8_lossy(b"a\xff\x00b").into_owned();
    let (read, _) = read_bad(&SpanData { attributes: vec![KeyValue::new("header", value)], ..span("a") });
    assert_eq!(read["metadata"]["spawn"]["header"], json!("a\u{fffd}\u{0}b"));
}

#[test]
fn numbers_that_json_lacks_are_texts() {
    let attributes = vec![
        KeyValue::new("nan", f64::NAN),
        KeyValue::new("infinite", f64::NEG_INFINITY),
        KeyValue::new("list", Value::Array(vec![1.5, f64::NAN].into())),
        KeyValue::new("large", f64::MAX),
        KeyValue::new("least", i64::MIN),
    ];
    let (read, _) = read_bad(&SpanData { attributes, ..child("a", SpanKind::Internal) });
    let expected =
        json!({"nan": "NaN", "infinite": "-inf", "list": [1.5, "NaN"], "large": f64::MAX, "least": i64::MIN});
    assert_eq!(read["metadata"]["spawn"], expected);
}

#[test]
fn causes_that_go_round_in_circles_end_and_say_so() {
    let trace = "Caused by: A: b\nCaused by: B: a\n".repeat(50_000);
    let attributes = vec![KeyValue::new("exception.message", "m"), KeyValue::new("exception.stacktrace", trace)];
    let mut failed = child("a", SpanKind::Internal);
    failed.events.events = vec![Event::new("exception", at(1), attributes, 0)];
    failed.status = Status::error("m");
    let (read, truncated) = read_bad(&failed);
    let exceptions = read["cause"]["exceptions"].as_array().unwrap();
    assert_eq!((exceptions.len(), &exceptions[9]["skipped"]), (10, &json!(91)));
    assert_eq!(exceptions[8]["cause"], exceptions[9]["id"]);
    assert_eq!(truncated, json!(["exceptions"]));
}

#[test]
fn times_that_x_ray_would_refuse_are_moved_and_the_document_says_so() {
    let seconds = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let cases = [
        (at(100), at(50), 1795236024.0001, 1795236024.0001),
        (UNIX_EPOCH - Duration::from_secs(1), at(0), 0.0, 1795236024.0),
        (at(0), seconds(u64::MAX / 4), 1795236024.0, 253402300799.0),
    ];
    for (start_time, end_time, start, end) in cases {
        let (read, truncated) = read_bad(&SpanData { start_time, end_time, ..span("a") });
        assert_eq!(json!([read["start_time"], read["end_time"]]), json!([start, end]));
        assert_eq!(truncated, json!(["times"]));
    }
}

#[test]
fn ids_of_zero_are_replaced_by_others_that_stay_the_same() {
    let mut nameless = child("a", SpanKind::Internal);
    nameless.span_context =
        SpanContext::new(TraceId::INVALID, SpanId::INVALID, TraceFlags::SAMPLED, false, TraceState::NONE);
    let (read, truncated) = read_bad(&nameless);
    assert_eq!((&read, &truncated), (&read_bad(&nameless).0, &json!(["ids"])));
    // X-Ray takes ids of the last 30 days alone, and these say when they are from.
    assert!(read["trace_id"].as_str().unwrap().starts_with("1-6b0120b8-"), "{read}");
    let mut own_parent = child("a", SpanKind::Internal);
    own_parent.parent_span_id = own_parent.span_context.span_id();
    let (read, truncated) = read_bad(&own_parent);
    assert_eq!((read.get("parent_id"), read.get("type"), truncated), (None, None, json!(["ids"])));
}

#[test]
fn ten_thousand_attributes_are_cut_to_what_fits() {
    let attributes = (0..10_000).map(|number| KeyValue::new(format!("key {number}"), number)).collect();
    let (read, truncated) = read_bad(&SpanData { attributes, ..child("a", SpanKind::Internal) });
    assert_eq!(read["metadata"], json!({"spawn": {"truncated": truncated}}));
    assert_eq!(truncated, json!(["metadata", "resource", "stacks", "all metadata"]));
}

#[test]
fn a_value_of_a_megabyte_is_cut_wherever_it_is() {
    let huge = || "x".repeat(1 << 20);
    for key in ["log", "aws.s3.key", "url.full", "user_agent.original", "error.type", "spawn.command", "aws.region"] {
        let mut call = get_item(400);
        call.attributes.push(KeyValue::new(key, huge()));
        let (read, truncated) = read_bad(&call);
        assert_eq!(read["name"], "DynamoDB", "{key}");
        assert!(truncated.as_array().is_some_and(|words| words.len() <= 2), "{key}: {truncated}");
    }
    let mut failed = failing(500, "E", "");
    failed.status = Status::error(huge());
    failed.events.events = vec![Event::new(huge(), at(1), vec![KeyValue::new("k", huge())], 0)];
    failed.links.links = vec![Link::new(context(3), vec![KeyValue::new("k", huge())], 0)];
    assert_eq!(read_bad(&failed).1, json!(["texts", "metadata"]));
}

#[test]
fn links_to_nowhere_cost_themselves_alone() {
    let mut task = child("a", SpanKind::Internal);
    task.links.links = vec![Link::new(SpanContext::NONE, Vec::new(), 0), Link::new(context(3), Vec::new(), 0)];
    let (read, truncated) = read_bad(&task);
    assert_eq!(read["links"], json!([{"trace_id": TRACE, "id": "0000000000000003"}]));
    assert_eq!(truncated, json!(["links"]));
}

#[test]
fn one_key_many_times_is_there_once_with_its_last_value() {
    for many in [3, 100] {
        let names = ["a", "aws.s3.key", "http.target"];
        let attributes = (0..many).flat_map(|number| names.map(|name| KeyValue::new(name, number))).collect();
        let (read, _) = read_bad(&SpanData { attributes, ..child("a", SpanKind::Internal) });
        assert_eq!(
            json!([read["metadata"]["spawn"], read["aws"]]),
            json!([{"a": many - 1, "http.target": many - 1}, {"key": many - 1}])
        );
    }
}
