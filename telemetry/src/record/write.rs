//! A span and a resource as protobuf. The numbers are those of the fields in OTLP's `trace.proto`, `common.proto` and
//! `resource.proto`.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Array, InstrumentationScope, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::pen::Pen;
use crate::message::{HAS_IS_REMOTE, IS_REMOTE};
use crate::redact::redacted;

/// Adds the span to the buffer, as a `ScopeSpans` that holds nothing else.
pub(crate) fn write_span(span: &SpanData, into: &mut Vec<u8>) {
    of_scope(&mut Pen::new(into), span);
}

/// Adds the resource to the buffer.
pub(crate) fn write_resource(resource: &Resource, into: &mut Vec<u8>) {
    let mut pen = Pen::new(into);
    resource.iter().for_each(|(key, value)| attribute(&mut pen, 1, key, value));
}

/// Adds a span that has not ended to the buffer, with its resource as [`write_resource`] has written it: a `ResourceSpans`
/// that holds nothing else.
pub(crate) fn write_note(resource: &[u8], span: &SpanData, into: &mut Vec<u8>) {
    let mut pen = Pen::new(into);
    pen.bytes(1, resource);
    pen.message(2, |pen| of_scope(pen, span));
}

fn of_scope(pen: &mut Pen<'_>, span: &SpanData) {
    pen.message(1, |pen| scope(pen, &span.instrumentation_scope));
    pen.message(2, |pen| fields(pen, span));
    if let Some(url) = span.instrumentation_scope.schema_url() {
        text(pen, 3, url);
    }
}

fn scope(pen: &mut Pen<'_>, scope: &InstrumentationScope) {
    text(pen, 1, scope.name());
    text(pen, 2, scope.version().unwrap_or_default());
    attributes(pen, 3, scope.attributes());
}

fn fields(pen: &mut Pen<'_>, span: &SpanData) {
    let context = &span.span_context;
    ids(pen, context);
    state(pen, 3, context);
    if span.parent_span_id != SpanId::INVALID {
        pen.bytes(4, &span.parent_span_id.to_bytes());
    }
    text(pen, 5, &span.name);
    pen.number(6, kind(&span.span_kind));
    pen.fixed64(7, nanoseconds(span.start_time));
    pen.fixed64(8, nanoseconds(span.end_time));
    attributes(pen, 9, &span.attributes);
    count(pen, 10, span.dropped_attributes_count);
    for event in span.events.iter() {
        pen.message(11, |pen| self::event(pen, event));
    }
    count(pen, 12, span.events.dropped_count);
    for link in span.links.iter() {
        pen.message(13, |pen| self::link(pen, link));
    }
    count(pen, 14, span.links.dropped_count);
    match &span.status {
        Status::Unset => {}
        Status::Ok => pen.message(15, |pen| pen.number(3, 1)),
        Status::Error { description } => pen.message(15, |pen| {
            text(pen, 2, description);
            pen.number(3, 2);
        }),
    }
    pen.fixed32(16, flags(context, span.parent_span_is_remote));
}

fn event(pen: &mut Pen<'_>, event: &Event) {
    pen.fixed64(1, nanoseconds(event.timestamp));
    text(pen, 2, &event.name);
    attributes(pen, 3, &event.attributes);
    count(pen, 4, event.dropped_attributes_count);
}

fn link(pen: &mut Pen<'_>, link: &Link) {
    let context = &link.span_context;
    ids(pen, context);
    state(pen, 3, context);
    attributes(pen, 4, &link.attributes);
    count(pen, 5, link.dropped_attributes_count);
    pen.fixed32(6, flags(context, context.is_remote()));
}

fn ids(pen: &mut Pen<'_>, context: &SpanContext) {
    pen.bytes(1, &context.trace_id().to_bytes());
    pen.bytes(2, &context.span_id().to_bytes());
}

fn state(pen: &mut Pen<'_>, field: u32, context: &SpanContext) {
    // Nearly every span has none, and to find that out costs nothing but this.
    let state = context.trace_state();
    if *state != opentelemetry::trace::TraceState::NONE {
        text(pen, field, &state.header());
    }
}

fn attributes<'a>(pen: &mut Pen<'_>, field: u32, pairs: impl IntoIterator<Item = &'a KeyValue>) {
    pairs.into_iter().for_each(|pair| attribute(pen, field, &pair.key, &pair.value));
}

fn attribute(pen: &mut Pen<'_>, field: u32, key: &Key, value: &Value) {
    pen.message(field, |pen| {
        pen.bytes(1, key.as_str().as_bytes());
        pen.message(2, |pen| self::value(pen, value));
    });
}

fn value(pen: &mut Pen<'_>, value: &Value) {
    match value {
        Value::Bool(truth) => pen.number(2, u64::from(*truth)),
        Value::I64(number) => pen.number(3, number.cast_unsigned()),
        Value::F64(number) => pen.double(4, *number),
        Value::String(text) => pen.bytes(1, redacted(text.as_str()).as_bytes()),
        Value::Array(array) => pen.message(5, |pen| self::array(pen, array)),
        // A kind that this version does not know is kept as it is shown.
        other => pen.bytes(1, redacted(&other.as_str()).as_bytes()),
    }
}

fn array(pen: &mut Pen<'_>, array: &Array) {
    match array {
        Array::Bool(items) => items.iter().for_each(|item| pen.message(1, |pen| pen.number(2, u64::from(*item)))),
        Array::I64(items) => items.iter().for_each(|item| pen.message(1, |pen| pen.number(3, item.cast_unsigned()))),
        Array::F64(items) => items.iter().for_each(|item| pen.message(1, |pen| pen.double(4, *item))),
        Array::String(items) => {
            let mut write = |item: &str| pen.message(1, |pen| pen.bytes(1, redacted(item).as_bytes()));
            items.iter().for_each(|item| write(item.as_str()));
        }
        _ => {}
    }
}

/// A text without the secrets in it; none at all if it is empty.
fn text(pen: &mut Pen<'_>, field: u32, text: &str) {
    if !text.is_empty() {
        pen.bytes(field, redacted(text).as_bytes());
    }
}

fn count(pen: &mut Pen<'_>, field: u32, count: u32) {
    if count > 0 {
        pen.number(field, u64::from(count));
    }
}

fn flags(context: &SpanContext, is_remote: bool) -> u32 {
    u32::from(context.trace_flags().to_u8()) | HAS_IS_REMOTE | if is_remote { IS_REMOTE } else { 0 }
}

const fn kind(kind: &SpanKind) -> u64 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

/// Since 1970; what was before is that instant, and what is beyond the year 2554 is the last that can be said.
fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
