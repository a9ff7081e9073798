//! A DynamoDB call as the interceptor describes it, on an EC2 instance.

use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// Seconds since 1970 at which the call begins; the trace id says the same.
const BEGIN: u64 = 1_795_236_024;

pub(crate) fn resource() -> Resource {
    let attributes = [
        ("service.name", "spored"),
        ("service.version", "0.20.0"),
        ("service.instance.id", "i-0123456789abcdef0"),
        ("host.id", "i-0123456789abcdef0"),
        ("host.name", "ip-10-0-0-1"),
        ("host.type", "t3.micro"),
        ("host.image.id", "ami-0123456789abcdef0"),
        ("cloud.provider", "aws"),
        ("cloud.platform", "aws_ec2"),
        ("cloud.region", "eu-central-1"),
        ("cloud.account.id", "123456789012"),
        ("cloud.availability_zone", "eu-central-1a"),
    ];
    Resource::builder_empty().with_attributes(attributes.map(|(key, value)| KeyValue::new(key, value))).build()
}

/// Below another span of the program.
pub(crate) fn call() -> SpanData {
    let table = Value::Array(Array::String(vec![StringValue::from("spawn-job-arrays")]));
    let attributes = vec![
        KeyValue::new("rpc.system", "aws-api"),
        KeyValue::new("rpc.system.name", "aws-api"),
        KeyValue::new("rpc.service", "DynamoDB"),
        KeyValue::new("rpc.method", "GetItem"),
        KeyValue::new("aws.service", "dynamodb"),
        KeyValue::new("aws.operation", "GetItem"),
        KeyValue::new("aws.region", "eu-central-1"),
        KeyValue::new("cloud.region", "eu-central-1"),
        KeyValue::new("aws.request_id", "4KBNVRGD25RG1KEO9UT4V3FQDJVV4KQNSO5AEMVJF66Q9ASUAAJG"),
        KeyValue::new("aws.attempts", 1),
        KeyValue::new("http.request.method", "POST"),
        KeyValue::new("http.response.status_code", 200),
        KeyValue::new("server.address", "dynamodb.eu-central-1.amazonaws.com"),
        KeyValue::new("server.port", 443),
        KeyValue::new("error", false),
        KeyValue::new("spawn.instance_id", "i-0123456789abcdef0"),
        KeyValue::new("spawn.provider", "ec2"),
        KeyValue::new("aws.dynamodb.table_names", table),
        KeyValue::new("aws.dynamodb.consistent_read", true),
        KeyValue::new("db.system.name", "aws.dynamodb"),
        KeyValue::new("db.operation.name", "GetItem"),
        KeyValue::new("db.collection.name", "spawn-job-arrays"),
    ];
    let start_time = UNIX_EPOCH + Duration::from_secs(BEGIN);
    let trace_id = TraceId::from(u128::from(BEGIN) << 96 | 0x0123_4567_89ab_cdef);
    SpanData {
        span_context: SpanContext::new(trace_id, SpanId::from(0xb2), TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: SpanId::from(0xa1),
        parent_span_is_remote: false,
        span_kind: SpanKind::Client,
        name: "DynamoDB.GetItem".into(),
        start_time,
        end_time: start_time + Duration::from_micros(12_345),
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("spawn-telemetry").build(),
    }
}

/// The same with ten attributes: those that other instrumentations have too.
pub(crate) fn plain_call() -> SpanData {
    const KEPT: [&str; 10] = [
        "rpc.system",
        "rpc.service",
        "rpc.method",
        "aws.operation",
        "aws.region",
        "aws.request_id",
        "http.response.status_code",
        "server.address",
        "spawn.instance_id",
        "aws.dynamodb.table_names",
    ];
    let mut call = call();
    call.attributes.retain(|pair| KEPT.contains(&pair.key.as_str()));
    call
}

/// Below nothing: a segment with the call in it, and the resource.
pub(crate) fn root_call() -> SpanData {
    SpanData { parent_span_id: SpanId::INVALID, ..call() }
}
