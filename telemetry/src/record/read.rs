//! A span and a resource from their bytes. Whatever the bytes are, the answer is a span or a reason.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue as Pair};
use opentelemetry_proto::tonic::resource::v1::Resource as Message;
use opentelemetry_proto::tonic::trace::v1::span::{Event as EventMessage, Link as LinkMessage};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use prost::Message as _;

use super::{HAS_IS_REMOTE, IS_REMOTE};

/// Why bytes are no span.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// They are no message of this kind.
    #[error("the record is not OTLP's: {0}")]
    Protobuf(#[from] prost::DecodeError),
    /// There is not one span in it.
    #[error("the record holds {0} spans in place of one")]
    Spans(usize),
    /// An id has another length, or is zero.
    #[error("the record's {0} is none")]
    Id(&'static str),
    /// An attribute is of a kind that spans do not have.
    #[error("the record's attribute {0:?} is of a kind that spans do not have")]
    Value(String),
}

/// The span of a record.
pub(crate) fn span(bytes: &[u8]) -> Result<SpanData, RecordError> {
    of_scope(ScopeSpans::decode(bytes)?)
}

/// The resource of a note, as bytes, and the span that had not ended.
pub(crate) fn note(bytes: &[u8]) -> Result<(Vec<u8>, SpanData), RecordError> {
    let ResourceSpans { resource, mut scope_spans, .. } = ResourceSpans::decode(bytes)?;
    let count = scope_spans.len();
    let (Some(of), 1) = (scope_spans.pop(), count) else { return Err(RecordError::Spans(count)) };
    Ok((resource.unwrap_or_default().encode_to_vec(), of_scope(of)?))
}

fn of_scope(of: ScopeSpans) -> Result<SpanData, RecordError> {
    let ScopeSpans { scope, mut spans, schema_url } = of;
    let count = spans.len();
    let (Some(span), 1) = (spans.pop(), count) else { return Err(RecordError::Spans(count)) };
    let scope = scope.unwrap_or_default();
    let mut builder = InstrumentationScope::builder(scope.name).with_attributes(attributes(scope.attributes)?);
    if !scope.version.is_empty() {
        builder = builder.with_version(scope.version);
    }
    if !schema_url.is_empty() {
        builder = builder.with_schema_url(schema_url);
    }
    data(span, builder.build())
}

/// The resource of a header.
pub(crate) fn resource(bytes: &[u8]) -> Result<Resource, RecordError> {
    let message = Message::decode(bytes)?;
    Ok(Resource::builder_empty().with_attributes(attributes(message.attributes)?).build())
}

fn data(span: Span, scope: InstrumentationScope) -> Result<SpanData, RecordError> {
    let mut events = SpanEvents::default();
    events.events = span.events.into_iter().map(event).collect::<Result<_, _>>()?;
    events.dropped_count = span.dropped_events_count;
    let mut links = SpanLinks::default();
    links.links = span.links.into_iter().map(link).collect::<Result<_, _>>()?;
    links.dropped_count = span.dropped_links_count;
    let parent = match span.parent_span_id.as_slice() {
        [] => SpanId::INVALID,
        id => SpanId::from_bytes(id.try_into().map_err(|_| RecordError::Id("parent span id"))?),
    };
    Ok(SpanData {
        span_context: context(&span.trace_id, &span.span_id, span.flags, false, &span.trace_state)?,
        parent_span_id: parent,
        parent_span_is_remote: is_remote(span.flags),
        span_kind: kind(span.kind),
        name: span.name.into(),
        start_time: time(span.start_time_unix_nano),
        end_time: time(span.end_time_unix_nano),
        attributes: attributes(span.attributes)?,
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

fn event(event: EventMessage) -> Result<Event, RecordError> {
    let at = time(event.time_unix_nano);
    Ok(Event::new(event.name, at, attributes(event.attributes)?, event.dropped_attributes_count))
}

fn link(link: LinkMessage) -> Result<Link, RecordError> {
    let context = context(&link.trace_id, &link.span_id, link.flags, is_remote(link.flags), &link.trace_state)?;
    Ok(Link::new(context, attributes(link.attributes)?, link.dropped_attributes_count))
}

fn context(trace: &[u8], span: &[u8], flags: u32, is_remote: bool, state: &str) -> Result<SpanContext, RecordError> {
    let trace_id = trace.try_into().map(TraceId::from_bytes).ok().filter(|id| *id != TraceId::INVALID);
    let span_id = span.try_into().map(SpanId::from_bytes).ok().filter(|id| *id != SpanId::INVALID);
    let trace_id = trace_id.ok_or(RecordError::Id("trace id"))?;
    let span_id = span_id.ok_or(RecordError::Id("span id"))?;
    let state = if state.is_empty() { TraceState::NONE } else { state.parse().unwrap_or_default() };
    Ok(SpanContext::new(trace_id, span_id, TraceFlags::new(flags.to_le_bytes()[0]), is_remote, state))
}

fn attributes(pairs: Vec<Pair>) -> Result<Vec<KeyValue>, RecordError> {
    let read = |Pair { key, value, .. }| match value.and_then(value_of) {
        Some(value) => Ok(KeyValue::new(key, value)),
        None => Err(RecordError::Value(key)),
    };
    pairs.into_iter().map(read).collect()
}

fn value_of(value: AnyValue) -> Option<Value> {
    Some(match value.value? {
        Any::StringValue(text) => text.into(),
        Any::BoolValue(truth) => truth.into(),
        Any::IntValue(number) => number.into(),
        Any::DoubleValue(number) => number.into(),
        Any::ArrayValue(values) => Value::Array(array(values)?),
        _ => return None,
    })
}

/// Of the kind of its first value. An empty one does not say of which kind it was.
fn array(ArrayValue { values }: ArrayValue) -> Option<Array> {
    let mut values = values.into_iter().map(value_of).peekable();
    Some(match values.peek() {
        None => Array::String(Vec::new()),
        Some(Some(Value::Bool(_))) => Array::Bool(
            values.map(|it| if let Some(Value::Bool(it)) = it { Some(it) } else { None }).collect::<Option<_>>()?,
        ),
        Some(Some(Value::I64(_))) => Array::I64(
            values.map(|it| if let Some(Value::I64(it)) = it { Some(it) } else { None }).collect::<Option<_>>()?,
        ),
        Some(Some(Value::F64(_))) => Array::F64(
            values.map(|it| if let Some(Value::F64(it)) = it { Some(it) } else { None }).collect::<Option<_>>()?,
        ),
        Some(_) => Array::String(values.map(text).collect::<Option<_>>()?),
    })
}

fn text(value: Option<Value>) -> Option<StringValue> {
    if let Some(Value::String(text)) = value { Some(text) } else { None }
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
