//! Records against `opentelemetry-proto`, there and back, and bytes that are none.

use std::time::UNIX_EPOCH;

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_proto::tonic::resource::v1::Resource as ResourceMessage;
use opentelemetry_proto::tonic::trace::v1::{ScopeSpans, Span};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::samples::{child, span as sample};

fn written(span: &SpanData) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_span(span, &mut bytes);
    bytes
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::I64),
        (-1e300..1e300).prop_map(Value::F64),
        "\\PC{0,200}".prop_map(Value::from),
        proptest::collection::vec(any::<bool>(), 1..4).prop_map(|items| Value::Array(Array::Bool(items))),
        proptest::collection::vec(any::<i64>(), 1..4).prop_map(|items| Value::Array(Array::I64(items))),
        proptest::collection::vec(-1e300..1e300, 1..4).prop_map(|items| Value::Array(Array::F64(items))),
        proptest::collection::vec("\\PC{0,9}", 0..4)
            .prop_map(|items| Value::Array(Array::String(items.into_iter().map(StringValue::from).collect()))),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let pair = ("[a-z_.]{1,20}", value()).prop_map(|(key, value)| KeyValue::new(key, value));
    proptest::collection::vec(pair, 0..8)
}

fn time() -> impl Strategy<Value = std::time::SystemTime> {
    any::<u64>().prop_map(|nanoseconds| UNIX_EPOCH + std::time::Duration::from_nanos(nanoseconds))
}

fn context(is_remote: bool) -> impl Strategy<Value = SpanContext> {
    let state = prop_oneof![Just(TraceState::NONE), Just("a=1,b=xyz".parse().unwrap())];
    (1..u128::MAX, 1..u64::MAX, any::<u8>(), state).prop_map(move |(trace, span, flags, state)| {
        SpanContext::new(TraceId::from(trace), SpanId::from(span), TraceFlags::new(flags), is_remote, state)
    })
}

fn event() -> impl Strategy<Value = Event> {
    ("\\PC{0,20}", time(), attributes(), any::<u32>())
        .prop_map(|(name, at, attributes, dropped)| Event::new(name, at, attributes, dropped))
}

fn link() -> impl Strategy<Value = Link> {
    let context = prop_oneof![context(true), context(false)];
    (context, attributes(), any::<u32>())
        .prop_map(|(context, attributes, dropped)| Link::new(context, attributes, dropped))
}

prop_compose! {
    fn any_span()(
        span_context in context(false),
        parent in any::<u64>(),
        parent_span_is_remote in any::<bool>(),
        kind in 0..5_usize,
        name in "\\PC{0,40}",
        (start_time, end_time) in (time(), time()),
        attributes in attributes(),
        (events, links) in (proptest::collection::vec(event(), 0..3), proptest::collection::vec(link(), 0..3)),
        dropped in any::<[u32; 3]>(),
        status in prop_oneof![Just(Status::Unset), Just(Status::Ok), "\\PC{0,300}".prop_map(Status::error)],
        (scope, version, url, own) in ("[a-z]{1,9}", proptest::option::of("[0-9.]{1,5}"), any::<bool>(), attributes()),
    ) -> SpanData {
        let kinds = [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
        let (mut of_events, mut of_links) = (SpanEvents::default(), SpanLinks::default());
        (of_events.events, of_events.dropped_count) = (events, dropped[0]);
        (of_links.links, of_links.dropped_count) = (links, dropped[1]);
        let mut builder = InstrumentationScope::builder(scope).with_attributes(own);
        if let Some(version) = version {
            builder = builder.with_version(version);
        }
        if url {
            builder = builder.with_schema_url("https://opentelemetry.io/schemas/1.40.0");
        }
        SpanData {
            span_context,
            parent_span_id: SpanId::from(parent),
            parent_span_is_remote,
            span_kind: kinds[kind].clone(),
            name: name.into(),
            start_time,
            end_time,
            attributes,
            dropped_attributes_count: dropped[2],
            events: of_events,
            links: of_links,
            status,
            instrumentation_scope: builder.build(),
        }
    }
}

/// What `opentelemetry-proto` makes of it.
fn reference(span: SpanData) -> ScopeSpans {
    ScopeSpans {
        schema_url: span.instrumentation_scope.schema_url().unwrap_or_default().to_owned(),
        scope: Some((&span.instrumentation_scope, None).into()),
        spans: vec![Span::from(span)],
    }
}

proptest! {
    #[test]
    fn a_record_is_what_opentelemetry_writes_and_reads_back_as_the_span(span in any_span()) {
        let bytes = written(&span);
        let mut decoded = ScopeSpans::decode(bytes.as_slice()).unwrap();
        // No status and one that says nothing are the same.
        decoded.spans[0].status.get_or_insert_default();
        prop_assert_eq!(&decoded, &reference(span.clone()));
        let read = super::span(&bytes).unwrap();
        prop_assert_eq!(&read, &span);
        prop_assert_eq!(written(&read), bytes);
    }

    #[test]
    fn a_resource_is_what_opentelemetry_writes_and_reads_back(attributes in attributes()) {
        let resource = Resource::builder_empty().with_attributes(attributes).build();
        let mut bytes = Vec::new();
        write_resource(&resource, &mut bytes);
        let decoded = ResourceMessage::decode(bytes.as_slice()).unwrap();
        prop_assert_eq!(decoded.attributes.len(), resource.len());
        prop_assert_eq!(super::resource(&bytes).unwrap(), resource);
    }

    #[test]
    fn bytes_that_are_no_record_are_an_error_and_never_a_panic(
        span in any_span(),
        noise in proptest::collection::vec(any::<u8>(), 0..200),
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<proptest::sample::Index>(),
    ) {
        drop((super::span(&noise), super::resource(&noise)));
        let mut bytes = written(&span);
        for (place, byte) in flips {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(read) = super::span(&bytes) {
            prop_assert!(read.span_context.is_valid());
        }
        bytes.truncate(cut.index(bytes.len()));
        drop(super::span(&bytes));
    }
}

#[test]
fn secrets_never_reach_a_record() {
    let secret = "AKIAIOSFODNN7EXAMPLE";
    let attributes = || {
        let list = Value::Array(Array::String(vec![format!("key {secret}").into()]));
        vec![KeyValue::new("text", format!("with {secret}")), KeyValue::new("list", list)]
    };
    let mut span = SpanData { status: Status::error(secret), attributes: attributes(), ..sample("a") };
    span.name = secret.into();
    span.events.events = vec![Event::new(secret, UNIX_EPOCH, attributes(), 0)];
    span.links.links = vec![Link::new(crate::samples::context(9), attributes(), 0)];
    let mut bytes = written(&span);
    write_resource(&Resource::builder_empty().with_attributes(attributes()).build(), &mut bytes);
    assert!(!String::from_utf8_lossy(&bytes).contains(secret));
}

#[test]
fn what_is_no_single_span_with_ids_is_refused() {
    let span = reference(child("a", SpanKind::Client));
    let of = |spans: Vec<Span>| ScopeSpans { spans, ..span.clone() }.encode_to_vec();
    let one = span.spans[0].clone();
    let refusal = |spans| super::span(&of(spans)).unwrap_err().to_string();
    assert_eq!(refusal(vec![]), "the record holds 0 spans in place of one");
    assert_eq!(refusal(vec![one.clone(), one.clone()]), "the record holds 2 spans in place of one");
    assert_eq!(
        refusal(vec![Span { trace_id: vec![0; 16], ..one.clone() }]),
        "the record is no span: its trace id is none"
    );
    assert_eq!(
        refusal(vec![Span { span_id: vec![1; 7], ..one.clone() }]),
        "the record is no span: its span id is none"
    );
    assert_eq!(
        refusal(vec![Span { parent_span_id: vec![1], ..one }]),
        "the record is no span: its parent span id is none"
    );
}
