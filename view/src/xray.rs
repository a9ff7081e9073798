//! X-Ray's documents as spans: those of our own exporter become the spans that they were, and others what they say.

mod blocks;
mod cause;
mod document;
mod fields;
mod flat;
mod own;
mod part;
mod resource;

pub(crate) use document::Document;
pub use document::DocumentError;
pub(crate) use fields::MISREAD;
pub(crate) use own::TRUNCATED;
pub(crate) use part::INFERRED;
pub(crate) use resource::is_told_above;

use crate::span::Span;

/// The spans of a segment document, or of a subsegment that was sent by itself, with those of the subsegments within.
/// Subsegments that have no id are passed over; [`crate::read_bytes`] tells of them.
///
/// Fields that no attribute stands for become attributes that begin with `aws.xray.`. A trace says in a note where a field
/// has another type than X-Ray's.
///
/// # Errors
///
/// It is no JSON object, or it has no id of a trace or of its own.
pub fn of_document(document: &str) -> Result<Vec<Span>, DocumentError> {
    Ok(self::document::document(document.as_bytes())?.spans)
}

/// The same with what is wrong within.
pub(crate) fn document(json: &[u8]) -> Result<Document, DocumentError> {
    self::document::document(json)
}
