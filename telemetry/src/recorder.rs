//! What spans of AWS calls and spans of the programs share: parent, decision, ids, and the way to the pipeline.

mod start;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use arc_swap::ArcSwap;
use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use crate::attribute;
use crate::describe::CallName;
use crate::identity::{JobArrayIndex, SpanIdentity};
use crate::ids::TimedIds;
use crate::interceptor::OpenBodies;
use crate::pipeline::Pipeline;
use crate::propagation::Undecided;
use crate::sampler::account::Facts;
use crate::sampler::{Decision, Reason, Sampler, Verdict};
use crate::testing::Spans;

pub(crate) use start::{Keep, SpanEnd, SpanStart, Unsampled};

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
    bodies: OpenBodies,
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

impl Recorder {
    pub(crate) fn new(pipeline: Pipeline, kept: Option<Spans>) -> Self {
        Self(Arc::new(Inner {
            sampler: Arc::new(Sampler::provisional()),
            pipeline,
            kept,
            scope: InstrumentationScope::builder(SCOPE).with_version(env!("CARGO_PKG_VERSION")).build(),
            identity: ArcSwap::default(),
            bodies: OpenBodies::default(),
        }))
    }

    pub(crate) fn sampler(&self) -> &Arc<Sampler> {
        &self.0.sampler
    }

    /// The answers that are still being read.
    pub(crate) fn bodies(&self) -> &OpenBodies {
        &self.0.bodies
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.0.pipeline
    }

    /// Sets the attributes that every span of the programs carries from now on.
    pub(crate) fn identify(&self, identity: &SpanIdentity) {
        self.0.identity.store(Arc::new(identity.attributes()));
        self.0.pipeline.identify(identity.attributes());
    }

    /// Begins a span of an AWS call under the current context. Which call it is comes out later: see [`Recorder::settle`].
    pub(crate) fn begin(&self) -> Begun {
        let open = self.0.sampler.asks_for_calls();
        Context::map_current(|cx| match self.begin_with(cx, open) {
            Begun::Unsampled(unsampled) if self.0.sampler.keeps_errors() => Begun::Sampled(self.watched(cx, unsampled)),
            begun => begun,
        })
    }

    /// Begins a span under this context.
    pub(crate) fn begin_under(&self, cx: &Context) -> Begun {
        self.begin_with(cx, false)
    }

    fn begin_with(&self, cx: &Context, open: bool) -> Begun {
        let span = cx.span();
        let parent = span.span_context();
        let is_child = parent.is_valid();
        if self.0.sampler.is_off() || cx.is_telemetry_suppressed() {
            return Begun::Silent;
        }
        let undecided = is_child && parent.is_remote() && cx.get::<Undecided>().is_some();
        let begins = !is_child || undecided;
        let (trace_id, now) = if is_child {
            (parent.trace_id(), None)
        } else {
            let now = SystemTime::now();
            (TimedIds.trace_id(now), Some(now))
        };
        let verdict = match (open && begins, is_child) {
            (true, _) => Decision::Record.into(),
            (false, true) => self.0.sampler.for_child(parent, undecided, &Facts::default()),
            (false, false) => self.0.sampler.for_root(trace_id, &Facts::default()),
        };
        let Verdict { decision, reason } = verdict;
        let decided = match decision {
            Decision::Off => return Begun::Silent,
            Decision::Drop => {
                let parent = is_child.then(|| parent.span_id());
                return Begun::Unsampled(Unsampled { trace_id, parent, sampled: false });
            }
            Decision::Record => true,
            Decision::RecordForNow => false,
        };
        let state = if is_child { parent.trace_state().clone() } else { TraceState::NONE };
        let asked = open && (begins || self.0.sampler.asks_for_operations());
        Begun::Sampled(SpanStart {
            context: SpanContext::new(trace_id, TimedIds.span_id(), TraceFlags::SAMPLED, false, state),
            parent: parent.span_id(),
            parent_is_remote: is_child && parent.is_remote(),
            decided,
            keep: if decided && asked { Keep::Open { begins } } else { Keep::Always },
            reason,
            time: now.unwrap_or_else(SystemTime::now),
            clock: Instant::now(),
            job_array_index: cx.get::<JobArrayIndex>().copied(),
        })
    }

    /// A call of a trace that is not recorded, to be recorded if it fails: alone, as a part of its trace of its own.
    fn watched(&self, cx: &Context, unsampled: Unsampled) -> SpanStart {
        let Unsampled { trace_id, parent, .. } = unsampled;
        let state = cx.span().span_context().trace_state().clone();
        SpanStart {
            context: SpanContext::new(trace_id, TimedIds.span_id(), TraceFlags::SAMPLED, false, state),
            parent: parent.unwrap_or(SpanId::INVALID),
            parent_is_remote: parent.is_some(),
            decided: true,
            keep: Keep::IfFailed(unsampled),
            reason: Some(Reason::error()),
            time: SystemTime::now(),
            clock: Instant::now(),
            job_array_index: cx.get::<JobArrayIndex>().copied(),
        }
    }

    /// Asks the rules for single operations about an open call. The answer is the decision not to record it.
    pub(crate) fn settle_operation(&self, start: &mut SpanStart, call: CallName<'_>) -> Option<Unsampled> {
        let Keep::Open { begins } = start.keep else { return None };
        match self.0.sampler.for_operation(call, start.context.trace_id()) {
            Some((true, reason)) => {
                start.keep = Keep::Always;
                if begins {
                    start.reason = Some(reason);
                }
                None
            }
            Some((false, reason)) => {
                if begins {
                    let trace_id = start.context.trace_id();
                    tracing::debug!(%trace_id, reason = reason.as_str(), "a trace is not recorded");
                    self.0.sampler.note_unrecorded(trace_id, reason);
                }
                self.not_recorded(start, !begins)
            }
            None if begins => None,
            None => {
                start.keep = Keep::Always;
                None
            }
        }
    }

    /// Decides about a trace that begins with an open call, now that it is described.
    pub(crate) fn settle_trace(&self, start: &mut SpanStart, attributes: &[KeyValue]) -> Option<Unsampled> {
        let Keep::Open { .. } = start.keep else { return None };
        let Verdict { decision, reason } = self.0.sampler.for_root(start.context.trace_id(), &Facts { attributes });
        match decision {
            Decision::Record | Decision::RecordForNow => {
                (start.keep, start.reason) = (Keep::Always, reason);
                None
            }
            Decision::Drop | Decision::Off => self.not_recorded(start, false),
        }
    }

    /// The call is not recorded, unless it fails and such are kept.
    fn not_recorded(&self, start: &mut SpanStart, sampled: bool) -> Option<Unsampled> {
        let parent = (!start.is_root()).then_some(start.parent);
        let unsampled = Unsampled { trace_id: start.context.trace_id(), parent, sampled };
        if !self.0.sampler.keeps_errors() {
            return Some(unsampled);
        }
        start.keep = Keep::IfFailed(unsampled);
        start.reason = Some(Reason::error());
        start.parent_is_remote |= !sampled && parent.is_some();
        None
    }

    /// Records a span that is over.
    pub(crate) fn end(&self, start: &SpanStart, end: SpanEnd) {
        let SpanEnd { name, kind, mut attributes, status, elapsed } = end;
        say_index(&mut attributes, start.job_array_index);
        if !start.decided && start.begins_here() {
            self.say_late_reason(start.context.trace_id(), &mut attributes);
        }
        self.accept(self.data(start, SpanEnd { name, kind, attributes, status, elapsed }));
    }

    /// Records a span that was planned; its own attributes come before those of the host.
    pub(crate) fn end_planned(&self, start: &SpanStart, end: SpanEnd, links: Vec<Link>) {
        let mut span = self.data(start, end);
        span.links.links = links;
        say_index(&mut span.attributes, start.job_array_index);
        span.attributes.extend(start.reason.clone().map(|it| KeyValue::new(attribute::SPAWN_SAMPLING_REASON, it)));
        self.accept_own(span);
    }

    /// Notes a span of the programs' own that has begun, if it stands at the top of its part of the trace.
    pub(crate) fn begun(&self, span: SpanData) {
        if self.is_worth_a_note(&span) {
            self.0.pipeline.begun(span, true);
        }
    }

    fn is_worth_a_note(&self, span: &SpanData) -> bool {
        let is_top = span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote;
        let is_call = matches!(span.span_kind, SpanKind::Client | SpanKind::Producer);
        is_top && !is_call && span.span_context.is_sampled() && self.0.kept.is_none()
    }

    /// Notes a planned span that has come about, to be announced `now` or once it takes long.
    pub(crate) fn begun_planned(&self, start: &SpanStart, end: SpanEnd, now: bool) {
        let mut span = self.data(start, end);
        say_index(&mut span.attributes, start.job_array_index);
        // It may end on another host, so it is nobody's here.
        match (self.is_worth_a_note(&span), now) {
            (true, true) => self.0.pipeline.begun_long(span),
            (true, false) => self.0.pipeline.begun(span, false),
            (false, _) => {}
        }
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
        let begins_here = span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote;
        if begins_here && span.attributes.iter().all(|said| said.key.as_str() != attribute::SPAWN_SAMPLING_REASON) {
            self.say_late_reason(span.span_context.trace_id(), &mut span.attributes);
        }
        // A wall clock that was set back while the span was open must not give it a negative length.
        span.end_time = span.end_time.max(span.start_time);
        self.accept(span);
    }

    /// Why a trace is recorded that began before it was known whether it would be.
    fn say_late_reason(&self, trace_id: TraceId, attributes: &mut Vec<KeyValue>) {
        let reason = self.0.sampler.settled_reason(trace_id);
        attributes.extend(reason.map(|reason| KeyValue::new(attribute::SPAWN_SAMPLING_REASON, reason)));
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
