//! Spans as OTLP JSON.

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use crate::attribute;
use crate::filter::{Filter, Shown};
use crate::message::{HAS_IS_REMOTE, IS_REMOTE};
use crate::redact::redacted;

/// What spans of one program have in common.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    filter: Filter,
    /// The resource, written once.
    resource: Vec<u8>,
}

impl Source {
    /// The resource is filtered already.
    pub(crate) fn new(resource: &Resource, filter: Filter) -> Self {
        let mut json = b"{\"attributes\":[".to_vec();
        for (place, (key, found)) in resource.iter().enumerate() {
            comma(place > 0, &mut json);
            pair(key.as_str(), found, &mut json);
        }
        json.extend(b"]}");
        Self { filter, resource: json }
    }
}

/// Writes one `TracesData`, which is an export request too, with the spans in their order within each scope.
pub(crate) fn write(source: &Source, spans: &[SpanData], into: &mut Vec<u8>) {
    into.extend(b"{\"resourceSpans\":[{\"resource\":");
    into.extend(&source.resource);
    into.extend(b",\"scopeSpans\":[");
    let mut written: Vec<&InstrumentationScope> = Vec::new();
    for (place, first) in spans.iter().enumerate() {
        let scope = &first.instrumentation_scope;
        if written.contains(&scope) {
            continue;
        }
        comma(!written.is_empty(), into);
        written.push(scope);
        write_scope(scope, into);
        into.extend(b",\"spans\":[");
        write_span(&source.filter, first, into);
        // A scope that holds a NaN is not equal to itself, so its spans stand alone.
        for span in spans[place + 1..].iter().filter(|span| span.instrumentation_scope == *scope) {
            into.push(b',');
            write_span(&source.filter, span, into);
        }
        into.extend(b"]}");
    }
    into.extend(b"]}]}");
}

/// The scope up to its spans; the brace stays open.
fn write_scope(scope: &InstrumentationScope, into: &mut Vec<u8>) {
    into.extend(b"{");
    if let Some(url) = scope.schema_url() {
        into.extend(b"\"schemaUrl\":");
        text(url, into);
        into.push(b',');
    }
    into.extend(b"\"scope\":{\"name\":");
    text(scope.name(), into);
    if let Some(version) = scope.version() {
        into.extend(b",\"version\":");
        text(version, into);
    }
    if scope.attributes().next().is_some() {
        into.extend(b",\"attributes\":[");
        for (place, attribute) in scope.attributes().enumerate() {
            comma(place > 0, into);
            pair(attribute.key.as_str(), &attribute.value, into);
        }
        into.push(b']');
    }
    into.push(b'}');
}

fn write_span(filter: &Filter, span: &SpanData, into: &mut Vec<u8>) {
    into.extend(b"{\"traceId\":\"");
    print(into, format_args!("{}\",\"spanId\":\"{}\"", span.span_context.trace_id(), span.span_context.span_id()));
    write_state(&span.span_context, into);
    into.extend(b",\"parentSpanId\":\"");
    if span.parent_span_id != SpanId::INVALID {
        print(into, format_args!("{}", span.parent_span_id));
    }
    let flags = flags(&span.span_context, span.parent_span_is_remote);
    print(into, format_args!("\",\"flags\":{flags},\"name\":"));
    text(&redacted(&span.name), into);
    let (start, end) = (nanoseconds(span.start_time), nanoseconds(span.end_time));
    let kind = kind(&span.span_kind);
    print(into, format_args!(",\"kind\":{kind},\"startTimeUnixNano\":\"{start}\",\"endTimeUnixNano\":\"{end}\","));
    write_attributes(filter, &span.attributes, span.dropped_attributes_count, into);
    if !span.events.is_empty() {
        list(",\"events\":[", span.events.iter(), into, |event, into| write_event(filter, event, into));
    }
    count(",\"droppedEventsCount\":", span.events.dropped_count, into);
    if !span.links.is_empty() {
        list(",\"links\":[", span.links.iter(), into, |link, into| write_link(filter, link, into));
    }
    count(",\"droppedLinksCount\":", span.links.dropped_count, into);
    write_status(filter, &span.status, into);
    into.push(b'}');
}

fn write_event(filter: &Filter, event: &Event, into: &mut Vec<u8>) {
    let time = nanoseconds(event.timestamp);
    print(into, format_args!("{{\"timeUnixNano\":\"{time}\",\"name\":"));
    text(&redacted(&event.name), into);
    into.push(b',');
    write_attributes(filter, &event.attributes, event.dropped_attributes_count, into);
    into.push(b'}');
}

fn write_link(filter: &Filter, link: &Link, into: &mut Vec<u8>) {
    let context = &link.span_context;
    let flags = flags(context, context.is_remote());
    print(into, format_args!("{{\"traceId\":\"{}\",\"spanId\":\"{}\"", context.trace_id(), context.span_id()));
    write_state(context, into);
    print(into, format_args!(",\"flags\":{flags},"));
    write_attributes(filter, &link.attributes, link.dropped_attributes_count, into);
    into.push(b'}');
}

fn write_status(filter: &Filter, status: &Status, into: &mut Vec<u8>) {
    let code = match status {
        Status::Unset => 0,
        Status::Ok => 1,
        Status::Error { .. } => 2,
    };
    print(into, format_args!(",\"status\":{{\"code\":{code}"));
    if let Status::Error { description } = status
        && let Some(message) = filter.text(attribute::ERROR_MESSAGE, description)
        && !message.is_empty()
    {
        into.extend(b",\"message\":");
        text(&message, into);
    }
    into.push(b'}');
}

/// The attributes that are shown, and how many are not.
fn write_attributes(filter: &Filter, attributes: &[KeyValue], dropped: u32, into: &mut Vec<u8>) {
    into.extend(b"\"attributes\":[");
    let mut shown = 0;
    for KeyValue { key, value, .. } in attributes {
        let instead;
        let value = match filter.attribute(key.as_str(), value) {
            Shown::Whole(value) => value,
            Shown::Instead(value) => {
                instead = value;
                &instead
            }
            Shown::Nothing => continue,
        };
        comma(shown > 0, into);
        pair(key.as_str(), value, into);
        shown += 1;
    }
    into.push(b']');
    let left_out = u32::try_from(attributes.len() - shown).unwrap_or(u32::MAX);
    count(",\"droppedAttributesCount\":", dropped.saturating_add(left_out), into);
}

fn write_state(context: &SpanContext, into: &mut Vec<u8>) {
    let state = context.trace_state().header();
    if !state.is_empty() && matches!(redacted(&state), std::borrow::Cow::Borrowed(_)) {
        into.extend(b",\"traceState\":");
        text(&state, into);
    }
}

fn pair(key: &str, found: &Value, into: &mut Vec<u8>) {
    into.extend(b"{\"key\":");
    text(key, into);
    into.extend(b",\"value\":");
    value(found, into);
    into.push(b'}');
}

fn value(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Bool(value) => boolean(*value, into),
        Value::I64(value) => integer(*value, into),
        Value::F64(value) => double(*value, into),
        Value::String(value) => string(value.as_str(), into),
        Value::Array(array) => {
            into.extend(b"{\"arrayValue\":");
            match array {
                Array::Bool(items) => list("{\"values\":[", items.iter(), into, |item, into| boolean(*item, into)),
                Array::I64(items) => list("{\"values\":[", items.iter(), into, |item, into| integer(*item, into)),
                Array::F64(items) => list("{\"values\":[", items.iter(), into, |item, into| double(*item, into)),
                Array::String(items) => {
                    list("{\"values\":[", items.iter(), into, |item, into| string(item.as_str(), into));
                }
                other => list("{\"values\":[", [other].into_iter(), into, |item, into| string(&item.to_string(), into)),
            }
            into.extend(b"}}");
        }
        other => string(&other.as_str(), into),
    }
}

fn boolean(value: bool, into: &mut Vec<u8>) {
    print(into, format_args!("{{\"boolValue\":{value}}}"));
}

fn integer(value: i64, into: &mut Vec<u8>) {
    print(into, format_args!("{{\"intValue\":\"{value}\"}}"));
}

/// JSON has no number for what is none, so protobuf's JSON form has a text.
fn double(value: f64, into: &mut Vec<u8>) {
    into.extend(b"{\"doubleValue\":");
    match value {
        value if value.is_nan() => into.extend(b"\"NaN\""),
        f64::INFINITY => into.extend(b"\"Infinity\""),
        f64::NEG_INFINITY => into.extend(b"\"-Infinity\""),
        value => json(&value, into),
    }
    into.push(b'}');
}

fn string(value: &str, into: &mut Vec<u8>) {
    into.extend(b"{\"stringValue\":");
    text(value, into);
    into.push(b'}');
}

fn text(text: &str, into: &mut Vec<u8>) {
    json(text, into);
}

fn json<T: serde::Serialize + ?Sized>(value: &T, into: &mut Vec<u8>) {
    serde_json::to_writer(into, value).expect("a text or a number is JSON, and memory takes it");
}

fn print(into: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    into.write_fmt(text).expect("memory takes what is written to it");
}

fn comma(wanted: bool, into: &mut Vec<u8>) {
    if wanted {
        into.push(b',');
    }
}

fn list<T>(begin: &str, items: impl Iterator<Item = T>, into: &mut Vec<u8>, write: impl Fn(T, &mut Vec<u8>)) {
    into.extend(begin.as_bytes());
    for (place, item) in items.enumerate() {
        comma(place > 0, into);
        write(item, into);
    }
    into.push(b']');
}

/// A count that is worth a word.
fn count(name: &str, count: u32, into: &mut Vec<u8>) {
    if count > 0 {
        print(into, format_args!("{name}{count}"));
    }
}

fn flags(context: &SpanContext, is_remote: bool) -> u32 {
    u32::from(context.trace_flags().to_u8()) | HAS_IS_REMOTE | if is_remote { IS_REMOTE } else { 0 }
}

const fn kind(kind: &SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

/// Since 1970. What is before that or after 2554 becomes the nearest time that OTLP has.
fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
