//! Spans for the tests of this crate.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// Seconds since 1970 at which all sample spans begin: 2026-11-21T04:40:24Z.
pub(crate) const BEGIN: u64 = 1_795_236_024;

/// The instant that many microseconds after [`BEGIN`].
pub(crate) fn at(microseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(BEGIN) + Duration::from_micros(microseconds)
}

/// Trace id of all sample spans.
pub(crate) fn trace_id() -> TraceId {
    TraceId::from(u128::from(BEGIN) << 96 | 0x0123_4567_89ab_cdef)
}

/// A sampled context in the sample trace.
pub(crate) fn context(span: u64) -> SpanContext {
    SpanContext::new(trace_id(), SpanId::from(span), TraceFlags::SAMPLED, false, TraceState::NONE)
}

/// A root span of kind INTERNAL that took a quarter of a second.
pub(crate) fn span(name: &'static str) -> SpanData {
    SpanData {
        span_context: context(0xa1),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time: at(0),
        end_time: at(250_000),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("spawn-telemetry").build(),
    }
}

/// A span below `0xa1`.
pub(crate) fn child(name: &'static str, kind: SpanKind) -> SpanData {
    SpanData { span_context: context(0xb2), parent_span_id: SpanId::from(0xa1), span_kind: kind, ..span(name) }
}
