//! One document with all that is nested in it: its spans from the top down.

use std::collections::HashSet;
use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::fields::Fields;
use super::flat::{Flat, flat};
use super::part::part;
use super::resource;
use crate::id;
use crate::span::Span;

/// Why something is no document of X-Ray.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is no JSON.
    #[error("it is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is JSON of something else.
    #[error("it is neither OTLP's JSON nor a segment document of X-Ray")]
    Foreign,
    /// It is OTLP's, and wrong.
    #[error(transparent)]
    Otlp(#[from] spawn_telemetry::otlp_json::SpanError),
    /// It has no id of a trace.
    #[error("`trace_id` of the document is {read} and no id of a trace")]
    TraceId {
        /// What it has, cut to 64 characters.
        read: String,
    },
    /// It, or a subsegment within, has no id of its own.
    #[error("`id` of the document is {read} and no id of 16 hexadecimal digits")]
    Id {
        /// What it has, cut to 64 characters.
        read: String,
    },
}

/// What was read of a document.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// The spans, each behind the one that it is below.
    pub(crate) spans: Vec<Span>,
    /// Why subsegments are none. What is nested in one of them is below what that is in.
    pub(crate) problems: Vec<DocumentError>,
}

/// Reads a document.
pub(super) fn document(json: &[u8]) -> Result<Document, DocumentError> {
    // All of it is looked through once, without keeping or descending.
    serde_json::from_slice::<&RawValue>(json)?;
    let flats = flat(json);
    let top = fields(flats.first().ok_or(DocumentError::Foreign)?)?;
    if !top.has("trace_id") && !top.has("id") {
        return Err(DocumentError::Foreign);
    }
    let trace_id = trace_id(&top)?;
    let is_segment = top.get("type").and_then(Json::as_str) != Some("subsegment");
    let mut top = part(top, trace_id, is_segment, flats[0].odd)?;
    let origin = Arc::new(top.origin.take().unwrap_or_else(resource::of_subsegment));
    // What the exporter puts around a call, so that the service map has the program, is no span.
    let is_around = top.is_bare && flats.iter().filter(|flat| flat.parent == Some(0)).count() == 1;
    // The span that each document became.
    let mut ids: Vec<Option<SpanId>> = vec![if is_around { top.span.parent } else { Some(top.span.span_id) }];
    let mut read = Document::default();
    for flat in &flats[1..] {
        let parent = flat.parent.and_then(|parent| ids[parent]);
        match fields(flat).and_then(|fields| part(fields, trace_id, false, flat.odd)) {
            Ok(mut part) => {
                part.span.parent = parent;
                ids.push(Some(part.span.span_id));
                read.spans.push(part.span);
            }
            Err(error) => {
                ids.push(parent);
                read.problems.push(error);
            }
        }
    }
    match read.spans.first_mut().filter(|_| is_around) {
        Some(call) => take_over(call, top.span),
        None => read.spans.insert(0, top.span),
    }
    read.spans.iter_mut().for_each(|span| span.origin = Arc::clone(&origin));
    Ok(read)
}

/// The call takes what the segment around it tells of both.
fn take_over(call: &mut Span, around: Span) {
    let said: HashSet<&str> = call.attributes.iter().map(|pair| pair.key.as_str()).collect();
    let more = around.attributes.into_iter().filter(|pair| !said.contains(pair.key.as_str()));
    let more: Vec<_> = more.collect();
    call.attributes.extend(more);
    call.links.splice(0..0, around.links);
}

fn fields(flat: &Flat) -> Result<Fields, DocumentError> {
    Ok(Fields::of("", serde_json::from_slice::<Map<String, Json>>(&flat.text)?))
}

fn trace_id(fields: &Fields) -> Result<TraceId, DocumentError> {
    let read = fields.get("trace_id");
    let id = read.and_then(Json::as_str).and_then(|text| id::trace_id(text).ok());
    id.ok_or_else(|| DocumentError::TraceId { read: shown(read) })
}

/// What stands where an id should, as a message shows it.
pub(super) fn shown(read: Option<&Json>) -> String {
    read.map_or_else(|| "not there".to_owned(), |read| read.to_string().chars().take(64).collect())
}
