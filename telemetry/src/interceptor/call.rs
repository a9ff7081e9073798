//! A recorded call under way. It is over when it is ended or dropped, whichever comes first, and is written once.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use opentelemetry::trace::{SpanContext, Status};
use opentelemetry_semantic_conventions::attribute::HTTP_REQUEST_BODY_SIZE;

use super::Shared;
use super::answered;
use super::attempt::Attempts;
use super::body::{self, FinishedCall, Reading};
use super::carrier::{self, Carrier};
use super::credentials::Asking;
use super::failure::Failure;
use super::kind::CallKind;
use super::sent;
use super::server::{self, Server};
use crate::attribute;
use crate::describe::Attributes;
use crate::propagation::header_value;
use crate::recorder::{Keep, SpanEnd, SpanStart, Unsampled};

/// A recorded call under way.
#[derive(Debug)]
pub(super) struct Call {
    shared: Arc<Shared>,
    start: SpanStart,
    /// `None` before the call is described and after it is written.
    kind: Option<Arc<CallKind>>,
    attributes: Attributes,
    /// Whether `attributes` are without those that all calls of the kind have in common.
    is_bare: bool,
    has_address: bool,
    attempts: Attempts,
    /// The body of the last answer, if it is one that the caller reads.
    reading: Option<Arc<Reading>>,
}

/// How a call ended.
enum Outcome<'a> {
    Done(&'a Output),
    /// The failure, and whether the caller planned for it.
    Failed(Failure, bool),
}

impl Call {
    pub(super) fn new(shared: Arc<Shared>, start: SpanStart) -> Self {
        let (attributes, attempts) = (Attributes::default(), Attempts::default());
        Self { shared, start, kind: None, attributes, is_bare: false, has_address: false, attempts, reading: None }
    }

    /// Asks the rules of the settings about the call, where there are any. The answer is the decision not to record it.
    pub(super) fn settle_operation(&mut self, kind: &CallKind) -> Option<Unsampled> {
        self.shared.recorder.settle_operation(&mut self.start, kind.name())
    }

    /// What a call of this kind is to be described with. One that is recorded only if it fails rarely is: what it has in
    /// common with all others waits until then.
    pub(super) fn begin_attributes(&mut self, kind: &CallKind) -> Attributes {
        self.is_bare = matches!(self.start.keep, Keep::IfFailed(_));
        if self.is_bare { kind.own_attributes() } else { kind.begin_attributes() }
    }

    /// Decides about a trace that begins with this call, where that has waited for what is known of it now.
    pub(super) fn settle_trace(&mut self, attributes: &Attributes) -> Option<Unsampled> {
        self.shared.recorder.settle_trace(&mut self.start, attributes.as_slice())
    }

    /// Notes which call it is and what is known of it so far.
    pub(super) fn describe(&mut self, kind: Arc<CallKind>, mut attributes: Attributes) {
        if let Some(reason) = &self.start.reason {
            attributes.add(attribute::SPAWN_SAMPLING_REASON, reason.clone());
        }
        self.kind = Some(kind);
        self.attributes = attributes;
    }

    /// Whether it is not known yet which call it is.
    pub(super) fn is_unknown(&self) -> bool {
        self.kind.is_none()
    }

    /// A lookup of the credentials that the call is to be signed with begins. A call that is recorded only if it fails
    /// is recorded alone.
    pub(super) fn asking(&self) -> Option<Asking> {
        let begin = || Asking::new(self.shared.clone(), self.start.child(self.start.clock.elapsed()));
        matches!(self.start.keep, Keep::Always).then(begin)
    }

    pub(super) fn begin_attempt(&mut self) {
        self.attempts.begin(Instant::now());
    }

    /// Notes where the request goes; the first attempt's is the call's.
    pub(super) fn address(&mut self, request: &HttpRequest) {
        if self.has_address {
            return;
        }
        self.has_address = true;
        if let Some(method) = server::method(request.method()) {
            self.attributes.add(attribute::HTTP_REQUEST_METHOD, method);
        }
        let Some(kind) = &self.kind else { return };
        if kind.uploads
            && let Some(size) = server::body_size(request)
        {
            self.attributes.set(HTTP_REQUEST_BODY_SIZE, size);
        }
        let server = kind.server(request.uri());
        if let Some(Server { host, port, .. }) = server.as_deref() {
            self.attributes.add(attribute::SERVER_ADDRESS, host.clone());
            self.attributes.add(attribute::SERVER_PORT, i64::from(*port));
        }
        if let Some(sent) = self.kind.as_ref().and_then(|kind| kind.sent) {
            sent::describe(sent, request, &mut self.attributes);
        }
    }

    /// The trace as AWS is told it; `None` while the rate is unknown, because nothing true could be said.
    pub(super) fn header(&self) -> Option<String> {
        self.start.passed_on().map(|(trace_id, parent, sampled)| header_value(trace_id, parent, sampled))
    }

    /// Whether what the call sends can carry a context, and how.
    pub(super) fn carrier(&self) -> Option<Carrier> {
        let name = self.kind.as_ref()?.name();
        Carrier::of(name.service, name.operation)
    }

    /// The context that goes with what the call sends; as [`Call::header`], `None` while the rate is unknown.
    pub(super) fn carried(&self) -> Option<SpanContext> {
        match self.start.not_kept() {
            Some(unsampled) => Some(carrier::of_unsampled(unsampled)),
            None => self.start.decided.then(|| self.start.context.clone()),
        }
    }

    /// Follows the answer's body, unless it is known that callers of this operation get none.
    pub(super) fn watch(&mut self, response: &mut HttpResponse) {
        if response.status().is_success() && self.kind.as_ref().is_some_and(|kind| kind.may_stream()) {
            self.reading = Some(body::watch(response, self.start.clock));
        }
    }

    /// Lets the body as the caller gets it have the last word, where there is one and it is known where.
    pub(super) fn watch_output(&self, output: &mut Output) {
        let (Some(reading), Some(kind)) = (&self.reading, &self.kind) else { return };
        let watch = || {
            if let Some(body) = self.shared.describe.body(&kind.name(), output) {
                body::watch_outermost(body, reading);
            }
        };
        if catch_unwind(AssertUnwindSafe(watch)).is_err() {
            tracing::debug!(call = %kind.span_name, "finding the body in the output of a call panicked");
        }
    }

    pub(super) fn end_attempt(
        &mut self,
        peer: Option<SocketAddr>,
        response: Option<&HttpResponse>,
        result: Option<Result<&Output, &OrchestratorError<Error>>>,
    ) {
        self.attempts.end(Instant::now(), peer, response, result);
        if let (Some(kind), Some(response), Some(Ok(_))) = (&self.kind, response, result) {
            answered::describe(kind.answered, response, &mut self.attributes);
        }
        if self.reading.is_some() {
            // A body that was not handed to the caller was read into memory.
            let streams = response.is_some_and(|response| response.body().bytes().is_none());
            if let (Some(Ok(_)), Some(kind)) = (result, &self.kind) {
                kind.streams(streams);
            }
            self.reading.take_if(|_| !streams);
        }
    }

    /// The call is over; without a result it was presigned and never sent.
    pub(super) fn end(
        mut self: Box<Self>,
        result: Option<Result<&Output, &OrchestratorError<Error>>>,
        expected: impl FnOnce() -> &'static [&'static str],
    ) {
        let Some(kind) = self.kind.take() else { return };
        let outcome = match result {
            None => return,
            Some(Ok(output)) if self.start.is_root() && self.is_empty_poll(&kind, output) => return,
            Some(Ok(output)) => Outcome::Done(output),
            Some(Err(error)) => {
                let failure = self.failure(error);
                let status = self.attempts.status();
                let is_expected = failure.is_expected(&kind, status, expected());
                Outcome::Failed(failure, is_expected)
            }
        };
        self.write(&kind, outcome);
    }

    /// The last attempt's failure is the call's, unless the call itself ran out of time.
    fn failure(&self, error: &OrchestratorError<Error>) -> Failure {
        match self.attempts.failure() {
            Some(failure) if !error.is_timeout_error() => failure.clone(),
            _ => Failure::of(error, None, self.attempts.count() > 0),
        }
    }

    fn is_empty_poll(&self, kind: &CallKind, output: &Output) -> bool {
        let asked = || self.shared.describe.is_empty_poll(&kind.name(), output);
        catch_unwind(AssertUnwindSafe(asked)).unwrap_or(false)
    }

    fn write(&mut self, kind: &CallKind, outcome: Outcome<'_>) {
        // A body that is still to be read may fail yet.
        let may_fail = self.reading.is_some() && matches!(outcome, Outcome::Done(_));
        let has_failed = matches!(outcome, Outcome::Failed(_, false));
        if matches!(self.start.keep, Keep::IfFailed(_)) && !has_failed && !may_fail {
            return;
        }
        let elapsed = self.start.clock.elapsed();
        let attempts = std::mem::take(&mut self.attempts);
        let mut attributes = std::mem::take(&mut self.attributes);
        if self.is_bare {
            attributes = kind.whole(attributes);
        }
        attempts.describe_last(&mut attributes);
        attributes.add(attribute::AWS_ATTEMPTS, i64::try_from(attempts.count()).unwrap_or(i64::MAX));
        if let Outcome::Done(output) = outcome {
            let described = || self.shared.describe.output(&kind.name(), output, &mut attributes);
            if catch_unwind(AssertUnwindSafe(described)).is_err() {
                tracing::debug!(call = %kind.span_name, "describing the output of a call panicked");
            }
        }
        attributes.add(attribute::ERROR, matches!(outcome, Outcome::Failed(_, false)));
        let recorder = &self.shared.recorder;
        if !may_fail || matches!(self.start.keep, Keep::Always) {
            attempts.record(recorder, &self.start, kind, elapsed);
        }
        let (name, span_kind) = (kind.span_name.clone(), kind.span_kind.clone());
        let status = match outcome {
            Outcome::Done(_) => {
                if let Some(reading) = self.reading.take() {
                    let (recorder, start) = (recorder.clone(), self.start.clone());
                    reading.claim(FinishedCall { recorder, start, name, kind: span_kind, attributes });
                    return self.shared.recorder.bodies().add(&reading);
                }
                Status::Unset
            }
            Outcome::Failed(failure, is_expected) => {
                failure.describe(&mut attributes);
                if is_expected { Status::Unset } else { Status::error(failure.message) }
            }
        };
        let attributes = attributes.into_vec();
        kind.had_attributes(attributes.len());
        recorder.end(&self.start, SpanEnd { name: name.into(), kind: span_kind, attributes, status, elapsed });
    }
}

impl Drop for Call {
    /// The caller has dropped the call's future: no hook says so.
    fn drop(&mut self) {
        if let Some(kind) = self.kind.take() {
            self.attempts.abandon(Instant::now());
            self.write(&kind, Outcome::Failed(Failure::cancelled(), false));
        }
    }
}
