//! OTLP JSON as OTLP's messages. What a later version has added is passed over, as OTLP asks for.

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Message, Status};
use opentelemetry_sdk::trace::SpanData;
use serde::Deserialize;

use super::value::{Integer, Pair, code, kind, lenient};
use crate::message::{self, NoId};

/// Why something is no span.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpanError {
    /// The text is no JSON, or not OTLP's.
    #[error("it is not OTLP's JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is JSON of something else.
    #[error("it is JSON without `resourceSpans`")]
    Foreign,
    /// An id that is not of 16 or 8 bytes in hexadecimal, or zero.
    #[error("`{field}` is {read:?} and not an id in hexadecimal")]
    Id {
        /// The field.
        field: &'static str,
        /// What stands there, cut to 64 characters.
        read: String,
    },
}

/// A span with its resource, or why it is none.
pub(crate) type SpanRead = Result<(SpanData, opentelemetry_sdk::Resource), SpanError>;

/// The spans of one `TracesData`, each with its resource; one that is none costs itself alone.
pub(crate) fn spans(json: &[u8]) -> Result<Vec<SpanRead>, SpanError> {
    let mut spans = Vec::new();
    for OfResource { resource, scope_spans, .. } in data(json)? {
        let resource = message::resource(resource.into());
        for OfScope { scope, spans: messages, schema_url } in scope_spans {
            let scope = message::scope(scope.into(), schema_url);
            spans.extend(messages.into_iter().map(|span| {
                let none = |NoId(field)| SpanError::Id { field, read: String::new() };
                Ok((message::span(span.read()?, scope.clone()).map_err(none)?, resource.clone()))
            }));
        }
    }
    Ok(spans)
}

/// The messages of one `TracesData`, and why some of its spans are none.
///
/// # Errors
/// If it is no `TracesData`.
pub fn resource_spans(json: &[u8]) -> Result<(Vec<ResourceSpans>, Vec<SpanError>), SpanError> {
    let mut none = Vec::new();
    let of_resources = data(json)?.into_iter();
    let messages = of_resources.map(|OfResource { resource, scope_spans, schema_url }| {
        let scope_spans = scope_spans.into_iter().map(|OfScope { scope, spans, schema_url }| {
            let spans =
                spans.into_iter().filter_map(|span| span.read().map_err(|error| none.push(error)).ok()).collect();
            ScopeSpans { scope: Some(scope.into()), spans, schema_url }
        });
        ResourceSpans { resource: Some(resource.into()), scope_spans: scope_spans.collect(), schema_url }
    });
    let messages = messages.collect();
    Ok((messages, none))
}

fn data(json: &[u8]) -> Result<Vec<OfResource>, SpanError> {
    serde_json::from_slice::<Data>(json)?.resource_spans.ok_or(SpanError::Foreign)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    resource_spans: Option<Vec<OfResource>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OfResource {
    #[serde(deserialize_with = "lenient")]
    resource: Attributed,
    #[serde(deserialize_with = "lenient")]
    scope_spans: Vec<OfScope>,
    #[serde(deserialize_with = "lenient")]
    schema_url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attributed {
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Pair>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OfScope {
    #[serde(deserialize_with = "lenient")]
    scope: Scope,
    #[serde(deserialize_with = "lenient")]
    spans: Vec<Span>,
    #[serde(deserialize_with = "lenient")]
    schema_url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scope {
    #[serde(deserialize_with = "lenient")]
    name: String,
    #[serde(deserialize_with = "lenient")]
    version: String,
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Pair>,
}

impl From<Attributed> for Resource {
    fn from(Attributed { attributes }: Attributed) -> Self {
        Self { attributes: messages(attributes), ..Self::default() }
    }
}

impl From<Scope> for InstrumentationScope {
    fn from(Scope { name, version, attributes }: Scope) -> Self {
        Self { name, version, attributes: messages(attributes), ..Self::default() }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Span {
    #[serde(deserialize_with = "lenient")]
    trace_id: String,
    #[serde(deserialize_with = "lenient")]
    span_id: String,
    #[serde(deserialize_with = "lenient")]
    trace_state: String,
    #[serde(deserialize_with = "lenient")]
    parent_span_id: String,
    #[serde(deserialize_with = "lenient")]
    flags: u32,
    #[serde(deserialize_with = "lenient")]
    name: String,
    #[serde(deserialize_with = "kind")]
    kind: i32,
    #[serde(deserialize_with = "lenient")]
    start_time_unix_nano: Integer<u64>,
    #[serde(deserialize_with = "lenient")]
    end_time_unix_nano: Integer<u64>,
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Pair>,
    #[serde(deserialize_with = "lenient")]
    dropped_attributes_count: u32,
    #[serde(deserialize_with = "lenient")]
    events: Vec<SpanEvent>,
    #[serde(deserialize_with = "lenient")]
    dropped_events_count: u32,
    #[serde(deserialize_with = "lenient")]
    links: Vec<SpanLink>,
    #[serde(deserialize_with = "lenient")]
    dropped_links_count: u32,
    #[serde(deserialize_with = "lenient")]
    status: SpanStatus,
}

impl Span {
    fn read(self) -> Result<Message, SpanError> {
        let parent = match self.parent_span_id.as_str() {
            "" | "0000000000000000" => Vec::new(),
            id => span_id("parentSpanId", id)?,
        };
        Ok(Message {
            trace_id: trace_id(&self.trace_id)?,
            span_id: span_id("spanId", &self.span_id)?,
            trace_state: self.trace_state,
            parent_span_id: parent,
            flags: self.flags,
            name: self.name,
            kind: self.kind,
            start_time_unix_nano: self.start_time_unix_nano.0,
            end_time_unix_nano: self.end_time_unix_nano.0,
            attributes: messages(self.attributes),
            dropped_attributes_count: self.dropped_attributes_count,
            events: self.events.into_iter().map(Event::from).collect(),
            dropped_events_count: self.dropped_events_count,
            links: self.links.into_iter().map(SpanLink::read).collect::<Result<_, _>>()?,
            dropped_links_count: self.dropped_links_count,
            status: Some(Status { message: self.status.message, code: self.status.code }),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SpanEvent {
    #[serde(deserialize_with = "lenient")]
    time_unix_nano: Integer<u64>,
    #[serde(deserialize_with = "lenient")]
    name: String,
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Pair>,
    #[serde(deserialize_with = "lenient")]
    dropped_attributes_count: u32,
}

impl From<SpanEvent> for Event {
    fn from(
        SpanEvent { time_unix_nano: Integer(time), name, attributes, dropped_attributes_count }: SpanEvent,
    ) -> Self {
        Self { time_unix_nano: time, name, attributes: messages(attributes), dropped_attributes_count }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SpanLink {
    #[serde(deserialize_with = "lenient")]
    trace_id: String,
    #[serde(deserialize_with = "lenient")]
    span_id: String,
    #[serde(deserialize_with = "lenient")]
    trace_state: String,
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Pair>,
    #[serde(deserialize_with = "lenient")]
    dropped_attributes_count: u32,
    #[serde(deserialize_with = "lenient")]
    flags: u32,
}

impl SpanLink {
    fn read(self) -> Result<Link, SpanError> {
        Ok(Link {
            trace_id: trace_id(&self.trace_id)?,
            span_id: span_id("spanId", &self.span_id)?,
            trace_state: self.trace_state,
            attributes: messages(self.attributes),
            dropped_attributes_count: self.dropped_attributes_count,
            flags: self.flags,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpanStatus {
    #[serde(deserialize_with = "code")]
    code: i32,
    #[serde(deserialize_with = "lenient")]
    message: String,
}

fn messages(pairs: Vec<Pair>) -> Vec<KeyValue> {
    pairs.into_iter().map(KeyValue::from).collect()
}

fn trace_id(text: &str) -> Result<Vec<u8>, SpanError> {
    let id = (text.len() == 32).then(|| TraceId::from_hex(text).ok()).flatten().filter(|id| *id != TraceId::INVALID);
    id.map(|id| id.to_bytes().to_vec()).ok_or_else(|| SpanError::Id { field: "traceId", read: shortened(text) })
}

fn span_id(field: &'static str, text: &str) -> Result<Vec<u8>, SpanError> {
    let id = (text.len() == 16).then(|| SpanId::from_hex(text).ok()).flatten().filter(|id| *id != SpanId::INVALID);
    id.map(|id| id.to_bytes().to_vec()).ok_or_else(|| SpanError::Id { field, read: shortened(text) })
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}
