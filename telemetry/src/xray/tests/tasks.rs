//! The spans of a job array's task: a segment where its parent is another host's, a subsegment where it is our own.

use super::*;

const OTHER: &str = "1-4bf92f35-77b34da6a3ce929d0e0e4736";

/// A lost attempt at the fourth task, recorded by whoever took it up, with a link to the attempt before.
fn task(parent_is_remote: bool) -> SpanData {
    let other = SpanContext::new(
        0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736.into(),
        SpanId::from(0xc3),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    );
    let attributes = vec![
        KeyValue::new("spawn.job_array_id", "align-0badcafe"),
        KeyValue::new("spawn.job_array.name", "align"),
        KeyValue::new("task_id", "align-0badcafe/3"),
        KeyValue::new("spawn.task.attempt", 2),
        KeyValue::new("spawn.task.outcome", "lost"),
        KeyValue::new("error", true),
        KeyValue::new("error.message", "the host vanished"),
        KeyValue::new("spawn.job_array_index", 3),
        KeyValue::new("spawn.instance_id", "i-0lost"),
        KeyValue::new("process.exit.code", 7),
    ];
    let mut task = SpanData {
        attributes,
        status: Status::error("the host vanished"),
        parent_span_is_remote: parent_is_remote,
        ..child("task align[3]", SpanKind::Internal)
    };
    task.links.links.push(Link::with_context(other));
    task
}

#[test]
fn a_task_is_searched_by_array_index_attempt_and_outcome() {
    let expected = json!({
        "spawn_job_array_id": "align-0badcafe",
        "spawn_job_array_name": "align",
        "task_id": "align-0badcafe/3",
        "spawn_task_attempt": 2,
        "spawn_task_outcome": "lost",
        "spawn_job_array_index": 3,
        "spawn_instance_id": "i-0lost",
    });
    assert_eq!(read(&task(true))["annotations"], expected);
}

#[test]
fn below_another_host_a_task_is_a_segment_with_its_links() {
    let document = read(&task(true));
    assert_eq!(document["type"], Json::Null);
    assert_eq!((&document["name"], &document["parent_id"]), (&json!("spored"), &json!("00000000000000a1")));
    assert_eq!(document["links"], json!([{"trace_id": OTHER, "id": "00000000000000c3"}]));
    assert_eq!(document["metadata"]["spawn"], json!({"process.exit.code": 7, "name": "task align[3]"}));
    assert_eq!((&document["fault"], &document["aws"]["ec2"]), (&json!(true), &aws_of_segment()["ec2"]));
}

#[test]
fn below_a_span_of_the_same_agent_it_is_a_subsegment_with_its_links() {
    let document = read(&task(false));
    assert_eq!((&document["type"], &document["name"]), (&json!("subsegment"), &json!("task align3")));
    assert_eq!((&document["parent_id"], &document["namespace"]), (&json!("00000000000000a1"), &Json::Null));
    assert_eq!(document["links"], json!([{"trace_id": OTHER, "id": "00000000000000c3"}]));
}
