//! What the views of a trace show, and that they fit.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::prelude::*;

use super::escape::is_hostile;
use super::*;
use crate::array::arrays;
use crate::compare::compare as compared;
use crate::map::service_map;
use crate::search::summary;
use crate::span::{Event, Link, Origin, Outcome, Span, SpanKind};
use crate::trace::Trace;

const MS: u64 = 1_000_000;
/// 2026-11-21 23:00:01 UTC.
const BEGIN: u64 = 1_795_302_001_000 * MS;

fn trace_id(number: u8) -> TraceId {
    let mut bytes = [number; 16];
    bytes[..4].copy_from_slice(&0x6b02_1b31_u32.to_be_bytes());
    TraceId::from_bytes(bytes)
}

fn text(value: &str) -> Option<AnyValue> {
    Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) })
}

fn pair(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: text(value), ..KeyValue::default() }
}

/// A span of a service from and to these milliseconds; a parent of 0 is none.
fn span(id: u64, parent: u64, service: &str, name: &str, from: u64, to: u64) -> Span {
    let resource = Resource { attributes: vec![pair("service.name", service)], ..Resource::default() };
    Span {
        trace_id: trace_id(7),
        span_id: SpanId::from_bytes(id.to_be_bytes()),
        parent: Some(SpanId::from_bytes(parent.to_be_bytes())).filter(|id| *id != SpanId::INVALID),
        name: name.to_owned(),
        kind: SpanKind::Internal,
        start: BEGIN + from * MS,
        end: Some(BEGIN + to * MS),
        outcome: Outcome::Unset,
        attributes: Vec::new(),
        events: Vec::new(),
        links: Vec::new(),
        origin: Arc::new(Origin { resource, ..Origin::default() }),
        trace_state: String::new(),
        flags: 1,
        dropped: [0; 3],
    }
}

fn with(mut span: Span, attributes: &[(&str, &str)]) -> Span {
    span.attributes.extend(attributes.iter().map(|(key, value)| pair(key, value)));
    span
}

fn failed(mut span: Span, why: &str) -> Span {
    span.outcome = Outcome::Error(why.to_owned());
    span
}

/// A launch whose task calls S3 often, fails at DynamoDB after three attempts, and has a command under way.
fn launch() -> Trace {
    let mut put = with(span(4, 3, "spored", "DynamoDB.PutItem", 900, 1_400), &[("aws.attempts", "3")]);
    put.kind = SpanKind::Client;
    put = with(
        failed(put, "Requested resource not found"),
        &[("error.type", "ResourceNotFoundException"), ("rpc.service", "DynamoDB")],
    );
    let mut task = failed(span(3, 1, "spored", "task align[0]", 400, 2_000), "Requested resource not found");
    task = with(
        task,
        &[("error.type", "ResourceNotFoundException"), ("spawn.task.attempt", "2"), ("spawn.task.outcome", "failed")],
    );
    task.links.push(Link {
        trace_id: trace_id(9),
        span_id: SpanId::from_bytes([9; 8]),
        trace_state: String::new(),
        attributes: Vec::new(),
        dropped: 0,
        flags: 0,
    });
    let mut run = span(5, 3, "spored", "run", 1_400, 0);
    run.end = None;
    run.events.push(Event {
        time: BEGIN + 1_500 * MS,
        name: "line".to_owned(),
        attributes: vec![pair("text", "hello")],
        dropped: 0,
    });
    let mut spans = vec![
        span(1, 0, "spawn", "spawn launch", 0, 2_100),
        span(2, 1, "spawn", "EC2.RunInstances", 50, 400),
        task,
        put,
        run,
    ];
    spans.extend((0..42).map(|n| span(100 + n, 3, "spored", "S3.GetObject", 420 + n * 10, 430 + n * 10)));
    Trace::gather(spans).remove(0)
}

fn drawn(trace: &Trace, width: usize) -> String {
    waterfall(trace, &Detail::default(), &Paper::plain(width))
}

#[test]
fn a_waterfall_has_the_tree_the_times_the_causes_and_what_the_time_is_made_of() {
    let expected = "";
    assert_eq!(drawn(&launch(), 100), expected, "\n{}", drawn(&launch(), 100));
}
