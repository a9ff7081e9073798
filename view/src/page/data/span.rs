//! A span as JSON.

use serde::Serialize;
use serde_json::{Map, Value};

use super::attributes::object;
use super::micros;
use crate::span::{Event, Link, Origin, Outcome, Span, SpanKind};

/// A span of a trace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpanData {
    /// Its id, 16 hexadecimal digits.
    pub span_id: String,
    /// The id of the span that it says it hangs below, whether that is here or not.
    pub parent_span_id: Option<String>,
    /// The place among `spans` of the span that it is drawn below; none for a root.
    pub parent: Option<usize>,
    /// How many spans are above it.
    pub depth: usize,
    /// What it is called.
    pub name: String,
    /// The service that made it.
    pub service: String,
    /// `internal`, `server`, `client`, `producer` or `consumer`.
    pub kind: &'static str,
    /// Microseconds from the trace's start to its own.
    pub start_us: f64,
    /// Microseconds that it took; none while it is under way.
    pub duration_us: Option<f64>,
    /// `unset`, `ok` or `error`.
    pub status: &'static str,
    /// What its program said of the error.
    pub status_message: String,
    /// What was said of it.
    pub attributes: Map<String, Value>,
    /// What happened in it.
    pub events: Vec<EventData>,
    /// The spans that it has to do with.
    pub links: Vec<LinkData>,
    /// The place among `origins` of who made it.
    pub origin: usize,
    /// The vendors' part of its context.
    pub trace_state: String,
    /// What its writer left out.
    pub dropped: DroppedData,
}

/// How much a writer left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DroppedData {
    /// Attributes.
    pub attributes: u32,
    /// Events.
    pub events: u32,
    /// Links.
    pub links: u32,
}

/// Something that happened in a span.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventData {
    /// What it is called.
    pub name: String,
    /// Microseconds from the trace's start; less than nothing for one before it.
    pub time_us: f64,
    /// What was said of it.
    pub attributes: Map<String, Value>,
}

/// Another span that a span has to do with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkData {
    /// Its trace, 32 hexadecimal digits.
    pub trace_id: String,
    /// Its id.
    pub span_id: String,
    /// What was said of the link.
    pub attributes: Map<String, Value>,
}

/// Who made spans.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OriginData {
    /// The program and its host.
    pub resource: Map<String, Value>,
    /// The library's name.
    pub scope_name: String,
    /// Its version.
    pub scope_version: String,
    /// What was said of it.
    pub scope_attributes: Map<String, Value>,
}

impl SpanData {
    /// The span, in a trace that began at `zero`; what only the trace knows is left at nothing.
    pub(super) fn of(span: &Span, zero: u64) -> Self {
        let (status, status_message) = match &span.outcome {
            Outcome::Unset => ("unset", String::new()),
            Outcome::Ok => ("ok", String::new()),
            Outcome::Error(text) => ("error", text.clone()),
        };
        let [attributes, events, links] = span.dropped;
        Self {
            span_id: span.span_id.to_string(),
            parent_span_id: span.parent.map(|id| id.to_string()),
            parent: None,
            depth: 0,
            name: span.name.clone(),
            service: span.service().to_owned(),
            kind: kind(span.kind),
            start_us: micros(span.start.saturating_sub(zero)),
            duration_us: span.duration().map(micros),
            status,
            status_message,
            attributes: object(&span.attributes),
            events: span.events.iter().map(|event| EventData::of(event, zero)).collect(),
            links: span.links.iter().map(LinkData::of).collect(),
            origin: 0,
            trace_state: span.trace_state.clone(),
            dropped: DroppedData { attributes, events, links },
        }
    }
}

impl EventData {
    fn of(event: &Event, zero: u64) -> Self {
        let time_us = if event.time < zero { -micros(zero - event.time) } else { micros(event.time - zero) };
        Self { name: event.name.clone(), time_us, attributes: object(&event.attributes) }
    }
}

impl LinkData {
    fn of(link: &Link) -> Self {
        Self {
            trace_id: link.trace_id.to_string(),
            span_id: link.span_id.to_string(),
            attributes: object(&link.attributes),
        }
    }
}

impl OriginData {
    pub(super) fn of(origin: &Origin) -> Self {
        Self {
            resource: object(&origin.resource.attributes),
            scope_name: origin.scope.name.clone(),
            scope_version: origin.scope.version.clone(),
            scope_attributes: object(&origin.scope.attributes),
        }
    }
}

const fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}
