//! The short documents and the links that tie the parts of a trace together.

use opentelemetry::KeyValue;
use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use sha2::{Digest, Sha256};

/// Attribute of a link between parts of one trace: what is on its other side.
const TRACE_LINK: &str = "spawn.trace.link";
/// The span that this one hangs below.
pub(super) const PARENT: &str = "parent";
/// Where the trace, or the span, goes on.
pub(super) const CONTINUED: &str = "continued";
/// What it goes on from.
pub(super) const CONTINUES: &str = "continues";

/// Name of the document that says where a trace goes on.
const NAME: &str = "trace continues";
/// Longest name of a document that stands in for another, in characters.
const LONGEST_NAME: usize = 60;

/// A span in a part of a trace.
pub(super) fn context(trace_id: TraceId, span_id: SpanId) -> SpanContext {
    SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, false, TraceState::NONE)
}

/// A link that says what is on its other side.
pub(super) fn link(to: SpanContext, what: &'static str) -> Link {
    Link::new(to, vec![KeyValue::new(TRACE_LINK, what)], 0)
}

/// The last document of the part `here`: the trace goes on `there`. It takes no time, when the span began that went there,
/// and hangs below a span of its part.
pub(super) fn continued(span: &SpanData, here: TraceId, above: Option<SpanId>, there: SpanContext) -> SpanData {
    let mut hash = Sha256::new();
    hash.update(here.to_bytes());
    hash.update(there.trace_id().to_bytes());
    let mut id = [0; 8];
    id.copy_from_slice(&hash.finalize()[..8]);
    SpanData {
        span_context: context(here, SpanId::from_bytes(id)),
        parent_span_id: above.unwrap_or(SpanId::INVALID),
        end_time: span.start_time,
        ..bare(span, NAME.to_owned(), vec![link(there, CONTINUED)])
    }
}

/// What stands for a span in a part that has no room for more; the span itself is `there`. If its parent is in another part,
/// it links to it.
pub(super) fn stand_in(span: &SpanData, parent: Option<TraceId>, there: SpanContext) -> SpanData {
    let name = span.name.chars().take(LONGEST_NAME).collect();
    let mut links = vec![link(there, CONTINUED)];
    links.extend(parent.map(|trace| link(context(trace, span.parent_span_id), PARENT)));
    let mut short = bare(span, name, links);
    if parent.is_some() {
        (short.parent_span_id, short.parent_span_is_remote) = (SpanId::INVALID, false);
    }
    short
}

/// A span's ids, times and status, without all that may be long. It is no call: that is told once.
fn bare(span: &SpanData, name: String, links: Vec<Link>) -> SpanData {
    let mut its = SpanLinks::default();
    its.links = links;
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
        links: its,
        status: match span.status {
            Status::Error { .. } => Status::error(""),
            _ => Status::Unset,
        },
        instrumentation_scope: span.instrumentation_scope.clone(),
    }
}
