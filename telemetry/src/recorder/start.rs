//! What is known of a span when it begins, and what follows for those below it.

use std::borrow::Cow;
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceId};

use crate::identity::JobArrayIndex;
use crate::ids::TimedIds;
use crate::sampler::Reason;

/// The decision not to record, as it is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unsampled {
    pub(crate) trace_id: TraceId,
    /// The caller's span; a trace that starts here and is not recorded has none.
    pub(crate) parent: Option<SpanId>,
    /// Whether the trace is recorded all the same: its decision is passed on with the caller's span, so that nothing
    /// hangs below a span that nobody sees.
    pub(crate) sampled: bool,
}

/// Whether a span that is under way will be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    Always,
    /// That depends on the operation, which is not known yet; and so does all of the trace, if it `begins` here.
    Open {
        begins: bool,
    },
    /// Only if it fails; whoever is called is told as if it were not there.
    IfFailed(Unsampled),
}

/// Ids and clocks of a span that is under way.
#[derive(Clone, Debug)]
pub(crate) struct SpanStart {
    pub(crate) context: SpanContext,
    pub(crate) parent: SpanId,
    pub(crate) parent_is_remote: bool,
    /// Whether the rate that decides about this trace was known.
    pub(crate) decided: bool,
    pub(crate) keep: Keep,
    /// Why the trace is recorded, on the first span of it here.
    pub(crate) reason: Option<Reason>,
    pub(crate) time: SystemTime,
    pub(crate) clock: Instant,
    /// The task that the work is for, where the context says so.
    pub(crate) job_array_index: Option<JobArrayIndex>,
}

/// What is said of a span when it is over.
#[derive(Debug)]
pub(crate) struct SpanEnd {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    pub(crate) attributes: Vec<KeyValue>,
    pub(crate) status: Status,
    /// Time from the start; a wall clock that is set back in between changes nothing.
    pub(crate) elapsed: Duration,
}

impl SpanStart {
    /// A span that was planned and is over.
    pub(crate) fn planned(
        context: SpanContext,
        parent: SpanId,
        parent_is_remote: bool,
        reason: Option<Reason>,
        time: SystemTime,
        job_array_index: Option<JobArrayIndex>,
    ) -> Self {
        let (keep, clock) = (Keep::Always, Instant::now());
        Self { context, parent, parent_is_remote, decided: true, keep, reason, time, clock, job_array_index }
    }

    /// A child span that began and ended within this one.
    pub(crate) fn child(&self, after: Duration) -> Self {
        let context = &self.context;
        Self {
            context: SpanContext::new(
                context.trace_id(),
                TimedIds.span_id(),
                context.trace_flags(),
                false,
                context.trace_state().clone(),
            ),
            parent: context.span_id(),
            parent_is_remote: false,
            decided: self.decided,
            keep: Keep::Always,
            reason: None,
            time: self.time + after,
            clock: self.clock,
            job_array_index: self.job_array_index,
        }
    }

    /// What those who are called are told of the trace: its id, the span that they are called from, and whether it is
    /// recorded. `None` while the rate is unknown, because nothing true could be said.
    pub(crate) fn passed_on(&self) -> Option<(TraceId, Option<SpanId>, bool)> {
        match self.keep {
            Keep::IfFailed(Unsampled { trace_id, parent, sampled }) => Some((trace_id, parent, sampled)),
            Keep::Always | Keep::Open { .. } => {
                self.decided.then(|| (self.context.trace_id(), Some(self.context.span_id()), true))
            }
        }
    }

    /// What is handed on in place of the span's own context, where it is kept only if the call fails.
    pub(crate) fn not_kept(&self) -> Option<&Unsampled> {
        match &self.keep {
            Keep::IfFailed(unsampled) => Some(unsampled),
            Keep::Always | Keep::Open { .. } => None,
        }
    }

    /// Whether the span is the first of its trace in this process.
    pub(super) fn begins_here(&self) -> bool {
        self.is_root() || self.parent_is_remote
    }

    /// Whether the span begins a trace.
    pub(crate) fn is_root(&self) -> bool {
        self.parent == SpanId::INVALID
    }
}
