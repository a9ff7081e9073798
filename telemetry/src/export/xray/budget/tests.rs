//! What is remembered of traces, and how much of it.

use opentelemetry::trace::{SpanContext, SpanId, SpanKind};

use super::*;
use crate::export::xray::Of;
use crate::samples::{child, context};

fn more(limits: &Limits) -> More<'_> {
    More { under_way: false, now: Instant::now(), limits }
}

fn take(budget: &mut Budget, span: &SpanData) -> Spot {
    let limits = budget.limits;
    let trace = budget.trace(span, Instant::now());
    let spot = trace.spot(span);
    assert!(trace.has_room(span, spot, 100, more(&limits)));
    trace.take(span, spot, 100, false);
    spot
}

/// A span of a trace of its own.
fn of_trace(trace: u128, id: u64) -> SpanData {
    let span = context(id);
    let trace = TraceId::from(trace);
    let context = SpanContext::new(trace, span.span_id(), span.trace_flags(), false, span.trace_state().clone());
    SpanData { span_context: context, parent_span_id: SpanId::INVALID, ..child("a", SpanKind::Internal) }
}

#[test]
fn the_trace_that_was_not_touched_for_longest_is_forgotten_first() {
    let mut budget = Budget::default();
    for trace in 1..=TRACES as u128 {
        take(&mut budget, &of_trace(trace, 1));
    }
    take(&mut budget, &of_trace(1, 2));
    take(&mut budget, &of_trace(0xffff, 1));
    budget.make_room();
    assert_eq!(budget.traces.len(), TRACES);
    assert!(!budget.traces.contains_key(&TraceId::from(2)) && budget.traces.contains_key(&TraceId::from(1)));
}

#[test]
fn a_single_trace_forgets_its_oldest_documents_and_never_what_it_awaits() {
    let mut budget = Budget::default();
    budget.limits.quick = usize::MAX;
    for id in 1..=(IDS as u64 + 1) {
        take(&mut budget, &SpanData { parent_span_id: SpanId::from(u64::MAX), ..of_trace(7, id) });
    }
    budget.make_room();
    let trace = &budget.traces[&TraceId::from(7)];
    assert_eq!(trace.ids(), IDS / 2);
    assert!(trace.is_placed(SpanId::from(u64::MAX)) && !trace.is_placed(SpanId::from(1)));
}

#[test]
fn what_waits_beside_the_spans_is_bounded() {
    let mut budget = Budget::default();
    for id in 0..=BESIDE as u64 {
        budget.keep_beside(Document { id: SpanId::from(id), text: String::new(), of: Of::Beside });
    }
    let beside = budget.take_beside();
    assert_eq!((beside.len(), beside[0].id), (BESIDE, SpanId::from(1)));
}
