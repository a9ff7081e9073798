//! What the objects of one transfer share: the client, the number of requests at once, and the number of spans.

use super::error::StagingError;
use super::url::S3Url;
use super::{AT_ONCE, PATIENCE};
use aws_smithy_types::timeout::TimeoutConfig;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};
use spawn_telemetry::Telemetry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};

/// Objects of one transfer that have spans. A trace of X-Ray holds 500 KB, a span of ours takes one or two of them.
const MOST_SPANS: usize = 64;

/// One transfer; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Transfer {
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) bucket: Arc<str>,
    telemetry: Telemetry,
    requests: Arc<Semaphore>,
    spans: Arc<AtomicUsize>,
}

impl Transfer {
    pub(super) fn new(s3: &aws_sdk_s3::Client, telemetry: &Telemetry, bucket: &str) -> Self {
        Self {
            s3: s3.clone(),
            bucket: Arc::from(bucket),
            telemetry: telemetry.clone(),
            requests: Arc::new(Semaphore::new(AT_ONCE)),
            spans: Arc::new(AtomicUsize::new(0)),
        }
    }

    pub(super) fn url(&self, key: &str) -> S3Url {
        S3Url::of(&self.bucket, key)
    }

    /// Does an object's work in a span of its own, or without one where there are enough already.
    pub(super) async fn in_span<T>(
        &self,
        key: &str,
        work: impl Future<Output = Result<T, StagingError>>,
    ) -> Result<T, StagingError> {
        if self.spans.fetch_add(1, Ordering::Relaxed) >= MOST_SPANS {
            return work.with_context(unsampled(&Context::current())).await;
        }
        self.telemetry.in_span(format!("stage {key}"), Vec::new(), work).await
    }

    /// Waits until one more request may be made. The semaphore is never closed.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        self.requests.clone().acquire_owned().await.ok()
    }
}

/// For requests with a large body: what is enough for a call is not enough for 8 MiB over a slow line.
pub(super) fn patient() -> aws_sdk_s3::config::Builder {
    let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
    aws_sdk_s3::config::Config::builder().timeout_config(timeouts)
}

/// The same place in the trace, where nothing more is recorded.
pub(super) fn unsampled(context: &Context) -> Context {
    let span = context.span().span_context().clone();
    if !span.is_valid() {
        return context.clone();
    }
    let state = span.trace_state().clone();
    let flags = TraceFlags::default();
    context.with_remote_span_context(SpanContext::new(span.trace_id(), span.span_id(), flags, false, state))
}

/// Several objects, or parts of one, under way at once; dropping it ends them all.
#[derive(Debug)]
pub(super) struct Crowd<T> {
    tasks: JoinSet<Result<T, StagingError>>,
}

impl<T: Send + 'static> Crowd<T> {
    pub(super) fn new() -> Self {
        Self { tasks: JoinSet::new() }
    }

    /// Adds one, in the trace of the caller; waits first if there are as many as may be. What has ended meanwhile goes
    /// to `done`.
    pub(super) async fn add(
        &mut self,
        work: impl Future<Output = Result<T, StagingError>> + Send + 'static,
        done: impl FnMut(T),
    ) -> Result<(), StagingError> {
        let mut done = done;
        while self.tasks.len() >= AT_ONCE {
            if let Some(ended) = self.tasks.join_next().await {
                done(outcome(ended)?);
            }
        }
        self.tasks.spawn(work.with_context(Context::current()));
        Ok(())
    }

    /// Waits for all.
    pub(super) async fn finish(mut self, done: impl FnMut(T)) -> Result<(), StagingError> {
        let mut done = done;
        while let Some(ended) = self.tasks.join_next().await {
            done(outcome(ended)?);
        }
        Ok(())
    }
}

/// Nothing but a panic ends a task without an outcome, and it goes on in the caller.
fn outcome<T>(ended: Result<Result<T, StagingError>, JoinError>) -> Result<T, StagingError> {
    match ended {
        Ok(outcome) => outcome,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawn_telemetry::propagation;

    #[test]
    fn an_unsampled_context_is_the_same_place() {
        let text = |flags: u8| format!("00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-{flags:02x}");
        let context = propagation::remote_context(&text(1), Some("v=1")).unwrap();
        let unsampled = unsampled(&context);
        assert_eq!(propagation::traceparent(&unsampled), Some(text(0)));
        assert_eq!(propagation::tracestate(&unsampled).as_deref(), Some("v=1"));
        assert!(!super::unsampled(&Context::new()).span().span_context().is_valid());
    }
}
