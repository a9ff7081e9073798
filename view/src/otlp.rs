//! OTLP's messages as spans, and back without loss.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::trace::v1::span::{Event as EventMessage, Link as LinkMessage};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Message, Status};

use crate::span::{Event, Link, Origin, Outcome, Span, SpanKind};

/// The spans of a message, and how many were none: their id has another length, or is zero.
#[must_use]
pub fn of_resource_spans(message: ResourceSpans) -> (Vec<Span>, usize) {
    let ResourceSpans { resource, scope_spans, schema_url: resource_schema_url } = message;
    let resource = resource.unwrap_or_default();
    let (mut spans, mut none) = (Vec::new(), 0);
    for ScopeSpans { scope, spans: messages, schema_url } in scope_spans {
        let origin = Arc::new(Origin {
            resource: resource.clone(),
            resource_schema_url: resource_schema_url.clone(),
            scope: scope.unwrap_or_default(),
            schema_url,
        });
        for message in messages {
            match span(message, &origin) {
                Some(span) => spans.push(span),
                None => none += 1,
            }
        }
    }
    (spans, none)
}

/// The message of these spans; spans of one origin that follow each other share it.
pub fn to_resource_spans<'a>(spans: impl IntoIterator<Item = &'a Span>) -> Vec<ResourceSpans> {
    let mut messages: Vec<ResourceSpans> = Vec::new();
    let mut last: Option<&Arc<Origin>> = None;
    for span in spans {
        if !last.is_some_and(|last| Arc::ptr_eq(last, &span.origin)) {
            let origin = &span.origin;
            let scope = ScopeSpans {
                scope: Some(origin.scope.clone()),
                spans: Vec::new(),
                schema_url: origin.schema_url.clone(),
            };
            messages.push(ResourceSpans {
                resource: Some(origin.resource.clone()),
                scope_spans: vec![scope],
                schema_url: origin.resource_schema_url.clone(),
            });
            last = Some(origin);
        }
        let scope = messages.last_mut().and_then(|message| message.scope_spans.last_mut());
        scope.into_iter().for_each(|scope| scope.spans.push(message(span)));
    }
    messages
}

fn span(message: Message, origin: &Arc<Origin>) -> Option<Span> {
    let status = message.status.unwrap_or_default();
    let told = message.links.len();
    let links: Vec<Link> = message.links.into_iter().filter_map(link).collect();
    // A link to nothing is one that is left out.
    let left_out = u32::try_from(told - links.len()).unwrap_or(u32::MAX);
    let dropped_links = message.dropped_links_count.saturating_add(left_out);
    Some(Span {
        trace_id: trace_id(&message.trace_id)?,
        span_id: span_id(&message.span_id)?,
        parent: span_id(&message.parent_span_id),
        name: message.name,
        kind: match message.kind {
            2 => SpanKind::Server,
            3 => SpanKind::Client,
            4 => SpanKind::Producer,
            5 => SpanKind::Consumer,
            _ => SpanKind::Internal,
        },
        start: message.start_time_unix_nano,
        end: Some(message.end_time_unix_nano).filter(|end| *end > 0),
        outcome: match StatusCode::try_from(status.code) {
            Ok(StatusCode::Ok) => Outcome::Ok,
            Ok(StatusCode::Error) => Outcome::Error(status.message),
            _ => Outcome::Unset,
        },
        attributes: message.attributes,
        events: message.events.into_iter().map(event).collect(),
        links,
        origin: Arc::clone(origin),
        trace_state: message.trace_state,
        flags: message.flags,
        dropped: [message.dropped_attributes_count, message.dropped_events_count, dropped_links],
    })
}

fn message(span: &Span) -> Message {
    let (code, text) = match &span.outcome {
        Outcome::Unset => (StatusCode::Unset, String::new()),
        Outcome::Ok => (StatusCode::Ok, String::new()),
        Outcome::Error(text) => (StatusCode::Error, text.clone()),
    };
    Message {
        trace_id: span.trace_id.to_bytes().to_vec(),
        span_id: span.span_id.to_bytes().to_vec(),
        trace_state: span.trace_state.clone(),
        parent_span_id: span.parent.map(|id| id.to_bytes().to_vec()).unwrap_or_default(),
        flags: span.flags,
        name: span.name.clone(),
        kind: match span.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
            SpanKind::Producer => 4,
            SpanKind::Consumer => 5,
        },
        start_time_unix_nano: span.start,
        end_time_unix_nano: span.end.unwrap_or_default(),
        attributes: span.attributes.clone(),
        dropped_attributes_count: span.dropped[0],
        events: span.events.iter().map(of_event).collect(),
        dropped_events_count: span.dropped[1],
        links: span.links.iter().map(of_link).collect(),
        dropped_links_count: span.dropped[2],
        status: Some(Status { message: text, code: code as i32 }),
    }
}

fn event(EventMessage { time_unix_nano, name, attributes, dropped_attributes_count }: EventMessage) -> Event {
    Event { time: time_unix_nano, name, attributes, dropped: dropped_attributes_count }
}

fn of_event(event: &Event) -> EventMessage {
    let Event { time, name, attributes, dropped } = event.clone();
    EventMessage { time_unix_nano: time, name, attributes, dropped_attributes_count: dropped }
}

fn link(message: LinkMessage) -> Option<Link> {
    Some(Link {
        trace_id: trace_id(&message.trace_id)?,
        span_id: span_id(&message.span_id)?,
        trace_state: message.trace_state,
        attributes: message.attributes,
        dropped: message.dropped_attributes_count,
        flags: message.flags,
    })
}

fn of_link(link: &Link) -> LinkMessage {
    let Link { trace_id, span_id, trace_state, attributes, dropped, flags } = link.clone();
    LinkMessage {
        trace_id: trace_id.to_bytes().to_vec(),
        span_id: span_id.to_bytes().to_vec(),
        trace_state,
        attributes,
        dropped_attributes_count: dropped,
        flags,
    }
}

fn trace_id(bytes: &[u8]) -> Option<TraceId> {
    bytes.try_into().map(TraceId::from_bytes).ok().filter(|id| *id != TraceId::INVALID)
}

fn span_id(bytes: &[u8]) -> Option<SpanId> {
    bytes.try_into().map(SpanId::from_bytes).ok().filter(|id| *id != SpanId::INVALID)
}
