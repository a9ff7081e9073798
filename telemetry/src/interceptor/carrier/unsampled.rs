//! The decision not to record a call, as a context.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceState};

use crate::ids::TimedIds;
use crate::recorder::Unsampled;

/// The context has the ids of the caller's span; where there is none, a span that
/// nobody records stands for it, because no form can do without one.
pub(in super::super) fn of_unsampled(unsampled: &Unsampled) -> SpanContext {
    let Unsampled { trace_id, parent, sampled } = *unsampled;
    let state = parent.map_or(TraceState::NONE, state_of);
    let span_id = parent.unwrap_or_else(|| TimedIds.span_id());
    SpanContext::new(trace_id, span_id, TraceFlags::default().with_sampled(sampled), false, state)
}

/// What the vendors said of the caller's span, which is still the current one.
fn state_of(parent: SpanId) -> TraceState {
    Context::map_current(|cx| {
        let span = cx.span();
        let context = span.span_context();
        if context.span_id() == parent { context.trace_state().clone() } else { TraceState::NONE }
    })
}
