//! One lookup of credentials, and the span that tells of it.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::identity::Identity;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, Status};

use super::source;
use crate::attribute;
use crate::describe::Attributes;
use crate::interceptor::Shared;
use crate::interceptor::failure::Failure;
use crate::recorder::{SpanEnd, SpanStart};

/// A lookup of credentials for a recorded call, in force while the providers work.
#[derive(Debug)]
pub(in crate::interceptor) struct Asking {
    pub(super) shared: Arc<Shared>,
    start: SpanStart,
    began: Instant,
    /// When the first request was made; nobody was asked before there is one.
    first: OnceLock<Duration>,
    /// How the last request failed that did.
    failure: Mutex<Option<Failure>>,
}

impl Asking {
    pub(in crate::interceptor) fn new(shared: Arc<Shared>, start: SpanStart) -> Self {
        Self { shared, start, began: Instant::now(), first: OnceLock::new(), failure: Mutex::default() }
    }

    /// The lookup that is in force, if there is one.
    pub(super) fn current() -> Option<Arc<Self>> {
        Context::map_current(|context| context.get::<Arc<Self>>().cloned())
    }

    /// Does the lookup with this in force.
    pub(super) async fn follow<F>(self, lookup: impl FnOnce() -> F) -> Result<Identity, BoxError>
    where
        F: Future<Output = Result<Identity, BoxError>>,
    {
        let asking = Arc::new(self);
        let context = Context::current().with_value(asking.clone());
        let mut unanswered = Unanswered(Some(asking));
        let found = async { lookup().await }.with_context(context).await;
        if let Some(asking) = unanswered.0.take() {
            asking.end(&found);
        }
        found
    }

    /// A request begins.
    pub(super) fn request(&self) -> SpanStart {
        let after = self.began.elapsed();
        self.first.get_or_init(|| after);
        self.start.child(after)
    }

    /// A request has failed.
    pub(super) fn failed(&self, failure: Failure) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    fn end(&self, found: &Result<Identity, BoxError>) {
        let elapsed = self.began.elapsed();
        match found {
            Ok(identity) => {
                let ran_process = source::is_process(identity);
                if ran_process {
                    self.record_process(elapsed, None);
                }
                // What stands in the environment or in a file costs nothing and is no story.
                if ran_process || self.first.get().is_some() {
                    let mut attributes = Attributes::default();
                    if let Some(source) = source::of(identity) {
                        attributes.add(attribute::AWS_CREDENTIALS_SOURCE, source);
                    }
                    let left = identity.expiration().and_then(|end| end.duration_since(SystemTime::now()).ok());
                    if let Some(left) = left {
                        let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
                        attributes.add(attribute::AWS_CREDENTIALS_LIFETIME, seconds);
                    }
                    self.record("credentials", &self.start, attributes, elapsed, None);
                }
            }
            Err(error) => {
                let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
                let failure = failure.unwrap_or_else(|| without_request(&**error));
                if source::speaks_of_process(&**error) {
                    self.record_process(elapsed, Some(&failure));
                }
                self.record("credentials", &self.start, Attributes::default(), elapsed, Some(failure));
            }
        }
    }

    /// The process ran before any request was made, because requests need what it printed.
    fn record_process(&self, elapsed: Duration, failure: Option<&Failure>) {
        let elapsed = self.first.get().copied().unwrap_or(elapsed);
        let start = self.start.child(Duration::ZERO);
        self.record("credentials process", &start, Attributes::default(), elapsed, failure.cloned());
    }

    fn record(
        &self,
        name: &'static str,
        start: &SpanStart,
        mut attributes: Attributes,
        elapsed: Duration,
        failure: Option<Failure>,
    ) {
        attributes.extend(&self.shared.identity);
        let status = match failure {
            None => Status::Unset,
            Some(failure) => {
                attributes.add(attribute::ERROR, true);
                failure.describe(&mut attributes);
                Status::error(failure.message)
            }
        };
        let (name, attributes) = (Cow::Borrowed(name), attributes.into_vec());
        self.shared.recorder.end(start, SpanEnd { name, kind: SpanKind::Internal, attributes, status, elapsed });
    }
}

/// Why there are no credentials although no request failed. The causes may quote what a process has printed or a file
/// holds, so that only the outermost words are told.
fn without_request(error: &(dyn std::error::Error + 'static)) -> Failure {
    let kind = match error.downcast_ref::<CredentialsError>() {
        Some(CredentialsError::ProviderTimedOut(_)) => attribute::TIMEOUT,
        Some(CredentialsError::InvalidConfiguration(_)) => attribute::CONSTRUCTION,
        _ => attribute::OTHER,
    };
    Failure::told(kind, error)
}

/// A lookup that is under way; the cache drops it when its time is over, and the caller with the call.
struct Unanswered(Option<Arc<Asking>>);

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(asking) = self.0.take() {
            let elapsed = asking.began.elapsed();
            asking.record("credentials", &asking.start, Attributes::default(), elapsed, Some(Failure::cancelled()));
        }
    }
}
