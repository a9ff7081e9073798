//! Which form a span takes, and under which ids.

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::facts::Known;
use super::limits::Cuts;
use super::time::{Instant, times};
use super::translator::Place;

/// The form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The program's own work: a node of the service map.
    Segment,
    /// A part of it.
    Subsegment,
    /// A call that nothing of this program is the parent of: a segment for the program with the call in it, so that both
    /// are nodes.
    Both,
}

/// Form, ids and times of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) form: Form,
    /// Whether the span names another service. A single attempt is part of a call that has done so.
    pub(super) is_call: bool,
    pub(super) trace: TraceId,
    /// Id of the document.
    pub(super) document: u64,
    /// Id of the span; that of the document, but for a call with a segment of its own around it. What was passed on with the
    /// call names it as its parent, so it stays with the call.
    pub(super) span: u64,
    /// The parent, where the document names one.
    pub(super) parent: Option<u64>,
    pub(super) start: Instant,
    pub(super) end: Instant,
    /// What had to be mended.
    pub(super) cuts: Cuts,
}

impl Shape {
    pub(super) fn of(span: &SpanData, place: &Place, known: Known) -> Self {
        let mut cuts = Cuts::default();
        let own = number(span.span_context.span_id());
        let parent = number(span.parent_span_id);
        let is_mended = own == 0 || own == parent || place.trace_id == TraceId::INVALID;
        let id = if own == 0 { derived_id(&span.span_context, 0) } else { own };
        let (start, end, as_meant) = times(span.start_time, span.end_time);
        if is_mended {
            cuts.note(Cuts::IDS);
        }
        if !as_meant && !place.under_way {
            cuts.note(Cuts::TIMES);
        }
        // Nothing is its own parent.
        let has_parent = parent != 0 && parent != own;
        // What no span of this process is the parent of stands for the program itself; so does what serves a request.
        let is_apart = place.ties.parent.is_some();
        let is_top = !has_parent || span.parent_span_is_remote || is_apart || span.span_kind == SpanKind::Server;
        let is_call = matches!(span.span_kind, SpanKind::Client | SpanKind::Producer);
        let form = match (is_top, is_call) {
            (true, true) => Form::Both,
            (true, false) => Form::Segment,
            (false, _) => Form::Subsegment,
        };
        Self {
            form,
            is_call: is_call && !known.is_attempt,
            trace: if place.trace_id == TraceId::INVALID { mended(span, start) } else { place.trace_id },
            document: if form == Form::Both { derived_id(&span.span_context, 0) } else { id },
            span: id,
            parent: (has_parent && !is_apart).then_some(parent),
            start,
            end,
            cuts,
        }
    }
}

pub(super) fn number(id: SpanId) -> u64 {
    u64::from_be_bytes(id.to_bytes())
}

/// A trace id for a span that has none: the seconds of its start, as X-Ray wants them, and what follows from its id.
fn mended(span: &SpanData, start: Instant) -> TraceId {
    let rest = u128::from(derived_id(&span.span_context, u64::MAX));
    TraceId::from(u128::from(start.seconds as u32) << 96 | rest)
}

/// An id that follows from the span's, the same at every attempt to send it: FNV-1a over a number, its trace id and its own.
pub(super) fn derived_id(context: &SpanContext, number: u64) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let (trace, span) = (context.trace_id().to_bytes(), context.span_id().to_bytes());
    let bytes = number.to_be_bytes().into_iter().chain(trace).chain(span);
    bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME)).max(1)
}
