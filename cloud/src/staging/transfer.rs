//! What the objects of one transfer share: the client, the number of requests at once, and the number of spans.

use super::error::StagingError;
use super::url::S3Url;
use super::{AT_ONCE, PATIENCE};
use crate::spans;
use aws_smithy_types::timeout::TimeoutConfig;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_telemetry::Telemetry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};

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
        if self.spans.fetch_add(1, Ordering::Relaxed) >= spans::MOST_OF_A_KIND {
            return work.with_context(spans::unsampled(&Context::current())).await;
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
