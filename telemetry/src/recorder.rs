//! What spans of AWS calls and spans of the programs share: parent, decision, ids, and the way to the pipeline.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use opentelemetry::trace::{
    Link, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use crate::attribute;
use crate::identity::{JobArrayIndex, SpanIdentity};
use crate::ids::TimedIds;
use crate::pipeline::Pipeline;
use crate::propagation::Undecided;
use crate::sampler::{Decision, Sampler};
use crate::testing::Spans;

/// Name of our instrumentation scope.
pub(crate) const SCOPE: &str = "spawn-telemetry";

/// Decides about spans and takes them when they are over. Clones share one state.
#[derive(Clone, Debug)]
pub(crate) struct Recorder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sampler: Arc<Sampler>,
    pipeline: Pipeline,
    kept: Option<Spans>,
    scope: InstrumentationScope,
    identity: ArcSwap<Vec<KeyValue>>,
}

/// A span as it begins.
#[derive(Debug)]
pub(crate) enum Begun {
    /// Nothing is recorded and nothing is passed on: tracing is off or suppressed.
    Silent,
    /// Nothing is recorded, and whoever is called learns of it.
    Unsampled(Unsampled),
    /// The span is recorded.
    Sampled(SpanStart),
}

/// The decision not to record, as it is passed on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsampled {
    pub(crate) trace_id: TraceId,
    /// The caller's span; a trace that starts here and is not recorded has none.
    pub(crate) parent: Option<SpanId>,
}

/// Ids and clocks of a span that is under way.
#[derive(Debug)]
pub(crate) struct SpanStart {
    pub(crate) context: SpanContext,
    pub(crate) parent: SpanId,
    pub(crate) parent_is_remote: bool,
    /// Whether the rate that decides about this trace was known.
    pub(crate) decided: bool,
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

impl Recorder {
    pub(crate) fn new(pipeline: Pipeline, kept: Option<Spans>) -> Self {
        Self(Arc::new(Inner {
            sampler: Arc::new(Sampler::provisional()),
            pipeline,
            kept,
            scope: InstrumentationScope::builder(SCOPE).with_version(env!("CARGO_PKG_VERSION")).build(),
            identity: ArcSwap::default(),
        }))
    }

    pub(crate) fn sampler(&self) -> &Arc<Sampler> {
        &self.0.sampler
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.0.pipeline
    }

    /// Sets the attributes that every span of the programs carries from now on.
    pub(crate) fn identify(&self, identity: &SpanIdentity) {
        self.0.identity.store(Arc::new(identity.attributes()));
        self.0.pipeline.identify(identity.attributes());
    }

    /// Begins a span under the current context.
    pub(crate) fn begin(&self) -> Begun {
        Context::map_current(|cx| self.begin_under(cx))
    }

    /// Begins a span under this context.
    pub(crate) fn begin_under(&self, cx: &Context) -> Begun {
        let span = cx.span();
        let parent = span.span_context();
        let is_child = parent.is_valid();
        if self.0.sampler.is_off() || cx.is_telemetry_suppressed() {
            return Begun::Silent;
        }
        let (trace_id, decision, now) = if is_child {
            let undecided = parent.is_remote() && cx.get::<Undecided>().is_some();
            (parent.trace_id(), self.0.sampler.for_child(parent, undecided), None)
        } else {
            let now = SystemTime::now();
            let trace_id = TimedIds.trace_id(now);
            (trace_id, self.0.sampler.for_root(trace_id), Some(now))
        };
        let decided = match decision {
            Decision::Off => return Begun::Silent,
            Decision::Drop => {
                let parent = is_child.then(|| parent.span_id());
                return Begun::Unsampled(Unsampled { trace_id, parent });
            }
            Decision::Record => true,
            Decision::RecordForNow => false,
        };
        let state = if is_child { parent.trace_state().clone() } else { TraceState::NONE };
        Begun::Sampled(SpanStart {
            context: SpanContext::new(trace_id, TimedIds.span_id(), TraceFlags::SAMPLED, false, state),
            parent: parent.span_id(),
            parent_is_remote: is_child && parent.is_remote(),
            decided,
            time: now.unwrap_or_else(SystemTime::now),
            clock: Instant::now(),
            job_array_index: cx.get::<JobArrayIndex>().copied(),
        })
    }

    /// Records a span that is over.
    pub(crate) fn end(&self, start: &SpanStart, end: SpanEnd) {
        let SpanEnd { name, kind, mut attributes, status, elapsed } = end;
        say_index(&mut attributes, start.job_array_index);
        self.accept(self.data(start, SpanEnd { name, kind, attributes, status, elapsed }));
    }

    /// Records a span that was planned; its own attributes come before those of the host.
    pub(crate) fn end_planned(&self, start: &SpanStart, end: SpanEnd, links: Vec<Link>) {
        let mut span = self.data(start, end);
        span.links.links = links;
        say_index(&mut span.attributes, start.job_array_index);
        self.accept_own(span);
    }

    /// Notes a span of the programs' own that has begun, if it stands at the top of its part of the trace.
    pub(crate) fn begun(&self, span: SpanData) {
        let is_top = span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote;
        let is_call = matches!(span.span_kind, SpanKind::Client | SpanKind::Producer);
        if is_top && !is_call && span.span_context.is_sampled() && self.0.kept.is_none() {
            self.0.pipeline.begun(span);
        }
    }

    /// Notes a planned span that has come about.
    pub(crate) fn begun_planned(&self, start: &SpanStart, end: SpanEnd) {
        let mut span = self.data(start, end);
        say_index(&mut span.attributes, start.job_array_index);
        self.begun(span);
    }

    fn data(&self, start: &SpanStart, end: SpanEnd) -> SpanData {
        let SpanEnd { name, kind, attributes, status, elapsed } = end;
        SpanData {
            span_context: start.context.clone(),
            parent_span_id: start.parent,
            parent_span_is_remote: start.parent_is_remote,
            span_kind: kind,
            name,
            start_time: start.time,
            end_time: start.time + elapsed,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status,
            instrumentation_scope: self.0.scope.clone(),
        }
    }

    /// Takes a finished span of the programs' own and says whose it is, where the span itself does not.
    pub(crate) fn accept_own(&self, mut span: SpanData) {
        for own in self.0.identity.load().iter() {
            if span.attributes.iter().all(|said| said.key != own.key) {
                span.attributes.push(own.clone());
            }
        }
        // A wall clock that was set back while the span was open must not give it a negative length.
        span.end_time = span.end_time.max(span.start_time);
        self.accept(span);
    }

    fn accept(&self, span: SpanData) {
        if self.0.sampler.rejects(span.span_context.trace_id()) {
            return;
        }
        match &self.0.kept {
            Some(spans) => spans.push(span),
            None => self.0.pipeline.accept(span),
        }
    }
}

/// The index of the task goes before one that the host has for good.
fn say_index(attributes: &mut Vec<KeyValue>, index: Option<JobArrayIndex>) {
    let Some(JobArrayIndex(index)) = index else { return };
    let key = attribute::SPAWN_JOB_ARRAY_INDEX;
    match attributes.iter_mut().find(|attribute| attribute.key.as_str() == key) {
        Some(attribute) => attribute.value = index.into(),
        None => attributes.push(KeyValue::new(key, index)),
    }
}

impl SpanStart {
    /// A span that was planned and is over.
    pub(crate) fn planned(
        context: SpanContext,
        parent: SpanId,
        parent_is_remote: bool,
        time: SystemTime,
        job_array_index: Option<JobArrayIndex>,
    ) -> Self {
        Self { context, parent, parent_is_remote, decided: true, time, clock: Instant::now(), job_array_index }
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
            time: self.time + after,
            clock: self.clock,
            job_array_index: self.job_array_index,
        }
    }

    /// Whether the span begins a trace.
    pub(crate) fn is_root(&self) -> bool {
        self.parent == SpanId::INVALID
    }
}
