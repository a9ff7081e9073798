//! The short documents that tie the parts of a trace together.

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use sha2::{Digest, Sha256};

/// Name of the document that says where a trace goes on.
const NAME: &str = "trace continues";
/// Longest name of a document that stands in for another, in characters.
const LONGEST_NAME: usize = 60;

/// The last document of the part `here`, which goes on `there`. It takes no time, when the span began that went there, and
/// hangs below a span of its part.
pub(super) fn continued(span: &SpanData, here: TraceId, above: Option<SpanId>, there: TraceId) -> SpanData {
    let mut hash = Sha256::new();
    hash.update(here.to_bytes());
    hash.update(there.to_bytes());
    let mut id = [0; 8];
    id.copy_from_slice(&hash.finalize()[..8]);
    SpanData {
        span_context: SpanContext::new(here, SpanId::from_bytes(id), TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: above.unwrap_or(SpanId::INVALID),
        end_time: span.start_time,
        ..bare(span, NAME.to_owned())
    }
}

/// What stands for a span in a part that has no room for more.
pub(super) fn stand_in(span: &SpanData) -> SpanData {
    bare(span, span.name.chars().take(LONGEST_NAME).collect())
}

/// A span's ids, times and status, without all that may be long. It is no call: that is told once.
fn bare(span: &SpanData, name: String) -> SpanData {
    SpanData {
        span_context: span.span_context.clone(),
        parent_span_id: span.parent_span_id,
        parent_span_is_remote: span.parent_span_is_remote,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time: span.start_time,
        end_time: span.end_time,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: match span.status {
            Status::Error { .. } => Status::error(""),
            _ => Status::Unset,
        },
        instrumentation_scope: span.instrumentation_scope.clone(),
    }
}
