//! Documents that would be too large.

use super::super::limits::DOCUMENT as LIMIT;
use super::*;

#[test]
fn a_long_attribute_is_cut_and_the_document_says_so() {
    let mut task = child("task", SpanKind::Internal);
    task.attributes = vec![KeyValue::new("log", "x".repeat(100_000)), KeyValue::new("short", "kept")];
    let read = read(&task);
    assert_eq!(
        read["metadata"]["spawn"],
        json!({"log": format!("{}…", "x".repeat(8192)), "short": "kept", "truncated": ["metadata"]})
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
        json!(["00000000000000b2", TRACE, "00000000000000a1", true, {"spawn": {"truncated": ["metadata", "resource", "stacks", "all metadata", "all fields"]}}])
    );
}
