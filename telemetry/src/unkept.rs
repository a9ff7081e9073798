//! Spans of the programs in traces that are not recorded, as long as they may fail: a failure is kept all the same where
//! the settings say so.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags};
use opentelemetry::{Context, KeyValue};

use crate::attribute;
use crate::recorder::{Recorder, SpanEnd, SpanStart};
use crate::sampler::Reason;

/// What its failure would be told with. It rests in the span's context, and there is one only where failures are kept.
#[derive(Debug)]
pub(crate) struct Unkept {
    name: Cow<'static, str>,
    kind: SpanKind,
    attributes: Vec<KeyValue>,
    time: SystemTime,
    clock: Instant,
    /// The span itself, as its children know it.
    span: SpanContext,
    parent: SpanId,
    told: AtomicBool,
}

impl Unkept {
    /// Notes a span that was started below `parent`, if it is not recorded.
    pub(crate) fn within(
        context: Context,
        parent: &Context,
        name: Cow<'static, str>,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
        started: Option<SystemTime>,
    ) -> Context {
        let span = context.span().span_context().clone();
        if span.is_sampled() || !span.is_valid() || parent.is_telemetry_suppressed() {
            return context;
        }
        let parent = parent.span().span_context().span_id();
        let (clock, told) = (Instant::now(), AtomicBool::new(false));
        let time = started.unwrap_or_else(SystemTime::now);
        context.with_value(Self { name, kind, attributes, time, clock, span, parent, told })
    }

    /// Records the failure of the span in `context`, once, alone and as a part of its trace of its own.
    pub(crate) fn fail(context: &Context, recorder: &Recorder, message: &str, error_type: Option<&'static str>) {
        let span = context.span();
        let Some(own) = context.get::<Self>().filter(|own| own.span == *span.span_context()) else { return };
        if own.told.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut attributes = own.attributes.clone();
        attributes.extend(error_type.map(|it| KeyValue::new(attribute::ERROR_TYPE, it)));
        attributes.push(KeyValue::new(attribute::ERROR, true));
        attributes.push(KeyValue::new(attribute::ERROR_MESSAGE, message.to_owned()));
        let context = &own.span;
        let (trace_id, state) = (context.trace_id(), context.trace_state().clone());
        let sampled = SpanContext::new(trace_id, context.span_id(), TraceFlags::SAMPLED, false, state);
        let is_child = own.parent != SpanId::INVALID;
        let start = SpanStart::planned(sampled, own.parent, is_child, Some(Reason::error()), own.time, None);
        // One that began before it was started ends when it fails all the same.
        let elapsed = own.time.elapsed().unwrap_or_default().max(own.clock.elapsed());
        let (name, kind) = (own.name.clone(), own.kind.clone());
        let end = SpanEnd { name, kind, attributes, status: Status::error(message.to_owned()), elapsed };
        recorder.end_planned(&start, end, Vec::new());
    }
}
