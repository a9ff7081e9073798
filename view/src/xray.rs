//! X-Ray's documents as spans.

mod document;

pub use document::DocumentError;
use serde_json::Value as Json;

use crate::span::Span;

/// The spans of a segment document or of a subsegment's own, with those of the subsegments within.
///
/// # Errors
///
/// It is no JSON object, or it has no id of a trace or of its own.
pub fn of_document(document: &str) -> Result<Vec<Span>, DocumentError> {
    document::spans(&serde_json::from_str(document)?)
}

/// The spans of whatever holds documents: one, a list of them or of texts of them, or an answer of `BatchGetTraces`.
pub(crate) fn of_bytes(json: &[u8]) -> Result<Vec<Span>, DocumentError> {
    let mut spans = Vec::new();
    let mut open = vec![serde_json::from_slice::<Json>(json)?];
    while let Some(value) = open.pop() {
        match value {
            Json::Array(values) => open.extend(values.into_iter().rev()),
            Json::String(text) => spans.extend(of_document(&text)?),
            Json::Object(mut map) => {
                let inner =
                    ["Traces", "Segments", "Document", "traces", "segments"].iter().find_map(|key| map.remove(*key));
                match inner {
                    Some(inner) => open.push(inner),
                    None => spans.extend(document::spans(&Json::Object(map))?),
                }
            }
            _ => return Err(DocumentError::Foreign),
        }
    }
    Ok(spans)
}
