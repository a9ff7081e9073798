//! Whole documents for the spans that other translators lose or misread.

mod any;
mod bad;
mod check;
mod fields;
mod hosts;
mod others;
mod outcomes;
mod roots;
mod sizes;
mod tasks;

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use serde_json::{Value as Json, json};

use super::{Place, Ties, Translator};
use crate::filter::Filter;
use crate::samples::{at, child, context, span, trace_id};

/// The service of these tests: on EC2, with a version.
fn translator() -> Translator {
    let attributes = [
        ("service.name", "spored"),
        ("service.version", "1.2.3"),
        ("cloud.platform", "aws_ec2"),
        ("cloud.account.id", "123456789012"),
        ("cloud.availability_zone", "eu-central-1a"),
        ("host.id", "i-0abc"),
        ("host.type", "t3.micro"),
        ("host.image.id", "ami-1"),
    ];
    let attributes = attributes.map(|(key, value)| KeyValue::new(key, value));
    let resource = Resource::builder_empty().with_attributes(attributes).build();
    Translator::new(&resource, Filter::default(), &[])
}

fn resource() -> Json {
    json!({
        "cloud.account.id": "123456789012",
        "cloud.availability_zone": "eu-central-1a",
        "cloud.platform": "aws_ec2",
        "host.id": "i-0abc",
        "host.image.id": "ami-1",
        "host.type": "t3.micro",
        "service.name": "spored",
        "service.version": "1.2.3",
    })
}

fn aws_of_segment() -> Json {
    json!({
        "account_id": "123456789012",
        "ec2": {
            "instance_id": "i-0abc",
            "availability_zone": "eu-central-1a",
            "instance_size": "t3.micro",
            "ami_id": "ami-1",
        },
        "xray": {"sdk": "spawn-telemetry", "sdk_version": env!("CARGO_PKG_VERSION"), "auto_instrumentation": false},
    })
}

const TRACE: &str = "1-6b0120b8-000000000123456789abcdef";

fn read(span: &SpanData) -> Json {
    let (id, text) = document(span);
    let read: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(read["id"], json!(id));
    read
}

/// The id of the document and its text.
fn document(span: &SpanData) -> (String, String) {
    let mut text = String::new();
    let written = translator().document(span, &Place::of(span), &mut |_, _| true, &mut text);
    (written.id.to_string(), text)
}

/// A call to DynamoDB as the interceptor describes it.
fn get_item(status: i64) -> SpanData {
    let table = Value::Array(vec![StringValue::from("jobs")].into());
    let attributes = vec![
        KeyValue::new("rpc.system", "aws-api"),
        KeyValue::new("rpc.system.name", "aws-api"),
        KeyValue::new("rpc.service", "DynamoDB"),
        KeyValue::new("rpc.method", "GetItem"),
        KeyValue::new("aws.service", "dynamodb"),
        KeyValue::new("aws.operation", "GetItem"),
        KeyValue::new("aws.region", "eu-central-1"),
        KeyValue::new("cloud.region", "eu-central-1"),
        KeyValue::new("aws.request_id", "R1"),
        KeyValue::new("aws.attempts", 2),
        KeyValue::new("http.response.status_code", status),
        KeyValue::new("error", status >= 400),
        KeyValue::new("spawn.instance_id", "i-0abc"),
        KeyValue::new("spawn.provider", "ec2"),
        KeyValue::new("aws.dynamodb.table_names", table),
        KeyValue::new("db.system.name", "aws.dynamodb"),
    ];
    SpanData { attributes, ..child("DynamoDB.GetItem", SpanKind::Client) }
}

/// The document of [`get_item`] when it succeeds.
fn get_item_document() -> Json {
    json!({
        "name": "DynamoDB",
        "id": "00000000000000b2",
        "trace_id": TRACE,
        "parent_id": "00000000000000a1",
        "type": "subsegment",
        "start_time": 1795236024.0,
        "end_time": 1795236024.25,
        "namespace": "aws",
        "http": {"response": {"status": 200}},
        "aws": {
            "operation": "GetItem",
            "region": "eu-central-1",
            "request_id": "R1",
            "retries": 1,
            "table_name": "jobs",
        },
        "annotations": {"spawn_instance_id": "i-0abc", "aws_service": "dynamodb", "aws_operation": "GetItem"},
        "metadata": {"spawn": {"spawn.provider": "ec2", "db.system.name": "aws.dynamodb"}},
    })
}

fn with(mut document: Json, changes: Json) -> Json {
    let changes = changes.as_object().unwrap().clone();
    for (path, value) in changes {
        let (parent, last) = path.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[last] = value;
    }
    document
}

/// The document of a call that failed: flags, error code, and the one exception.
fn failed(status: i64, flags: &[&str], code: &str, message: &str) -> Json {
    let mut document = with(
        get_item_document(),
        json!({
            "/http/response/status": status,
            "/annotations/error_type": code,
            "/cause": {"exceptions": [{"id": EXCEPTION, "type": code, "message": message, "remote": true}]},
        }),
    );
    for flag in flags {
        document[*flag] = json!(true);
    }
    document
}

/// Follows from the ids of the sample child.
const EXCEPTION: &str = "2b1e9d0d4da7d920";

fn failing(status: i64, code: &'static str, message: &'static str) -> SpanData {
    let mut span = get_item(status);
    span.attributes.push(KeyValue::new("error.type", code));
    span.status = Status::error(message);
    span
}

#[test]
fn a_call_is_a_subsegment_named_for_the_service_that_is_called() {
    assert_eq!(read(&get_item(200)), get_item_document());
}

#[test]
fn a_call_is_known_by_the_current_names_alone() {
    let mut call = child("DynamoDB.GetItem", SpanKind::Client);
    call.attributes = vec![
        KeyValue::new("rpc.system.name", "aws-api"),
        KeyValue::new("rpc.method", "DynamoDB/GetItem"),
        KeyValue::new("cloud.region", "eu-central-1"),
    ];
    let read = read(&call);
    assert_eq!(
        json!([read["name"], read["namespace"], read["aws"]]),
        json!(["DynamoDB", "aws", {"operation": "GetItem", "region": "eu-central-1"}])
    );
}

#[test]
fn one_attempt_of_a_call_is_no_node_of_its_own() {
    let mut attempt = get_item(200);
    attempt.name = "attempt 2".into();
    attempt.attributes.push(KeyValue::new("http.request.resend_count", 1));
    let read = read(&attempt);
    assert_eq!(
        json!([read["name"], read.get("namespace"), read["metadata"]["spawn"]["http.request.resend_count"]]),
        json!(["attempt 2", null, 1])
    );
}

#[test]
fn links_are_kept_and_a_bad_one_costs_itself_alone() {
    let mut task = span("task");
    let other = SpanContext::new(trace_id(), SpanId::from(0xc3), TraceFlags::SAMPLED, true, TraceState::NONE);
    let attributes = vec![KeyValue::new("why", "retry")];
    task.links.links = vec![Link::new(other, attributes, 0), Link::new(SpanContext::NONE, Vec::new(), 0)];
    let expected = json!([{"trace_id": TRACE, "id": "00000000000000c3", "attributes": {"why": "retry"}}]);
    assert_eq!(read(&task)["links"], expected);
}

#[test]
fn a_hostile_name_is_mended() {
    assert_eq!(read(&child("GET /{id}*", SpanKind::Internal))["name"], json!("GET /id"));
    assert_eq!(read(&child("{}", SpanKind::Internal))["name"], json!("span"));
}

#[test]
fn an_end_before_the_start_is_moved_to_it() {
    let mut backwards = span("a");
    backwards.start_time = at(100);
    backwards.end_time = at(50);
    let read = read(&backwards);
    assert_eq!(json!([read["start_time"], read["end_time"]]), json!([1795236024.0001, 1795236024.0001]));
}

#[test]
fn ids_keep_their_leading_zeros() {
    let mut small = span("a");
    small.span_context = context(1);
    assert_eq!(read(&small)["id"], json!("0000000000000001"));
}
