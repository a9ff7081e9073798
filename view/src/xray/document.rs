//! One document: its spans from the top down.

use std::sync::Arc;

use opentelemetry::trace::TraceId;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde_json::Value as Json;

use crate::id;
use crate::span::{Origin, Outcome, Span, SpanKind};

/// Why something is no document of X-Ray.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is no JSON.
    #[error("it is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is JSON of something else.
    #[error("it is neither OTLP's JSON nor a segment document of X-Ray")]
    Foreign,
    /// It has no id of a trace.
    #[error("`trace_id` of the document is {read} and no id of a trace")]
    TraceId {
        /// What it has.
        read: String,
    },
    /// It has no id of its own.
    #[error("`id` of the document is {read} and no id of 16 hexadecimal digits")]
    Id {
        /// What it has.
        read: String,
    },
}

pub(super) fn spans(document: &Json) -> Result<Vec<Span>, DocumentError> {
    let object = document.as_object().ok_or(DocumentError::Foreign)?;
    if !object.contains_key("trace_id") && !object.contains_key("id") {
        return Err(DocumentError::Foreign);
    }
    let read = |key: &str| object.get(key).cloned().unwrap_or_default();
    let trace_id = read("trace_id");
    let trace_id = trace_id.as_str().and_then(|text| id::trace_id(text).ok()).ok_or_else(|| {
        let read = trace_id.to_string();
        DocumentError::TraceId { read }
    })?;
    let parent = read("parent_id").as_str().and_then(id::span_id);
    let origin = Arc::new(origin(document));
    let mut spans = Vec::new();
    let mut open = vec![(document, parent)];
    while let Some((document, parent)) = open.pop() {
        let span = span(document, trace_id, parent, &origin)?;
        let own = span.span_id;
        spans.push(span);
        let below = document["subsegments"].as_array().map_or(&[][..], Vec::as_slice);
        open.extend(below.iter().rev().map(|below| (below, Some(own))));
    }
    Ok(spans)
}

fn span(
    document: &Json,
    trace_id: TraceId,
    parent: Option<opentelemetry::trace::SpanId>,
    origin: &Arc<Origin>,
) -> Result<Span, DocumentError> {
    let read = &document["id"];
    let span_id = read.as_str().and_then(id::span_id).ok_or_else(|| DocumentError::Id { read: read.to_string() })?;
    let instant = |key: &str| document[key].as_f64().map(|seconds| (seconds * 1e6).round() as u64 * 1000);
    let is = |key: &str| document[key].as_bool() == Some(true);
    let failed = is("error") || is("fault") || is("throttle");
    let message = document["cause"]["exceptions"][0]["message"].as_str().unwrap_or_default();
    let namespace = document["namespace"].as_str();
    Ok(Span {
        trace_id,
        span_id,
        parent,
        name: document["name"].as_str().unwrap_or_default().to_owned(),
        kind: if namespace.is_some() { SpanKind::Client } else { SpanKind::Internal },
        start: instant("start_time").unwrap_or_default(),
        end: if is("in_progress") { None } else { instant("end_time") },
        outcome: if failed { Outcome::Error(message.to_owned()) } else { Outcome::Unset },
        attributes: Vec::new(),
        events: Vec::new(),
        links: Vec::new(),
        origin: Arc::clone(origin),
        trace_state: String::new(),
        flags: 0,
        dropped: [0; 3],
    })
}

fn origin(document: &Json) -> Origin {
    let name = document["name"].as_str().unwrap_or_default().to_owned();
    let value = AnyValue { value: Some(Any::StringValue(name)) };
    let pair = KeyValue { key: "service.name".to_owned(), value: Some(value), ..KeyValue::default() };
    let resource = Resource { attributes: vec![pair], ..Resource::default() };
    Origin { resource, scope: InstrumentationScope::default(), ..Origin::default() }
}
