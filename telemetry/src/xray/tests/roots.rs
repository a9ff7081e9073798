//! What is a segment, and of which service.

use super::*;

#[test]
fn a_root_of_kind_internal_is_a_segment_of_the_service() {
    let mut root = span("spored boot");
    root.attributes = vec![KeyValue::new("spawn.command", "run"), KeyValue::new("steps", 3)];
    root.end_time = at(250_001);
    let expected = json!({
        "name": "spored",
        "id": "00000000000000a1",
        "trace_id": TRACE,
        "start_time": 1795236024.0,
        "end_time": 1795236024.250001,
        "origin": "AWS::EC2::Instance",
        "service": {"version": "1.2.3"},
        "aws": aws_of_segment(),
        "annotations": {"spawn_command": "run"},
        "metadata": {"spawn": {"name": "spored boot", "steps": 3}, "otel.resource": resource()},
    });
    assert_eq!(read(&root), expected);
}

#[test]
fn a_root_of_kind_client_is_a_segment_with_the_call_in_it() {
    let call = SpanData { parent_span_id: SpanId::INVALID, ..get_item(200) };
    let mut inner = get_item_document();
    let fields = inner.as_object_mut().unwrap();
    fields.remove("trace_id");
    fields.remove("parent_id");
    fields.remove("type");
    let expected = json!({
        "name": "spored",
        "id": "0167a5fd0139d55b",
        "trace_id": TRACE,
        "start_time": 1795236024.0,
        "end_time": 1795236024.25,
        "origin": "AWS::EC2::Instance",
        "service": {"version": "1.2.3"},
        "aws": aws_of_segment(),
        "annotations": {"spawn_instance_id": "i-0abc"},
        "metadata": {"otel.resource": resource()},
        "subsegments": [inner],
    });
    assert_eq!(read(&call), expected);
}

#[test]
fn a_child_of_another_process_is_a_segment_below_it() {
    let boot = SpanData { parent_span_is_remote: true, ..child("spored boot", SpanKind::Internal) };
    let read = read(&boot);
    assert_eq!(
        (&read["name"], &read["parent_id"], read.get("type")),
        (&json!("spored"), &json!("00000000000000a1"), None)
    );
}

#[test]
fn a_failed_root_call_faults_the_segment_and_tells_the_cause_once() {
    let call = SpanData { parent_span_id: SpanId::INVALID, ..failing(503, "ServiceUnavailable", "try later") };
    let read = read(&call);
    assert_eq!(json!([read["fault"], read["cause"]]), json!([true, EXCEPTION]));
    assert_eq!(read["subsegments"][0]["cause"]["exceptions"][0]["message"], json!("try later"));
}
