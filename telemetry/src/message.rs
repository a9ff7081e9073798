//! OTLP's messages as spans of the SDK, whoever wrote them: bytes on disk, or JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_types::base64;
use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope as ScopeMessage, KeyValue as Pair,
};
use opentelemetry_proto::tonic::resource::v1::Resource as ResourceMessage;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Event as EventMessage, Link as LinkMessage};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// The flag that says that the next one means something.
pub(crate) const HAS_IS_REMOTE: u32 = 0x100;
/// The flag of a parent, or of a linked span, in another process.
pub(crate) const IS_REMOTE: u32 = 0x200;

/// An id of a message is no id: it has another length, or is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its {0} is none")]
pub(crate) struct NoId(pub(crate) &'static str);

/// The library that made spans.
pub(crate) fn scope(message: ScopeMessage, schema_url: String) -> InstrumentationScope {
    let ScopeMessage { name, version, attributes: pairs, .. } = message;
    let mut scope = InstrumentationScope::builder(name).with_attributes(attributes(pairs));
    if !version.is_empty() {
        scope = scope.with_version(version);
    }
    if !schema_url.is_empty() {
        scope = scope.with_schema_url(schema_url);
    }
    scope.build()
}

/// The program and the host that made spans.
pub(crate) fn resource(message: ResourceMessage) -> Resource {
    Resource::builder_empty().with_attributes(attributes(message.attributes)).build()
}

/// A span.
pub(crate) fn span(span: Span, scope: InstrumentationScope) -> Result<SpanData, NoId> {
    let mut events = SpanEvents::default();
    events.events = span.events.into_iter().map(event).collect();
    events.dropped_count = span.dropped_events_count;
    let mut links = SpanLinks::default();
    links.links = span.links.into_iter().map(link).collect::<Result<_, _>>()?;
    links.dropped_count = span.dropped_links_count;
    let parent = match span.parent_span_id.as_slice() {
        [] => SpanId::INVALID,
        id => SpanId::from_bytes(id.try_into().map_err(|_| NoId("parent span id"))?),
    };
    Ok(SpanData {
        span_context: context(&span.trace_id, &span.span_id, span.flags, false, &span.trace_state)?,
        parent_span_id: parent,
        parent_span_is_remote: is_remote(span.flags),
        span_kind: kind(span.kind),
        name: span.name.into(),
        start_time: time(span.start_time_unix_nano),
        end_time: time(span.end_time_unix_nano),
        attributes: attributes(span.attributes),
        dropped_attributes_count: span.dropped_attributes_count,
        events,
        links,
        status: match span.status.unwrap_or_default() {
            status if status.code == 1 => Status::Ok,
            status if status.code == 2 => Status::error(status.message),
            _ => Status::Unset,
        },
        instrumentation_scope: scope,
    })
}

fn event(event: EventMessage) -> Event {
    let at = time(event.time_unix_nano);
    Event::new(event.name, at, attributes(event.attributes), event.dropped_attributes_count)
}

fn link(link: LinkMessage) -> Result<Link, NoId> {
    let context = context(&link.trace_id, &link.span_id, link.flags, is_remote(link.flags), &link.trace_state)?;
    Ok(Link::new(context, attributes(link.attributes), link.dropped_attributes_count))
}

fn context(trace: &[u8], span: &[u8], flags: u32, is_remote: bool, state: &str) -> Result<SpanContext, NoId> {
    let trace_id = trace.try_into().map(TraceId::from_bytes).ok().filter(|id| *id != TraceId::INVALID);
    let span_id = span.try_into().map(SpanId::from_bytes).ok().filter(|id| *id != SpanId::INVALID);
    let trace_id = trace_id.ok_or(NoId("trace id"))?;
    let span_id = span_id.ok_or(NoId("span id"))?;
    let state = if state.is_empty() { TraceState::NONE } else { state.parse().unwrap_or_default() };
    Ok(SpanContext::new(trace_id, span_id, TraceFlags::new(flags.to_le_bytes()[0]), is_remote, state))
}

fn attributes(pairs: Vec<Pair>) -> Vec<KeyValue> {
    pairs.into_iter().map(|Pair { key, value, .. }| KeyValue::new(key, value_of(value.unwrap_or_default()))).collect()
}

/// Spans have no maps and bytes here: they are kept as JSON, and as base64. None is an empty text.
fn value_of(value: AnyValue) -> Value {
    match value.value {
        Some(Any::StringValue(text)) => text.into(),
        Some(Any::BoolValue(truth)) => truth.into(),
        Some(Any::IntValue(number)) => number.into(),
        Some(Any::DoubleValue(number)) => number.into(),
        Some(Any::ArrayValue(ArrayValue { values })) => Value::Array(array(values.into_iter().map(value_of).collect())),
        Some(Any::KvlistValue(map)) => {
            let pairs = map.values.into_iter().map(|Pair { key, value, .. }| (key, json(value.unwrap_or_default())));
            serde_json::Value::Object(pairs.collect()).to_string().into()
        }
        Some(Any::BytesValue(bytes)) => base64::encode(bytes).into(),
        _ => "".into(),
    }
}

fn json(value: AnyValue) -> serde_json::Value {
    match value.value {
        Some(Any::BoolValue(truth)) => truth.into(),
        Some(Any::IntValue(number)) => number.into(),
        Some(Any::DoubleValue(number)) if number.is_finite() => number.into(),
        Some(Any::ArrayValue(ArrayValue { values })) => values.into_iter().map(json).collect(),
        Some(Any::KvlistValue(map)) => serde_json::Value::Object(
            map.values.into_iter().map(|Pair { key, value, .. }| (key, json(value.unwrap_or_default()))).collect(),
        ),
        other => value_of(AnyValue { value: other }).as_str().into(),
    }
}

/// Of one kind if the values are; texts otherwise. An empty one does not say of which kind it was.
fn array(values: Vec<Value>) -> Array {
    fn all<T>(values: &[Value], read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        values.iter().map(read).collect()
    }
    let texts = || values.iter().map(|value| StringValue::from(value.as_str().into_owned())).collect();
    if values.is_empty() {
        return Array::String(Vec::new());
    }
    None.or_else(|| all(&values, |value| if let Value::Bool(it) = value { Some(*it) } else { None }).map(Array::Bool))
        .or_else(|| all(&values, |value| if let Value::I64(it) = value { Some(*it) } else { None }).map(Array::I64))
        .or_else(|| all(&values, |value| if let Value::F64(it) = value { Some(*it) } else { None }).map(Array::F64))
        .unwrap_or_else(|| Array::String(texts()))
}

const fn is_remote(flags: u32) -> bool {
    flags & HAS_IS_REMOTE != 0 && flags & IS_REMOTE != 0
}

/// A kind that nobody has heard of is as good as none, which is INTERNAL.
const fn kind(number: i32) -> SpanKind {
    match number {
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn time(nanoseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanoseconds)
}
