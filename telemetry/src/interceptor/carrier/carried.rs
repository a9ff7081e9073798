//! The context that a call hands on, in the forms in which it travels.

use opentelemetry::trace::{SpanContext, TraceContextExt};

pub(super) use crate::propagation::pair::{TRACEPARENT, TRACESTATE};
use crate::propagation::{Undecided, from_xray_header, header_value, remote_context, traceparent_of, tracestate_of};

/// A context, in both forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) traceparent: String,
    pub(super) tracestate: Option<String>,
    pub(super) header: String,
}

impl Carried {
    /// `None` for a context without ids.
    pub(super) fn of(span: &SpanContext) -> Option<Self> {
        let header = header_value(span.trace_id(), Some(span.span_id()), span.is_sampled());
        Some(Self { traceparent: traceparent_of(span)?, tracestate: tracestate_of(span), header })
    }

    /// The context that a sender has set in the W3C's form; `None` if it cannot be read.
    pub(super) fn of_w3c(traceparent: &str) -> Option<Self> {
        Self::of(remote_context(traceparent, None).ok()?.span().span_context())
    }

    /// The context that a sender has set in AWS's form; `None` if it cannot be read, or leaves the decision open, which the
    /// W3C's form has no words for.
    pub(super) fn of_header(header: &str) -> Option<Self> {
        let context = from_xray_header(header).ok().filter(|context| context.get::<Undecided>().is_none())?;
        Self::of(context.span().span_context())
    }
}
