//! A span and a resource from their bytes. Whatever the bytes are, the answer is a span or a reason.

use opentelemetry_proto::tonic::resource::v1::Resource as Message;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use prost::Message as _;

use crate::message::{self, NoId};

/// Why bytes are no span.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// They are no message of this kind.
    #[error("the record is not OTLP's: {0}")]
    Protobuf(#[from] prost::DecodeError),
    /// There is not one span in it.
    #[error("the record holds {0} spans in place of one")]
    Spans(usize),
    /// An id has another length, or is zero.
    #[error("the record is no span: {0}")]
    Id(#[from] NoId),
}

/// The span of a record.
pub(crate) fn span(bytes: &[u8]) -> Result<SpanData, RecordError> {
    of_scope(ScopeSpans::decode(bytes)?)
}

/// The resource of a note, as bytes, and the span that had not ended.
pub(crate) fn note(bytes: &[u8]) -> Result<(Vec<u8>, SpanData), RecordError> {
    let ResourceSpans { resource, mut scope_spans, .. } = ResourceSpans::decode(bytes)?;
    let count = scope_spans.len();
    let (Some(of), 1) = (scope_spans.pop(), count) else { return Err(RecordError::Spans(count)) };
    Ok((resource.unwrap_or_default().encode_to_vec(), of_scope(of)?))
}

fn of_scope(of: ScopeSpans) -> Result<SpanData, RecordError> {
    let ScopeSpans { scope, mut spans, schema_url } = of;
    let count = spans.len();
    let (Some(span), 1) = (spans.pop(), count) else { return Err(RecordError::Spans(count)) };
    Ok(message::span(span, message::scope(scope.unwrap_or_default(), schema_url))?)
}

/// The resource of a header.
pub(crate) fn resource(bytes: &[u8]) -> Result<Resource, RecordError> {
    Ok(message::resource(Message::decode(bytes)?))
}
