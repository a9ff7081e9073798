//! Spans whose ids are settled before it is known whether they will be, and spans of others who cannot end their own.
//!
//! A job array's task shows why: its span's context is written into the claim, so it exists before the claim does; the
//! span is recorded when the attempt is over, and if the host that made the attempt is gone, by whoever takes the task up.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags};
use opentelemetry::{Context, KeyValue};

use crate::attribute;
use crate::identity::JobArrayIndex;
use crate::recorder::{Begun, SpanStart, Unsampled};
use crate::sampler::Reason;

/// The ids of a span to be. Nothing is recorded unless it is given to [`crate::Telemetry::record`].
#[derive(Debug)]
pub struct PlannedSpan {
    /// What children hang below, sampled or not.
    context: Context,
    parent: SpanId,
    parent_is_remote: bool,
    recorded: bool,
    /// Whether it is for its trace's sake that it is not recorded: its failure may be kept.
    unsampled: bool,
    /// Why the trace is recorded, if it begins here.
    reason: Option<Reason>,
}

/// What is said of a planned span when it is over.
#[derive(Clone, Debug)]
pub struct SpanRecord {
    /// Name of the span.
    pub name: Cow<'static, str>,
    /// Kind of the span.
    pub kind: SpanKind,
    /// When it began.
    pub started: SystemTime,
    /// When it ended; never counted as before its start.
    pub ended: SystemTime,
    /// Attributes; those of the host's identity are added where they are not among them.
    pub attributes: Vec<KeyValue>,
    /// Contexts of the spans that it links to; those without a valid span are left out.
    pub links: Vec<Context>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

impl PlannedSpan {
    /// The span's context: for children, carriers and links. It is that of the parent where tracing is off.
    #[must_use]
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// Whether the span would be recorded.
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        self.recorded
    }

    /// The span that `own` carries, planned by another process that has left its end to this one. Its parent is the
    /// span in `parent`, if there is one. A process that does not trace carries its parent's own span: that one is
    /// recorded by others, and here is none.
    #[must_use]
    pub fn carried(own: &Context, parent: Option<&Context>) -> Self {
        let span = own.span().span_context().clone();
        let parent = parent.map(|parent| parent.span().span_context().clone()).filter(SpanContext::is_valid);
        let is_parent = parent.as_ref().is_some_and(|parent| parent.span_id() == span.span_id());
        Self {
            recorded: span.is_valid() && span.is_sampled() && !is_parent,
            unsampled: span.is_valid() && !span.is_sampled() && !is_parent,
            context: own.clone(),
            parent: parent.as_ref().map_or(SpanId::INVALID, SpanContext::span_id),
            parent_is_remote: parent.is_some_and(|parent| parent.is_remote()),
            // Why, is known to the one that planned it.
            reason: None,
        }
    }

    /// What the recorder's decision comes to below `parent`.
    pub(crate) fn begun(begun: Begun, parent: &Context, span_id: SpanId) -> Self {
        match begun {
            Begun::Silent => {
                let (context, parent) = (parent.clone(), SpanId::INVALID);
                Self { context, parent, parent_is_remote: false, recorded: false, unsampled: false, reason: None }
            }
            Begun::Unsampled(Unsampled { trace_id, parent: above, .. }) => {
                let state = parent.span().span_context().trace_state().clone();
                let span = SpanContext::new(trace_id, span_id, TraceFlags::default(), false, state);
                Self {
                    context: parent.with_remote_span_context(span),
                    parent: above.unwrap_or(SpanId::INVALID),
                    parent_is_remote: false,
                    recorded: false,
                    unsampled: true,
                    reason: None,
                }
            }
            Begun::Sampled(start) => Self {
                context: parent.with_remote_span_context(start.context),
                parent: start.parent,
                parent_is_remote: start.parent_is_remote,
                recorded: true,
                unsampled: false,
                reason: start.reason,
            },
        }
    }

    /// The start and the rest, for the recorder; nothing for a span that is not recorded, unless it failed and
    /// `keeps_errors`.
    pub(crate) fn into_parts(
        self,
        mut record: SpanRecord,
        keeps_errors: bool,
    ) -> Option<(SpanStart, SpanRecord, Vec<Link>, Status)> {
        let kept = self.unsampled && keeps_errors && record.error.is_some();
        let start = if kept { self.start_of_failure(record.started) } else { self.start(record.started)? };
        let status = match &record.error {
            None => Status::Unset,
            Some(message) => {
                record.attributes.push(KeyValue::new(attribute::ERROR, true));
                record.attributes.push(KeyValue::new(attribute::ERROR_MESSAGE, message.clone()));
                Status::error(message.clone())
            }
        };
        let links = record.links.iter().map(|link| link.span().span_context().clone());
        let links = links.filter(SpanContext::is_valid).map(Link::with_context).collect();
        Some((start, record, links, status))
    }

    /// The start, for the recorder; `None` for a span that is not recorded.
    pub(crate) fn start(&self, started: SystemTime) -> Option<SpanStart> {
        let span = self.context.span().span_context().clone();
        self.recorded.then(|| self.start_as(span, self.parent_is_remote, self.reason.clone(), started))
    }

    /// The start of a failure that is kept alone, as a part of its trace of its own.
    fn start_of_failure(&self, started: SystemTime) -> SpanStart {
        let span = sampled(self.context.span().span_context());
        self.start_as(span, self.parent != SpanId::INVALID, Some(Reason::error()), started)
    }

    fn start_as(&self, span: SpanContext, remote: bool, reason: Option<Reason>, started: SystemTime) -> SpanStart {
        let index = self.context.get::<JobArrayIndex>().copied();
        SpanStart::planned(span, self.parent, remote, reason, started, index)
    }
}

fn sampled(span: &SpanContext) -> SpanContext {
    let flags = span.trace_flags() | TraceFlags::SAMPLED;
    SpanContext::new(span.trace_id(), span.span_id(), flags, span.is_remote(), span.trace_state().clone())
}

#[cfg(test)]
mod tests;
