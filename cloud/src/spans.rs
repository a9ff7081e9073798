//! How many spans the calls of one piece of work may have: a trace has a size that back ends take, and work has none.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};

/// Calls of one kind that have spans, in one piece of work such as a transfer. A trace of X-Ray holds 500 KB, and a span
/// takes one or two of them; the work's own span says how much there was.
pub(crate) const MOST_OF_A_KIND: usize = 64;

/// The context for the call of this number, from 0: the current one, or for all that is too much its unsampled twin.
pub(crate) fn context_for(number: usize) -> Context {
    let context = Context::current();
    if number < MOST_OF_A_KIND { context } else { unsampled(&context) }
}

/// The same place in the trace, where nothing more is recorded.
pub(crate) fn unsampled(context: &Context) -> Context {
    let span = context.span().span_context().clone();
    if !span.is_valid() {
        return context.clone();
    }
    let state = span.trace_state().clone();
    let flags = TraceFlags::default();
    context.with_remote_span_context(SpanContext::new(span.trace_id(), span.span_id(), flags, false, state))
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawn_telemetry::propagation;

    #[test]
    fn an_unsampled_context_is_the_same_place() {
        let text = |flags: u8| format!("00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-{flags:02x}");
        let context = propagation::remote_context(&text(1), Some("v=1")).unwrap();
        let attached = context.clone().attach();
        let [within, beyond] = [0, MOST_OF_A_KIND].map(context_for);
        drop(attached);
        assert_eq!(propagation::traceparent(&within), Some(text(1)));
        assert_eq!(propagation::traceparent(&beyond), Some(text(0)));
        assert_eq!(propagation::tracestate(&beyond).as_deref(), Some("v=1"));
        assert!(!unsampled(&Context::new()).span().span_context().is_valid());
    }
}
