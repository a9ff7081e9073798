//! How many bytes a span takes in memory, near enough to bound the store by.

use std::mem::size_of;

use opentelemetry::trace::{Event, Link, Status};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// The span itself and everything that it owns on the heap, capacity counted as length.
pub(super) fn in_bytes(span: &SpanData) -> usize {
    let status = match &span.status {
        Status::Error { description } => description.len(),
        Status::Unset | Status::Ok => 0,
    };
    let events: usize = span.events.iter().map(event).sum();
    let links: usize = span.links.iter().map(link).sum();
    size_of::<SpanData>() + span.name.len() + status + attributes(&span.attributes) + events + links
}

fn event(event: &Event) -> usize {
    size_of::<Event>() + event.name.len() + attributes(&event.attributes)
}

fn link(link: &Link) -> usize {
    size_of::<Link>() + attributes(&link.attributes)
}

fn attributes(attributes: &[KeyValue]) -> usize {
    size_of_val(attributes) + attributes.iter().map(|pair| value(&pair.value)).sum::<usize>()
}

#[inline]
fn value(value: &Value) -> usize {
    // Nearly all are texts.
    match value {
        Value::String(text) => text.as_str().len(),
        other => of_another_type(other),
    }
}

fn of_another_type(value: &Value) -> usize {
    match value {
        Value::Array(Array::Bool(items)) => items.len(),
        Value::Array(Array::I64(items)) => items.len() * size_of::<i64>(),
        Value::Array(Array::F64(items)) => items.len() * size_of::<f64>(),
        Value::Array(Array::String(items)) => {
            items.iter().map(|item| size_of::<StringValue>() + item.as_str().len()).sum()
        }
        _ => 0,
    }
}
