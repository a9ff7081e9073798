//! The one handle through which the programs make spans, deliver them and ask how that goes.

mod to_recorder;

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanData};
use spawn_config::SamplingRate;

use crate::attribute;
use crate::counters::Counters;
use crate::dead_letters::{Choice, DeadLetters, DeadLettersError};
use crate::describe::DescribeCall;
use crate::health::Health;
use crate::identity::{JobArrayIndex, SpanIdentity};
use crate::ids::TimedIds;
use crate::interceptor::TracingInterceptor;
use crate::pipeline::{Delivery, Flushed, Pipeline};
use crate::plan::{Plan, TracePlan};
use crate::planned::{PlannedSpan, SpanRecord};
use crate::recorder::{Recorder, SCOPE, SpanEnd};
use crate::resource::Program;
use crate::sampler::{SamplerStatus, SdkSampler};
use crate::storage::StorageStatus;
use crate::testing::Spans;
use crate::unkept::Unkept;

pub(crate) use to_recorder::ToRecorder;

/// Makes spans and delivers them. Clones share one telemetry; nothing about it is global.
#[derive(Clone, Debug)]
pub struct Telemetry {
    recorder: Recorder,
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Telemetry {
    /// Starts to record, before anything is known: spans are held until [`Telemetry::configure`].
    #[must_use]
    pub fn start(program: Program) -> Self {
        tracing::debug!(
            program = program.name,
            version = program.version,
            "spans are held until the settings are known"
        );
        Self::new(Recorder::new(Pipeline::start(), None))
    }

    pub(crate) fn keeping(spans: Spans) -> Self {
        Self::new(Recorder::new(Pipeline::start(), Some(spans)))
    }

    fn new(recorder: Recorder) -> Self {
        let provider = SdkTracerProvider::builder()
            .with_sampler(SdkSampler(recorder.sampler().clone()))
            .with_id_generator(TimedIds)
            .with_span_processor(ToRecorder(recorder.clone()))
            // The exporter adds the resource, which is not known yet.
            .with_resource(Resource::builder_empty().build())
            .build();
        let scope = InstrumentationScope::builder(SCOPE).with_version(env!("CARGO_PKG_VERSION")).build();
        Self { recorder, tracer: provider.tracer_with_scope(scope), provider }
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    pub(crate) fn provider(&self) -> &SdkTracerProvider {
        &self.provider
    }

    /// Settles what becomes of the spans held so far and of all later ones. May be called again with another plan.
    pub fn configure(&self, plan: Plan) {
        match plan {
            Plan::Off => {
                self.recorder.sampler().turn_off();
                self.recorder.pipeline().configure(Delivery::Discard, &|_| true);
                self.recorder.pipeline().accompany(None);
            }
            Plan::On(plan) => {
                let TracePlan { sampling, identity, export, storage } = *plan;
                let sampler = self.recorder.sampler();
                let following = sampler.choose(&sampling);
                self.recorder.identify(&identity);
                self.recorder.pipeline().keep_in(storage);
                let keep = |span: &SpanData| !sampler.rejects(span.span_context.trace_id());
                self.recorder.pipeline().configure(Delivery::Export(Box::new(export)), &keep);
                self.recorder.pipeline().accompany(following);
            }
        }
    }

    pub(crate) fn decide(&self, rate: SamplingRate) {
        self.recorder.sampler().decide(rate);
    }

    #[cfg(test)]
    pub(crate) fn choose(&self, plan: &crate::SamplingPlan) {
        assert!(self.recorder.sampler().choose(plan).is_none(), "nothing is to be asked for");
    }

    /// The interceptor that makes a span of every call of a client; `None` when tracing is off, so that it costs nothing.
    #[must_use]
    pub fn interceptor(&self, describe: Arc<dyn DescribeCall>, identity: SpanIdentity) -> Option<SharedInterceptor> {
        if self.recorder.sampler().is_off() {
            return None;
        }
        let interceptor = TracingInterceptor::new(self.recorder.clone(), describe, &identity);
        Some(SharedInterceptor::permanent(interceptor))
    }

    /// Starts a span and gives the context that holds it; what runs in this context is its child.
    ///
    /// The span ends with `context.span().end()` or with the context's last clone. With tracing off, the answer is
    /// `parent` itself.
    #[must_use]
    pub fn start_span(
        &self,
        name: impl Into<Cow<'static, str>>,
        kind: SpanKind,
        parent: &Context,
        attributes: Vec<KeyValue>,
        started: Option<SystemTime>,
    ) -> Context {
        if self.recorder.sampler().is_off() {
            return parent.clone();
        }
        let index = parent.get::<JobArrayIndex>().map(|index| KeyValue::new(attribute::SPAWN_JOB_ARRAY_INDEX, index.0));
        let attributes = attributes.into_iter().chain(index).collect::<Vec<_>>();
        let name = name.into();
        let spare = self.recorder.sampler().keeps_errors().then(|| (name.clone(), kind.clone(), attributes.clone()));
        let mut builder = SpanBuilder::from_name(name).with_kind(kind).with_attributes(attributes);
        builder.start_time = started;
        let context = parent.with_span(self.tracer.build_with_context(builder, parent));
        match spare {
            Some((name, kind, attributes)) => Unkept::within(context, parent, name, kind, attributes, started),
            None => context,
        }
    }

    /// Settles the ids of a span below `parent`, or of a new trace if it holds no span. Nothing is recorded yet.
    #[must_use]
    pub fn plan_span(&self, parent: &Context) -> PlannedSpan {
        PlannedSpan::begun(self.recorder.begin_under(parent), parent, TimedIds.span_id())
    }

    /// Says that a planned span has come about and is under way. If it takes long, X-Ray is told, so that work shows whose
    /// host is killed; the span itself is recorded with [`Telemetry::record`], here or by another host. Announced are spans
    /// that stand at the top of their part of the trace, once; nothing is counted for it.
    pub fn announce(
        &self,
        planned: &PlannedSpan,
        name: impl Into<Cow<'static, str>>,
        kind: SpanKind,
        started: SystemTime,
        attributes: Vec<KeyValue>,
    ) {
        self.announce_when(planned, name.into(), kind, started, attributes, false);
    }

    /// As [`Telemetry::announce`], for work that is sure to take long: X-Ray is told at once.
    pub fn announce_now(
        &self,
        planned: &PlannedSpan,
        name: impl Into<Cow<'static, str>>,
        kind: SpanKind,
        started: SystemTime,
        attributes: Vec<KeyValue>,
    ) {
        self.announce_when(planned, name.into(), kind, started, attributes, true);
    }

    fn announce_when(
        &self,
        planned: &PlannedSpan,
        name: Cow<'static, str>,
        kind: SpanKind,
        started: SystemTime,
        attributes: Vec<KeyValue>,
        now: bool,
    ) {
        if self.recorder.sampler().is_off() {
            return;
        }
        let Some(start) = planned.start(started) else { return };
        let end = SpanEnd { name, kind, attributes, status: Status::Unset, elapsed: Duration::ZERO };
        self.recorder.begun_planned(&start, end, now);
    }

    /// Records a planned span that is over. One that was not sampled, or planned with tracing off, leaves nothing.
    pub fn record(&self, planned: PlannedSpan, record: SpanRecord) {
        if self.recorder.sampler().is_off() {
            return;
        }
        let keeps_errors = self.recorder.sampler().keeps_errors();
        let Some((start, record, links, status)) = planned.into_parts(record, keeps_errors) else { return };
        let SpanRecord { name, kind, started, ended, attributes, .. } = record;
        let elapsed = ended.duration_since(started).unwrap_or_default();
        self.recorder.end_planned(&start, SpanEnd { name, kind, attributes, status, elapsed }, links);
    }

    /// Does the work in a span of its own under the current context; its error is the span's error.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn in_span<T, E: Display>(
        &self,
        name: impl Into<Cow<'static, str>>,
        attributes: Vec<KeyValue>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        if self.recorder.sampler().is_off() {
            return work.await;
        }
        let context = self.start_span(name, SpanKind::Internal, &Context::current(), attributes, None);
        let mut open = OpenSpan { telemetry: self, context: &context, done: false };
        let outcome = work.with_context(context.clone()).await;
        if let Err(error) = &outcome {
            self.fail(&context, &error.to_string(), None);
        }
        open.done = true;
        outcome
    }

    /// Marks the span in `context` as failed. Does nothing with tracing off.
    pub fn mark_failed(&self, context: &Context, message: &str) {
        if !self.recorder.sampler().is_off() {
            self.fail(context, message, None);
        }
    }

    fn fail(&self, context: &Context, message: &str, error_type: Option<&'static str>) {
        let span = context.span();
        if let Some(error_type) = error_type {
            span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, error_type));
        }
        span.set_attribute(KeyValue::new(attribute::ERROR, true));
        span.set_attribute(KeyValue::new(attribute::ERROR_MESSAGE, message.to_owned()));
        span.set_status(Status::error(message.to_owned()));
        if self.recorder.sampler().keeps_errors() {
            Unkept::fail(context, &self.recorder, message, error_type);
        }
    }

    /// The account of spans.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.recorder.pipeline().counters()
    }

    /// Sends the chosen dead letters once more, as new spans of this program: those are created anew in the account, and if
    /// they are refused again, they are dead letters again. Says how many they were; with nothing to export to, none.
    ///
    /// # Errors
    /// If the letters cannot be read or removed; then some may have been sent.
    pub fn retry(&self, letters: &DeadLetters, choice: &Choice) -> Result<usize, DeadLettersError> {
        if self.health().exporter.is_none() {
            return Ok(0);
        }
        letters.take(choice, &mut |letter| letter.span().map(|span| self.recorder.pipeline().accept(span)).is_some())
    }

    /// How delivery is doing, and what to do about it.
    #[must_use]
    pub fn health(&self) -> Health {
        self.recorder.pipeline().health()
    }

    /// How it stands with the spans that wait: on disk, in memory, and how much room there is.
    #[must_use]
    pub fn storage(&self) -> StorageStatus {
        self.recorder.pipeline().storage()
    }

    /// What decides which traces are recorded, and how it stands with that.
    #[must_use]
    pub fn sampler(&self) -> SamplerStatus {
        self.recorder.sampler().status()
    }

    /// Delivers what waits, within this time. Recording goes on. A call whose answer is still being read is told as far
    /// as it was read.
    pub async fn flush(&self, within: Duration) -> Flushed {
        self.recorder.bodies().settle();
        self.recorder.pipeline().flush(within).await
    }

    /// As [`Telemetry::flush`], and delivers what processes have left on disk that are gone.
    pub async fn flush_everything(&self, within: Duration) -> Flushed {
        self.recorder.bodies().settle();
        self.recorder.pipeline().flush_everything(within).await
    }

    /// Has the disk keep what is written of spans, within this time, and without waiting for the end of its usual interval.
    /// Whether it keeps all of it; without a disk it does not.
    pub async fn sync(&self, within: Duration) -> bool {
        self.recorder.pipeline().sync(within).await
    }

    /// Delivers what waits, within this time, and ends the delivery. Blocks; works on any thread.
    pub fn shutdown(&self, within: Duration) -> Flushed {
        self.recorder.bodies().settle();
        self.recorder.pipeline().shutdown(within)
    }
}

/// Ends a span, whether its work is done or dropped before that.
struct OpenSpan<'a> {
    telemetry: &'a Telemetry,
    context: &'a Context,
    done: bool,
}

impl Drop for OpenSpan<'_> {
    fn drop(&mut self) {
        if !self.done {
            let message = "the work was dropped before it was done";
            self.telemetry.fail(self.context, message, Some(attribute::CANCELLED));
        }
        self.context.span().end();
    }
}

#[cfg(test)]
mod tests;
