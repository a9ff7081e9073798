//! The attempts of a call: one is the rule and is told by the call's own span, more have a span each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use opentelemetry::trace::{SpanKind, Status};

use super::error_code;
use super::failure::Failure;
use super::kind::CallKind;
use crate::attribute;
use crate::describe::Attributes;
use crate::recorder::{Recorder, SpanEnd, SpanStart};

/// One attempt. Its times are told only if there are more, so they are not worked out before.
#[derive(Debug)]
struct Attempt {
    began: Instant,
    ended: Option<Instant>,
    peer: Option<SocketAddr>,
    answer: Answer,
    failure: Option<Failure>,
}

/// What the headers of an attempt's response say.
#[derive(Debug, Default)]
pub(super) struct Answer {
    status: Option<u16>,
    request_id: Option<Arc<str>>,
    extended_request_id: Option<Arc<str>>,
}

/// The attempts of a call so far.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    earlier: Vec<Attempt>,
    last: Option<Attempt>,
}

impl Attempts {
    pub(super) fn begin(&mut self, at: Instant) {
        let attempt = Attempt { began: at, ended: None, peer: None, answer: Answer::default(), failure: None };
        self.earlier.extend(self.last.replace(attempt));
    }

    pub(super) fn end(
        &mut self,
        at: Instant,
        peer: Option<SocketAddr>,
        response: Option<&HttpResponse>,
        result: Option<Result<&Output, &OrchestratorError<Error>>>,
    ) {
        let Some(attempt) = &mut self.last else { return };
        attempt.ended = Some(at);
        attempt.peer = peer;
        attempt.answer = response.map(Answer::of).unwrap_or_default();
        attempt.failure = match result {
            Some(Err(error)) => Some(Failure::of(error, response, true)),
            Some(Ok(_)) | None => None,
        };
    }

    /// The call ends here, in the midst of an attempt or after it.
    pub(super) fn abandon(&mut self, at: Instant) {
        if let Some(attempt) = self.last.as_mut().filter(|attempt| attempt.ended.is_none()) {
            attempt.ended = Some(at);
            attempt.failure = Some(Failure::cancelled());
        }
    }

    pub(super) fn count(&self) -> usize {
        self.earlier.len() + usize::from(self.last.is_some())
    }

    /// Status of the last attempt's response.
    pub(super) fn status(&self) -> Option<u16> {
        self.last.as_ref()?.answer.status
    }

    /// Failure of the last attempt.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.last.as_ref()?.failure.as_ref()
    }

    /// Says what the last attempt's response said.
    pub(super) fn describe_last(&self, into: &mut Attributes) {
        if let Some(attempt) = &self.last {
            attempt.answer.describe(into);
            describe_peer(attempt.peer, into);
        }
    }

    /// Records a span for each attempt, if there was more than one.
    ///
    /// They are internal spans, so that a service map counts the call and not its attempts.
    pub(super) fn record(self, recorder: &Recorder, call: &SpanStart, kind: &CallKind, at: Duration) {
        let Self { earlier, last } = self;
        if earlier.is_empty() {
            return;
        }
        let mut previous_end = None;
        for (index, attempt) in earlier.into_iter().chain(last).enumerate() {
            let Attempt { began, ended, peer, answer, failure } = attempt;
            let since_start = |instant: Instant| instant.saturating_duration_since(call.clock);
            let (began, ended) = (since_start(began), ended.map_or(at, since_start));
            let backoff = previous_end.map(|end| began.saturating_sub(end));
            previous_end = Some(ended);
            let mut attributes = Attributes::with_capacity(kind.attempt_attributes.len() + 8);
            attributes.extend(&kind.attempt_attributes);
            attributes.add(attribute::HTTP_REQUEST_RESEND_COUNT, i64::try_from(index).unwrap_or(i64::MAX));
            if let Some(backoff) = backoff {
                attributes.add(attribute::AWS_BACKOFF_MS, i64::try_from(backoff.as_millis()).unwrap_or(i64::MAX));
            }
            answer.describe(&mut attributes);
            describe_peer(peer, &mut attributes);
            attributes.add(attribute::ERROR, failure.is_some());
            let status = match &failure {
                Some(failure) => {
                    failure.describe(&mut attributes);
                    Status::error(failure.message.clone())
                }
                None => Status::Unset,
            };
            recorder.end(
                &call.child(began),
                SpanEnd {
                    name: format!("{} attempt {}", kind.span_name, index + 1).into(),
                    kind: SpanKind::Internal,
                    attributes: attributes.into_vec(),
                    status,
                    elapsed: ended.saturating_sub(began),
                },
            );
        }
    }
}

fn describe_peer(peer: Option<SocketAddr>, into: &mut Attributes) {
    if let Some(peer) = peer {
        into.add(attribute::NETWORK_PEER_ADDRESS, peer.ip().to_string());
        into.add(attribute::NETWORK_PEER_PORT, i64::from(peer.port()));
    }
}

impl Answer {
    pub(super) fn of(response: &HttpResponse) -> Self {
        let headers = response.headers();
        let status = Some(response.status().as_u16());
        if let Some(id) = headers.get("x-amzn-requestid") {
            return Self { status, request_id: Some(id.into()), extended_request_id: None };
        }
        // S3 has its own name for the request id, and a second id.
        let request_id = ["x-amz-request-id", "x-amzn-request-id"].into_iter().find_map(|name| headers.get(name));
        let request_id = request_id.map(Arc::from);
        let extended_request_id = headers.get("x-amz-id-2").map(Arc::from);
        let request_id = request_id.or_else(|| error_code::request_id_in_body(response).map(Arc::from));
        Self { status, request_id, extended_request_id }
    }

    pub(super) fn describe(&self, into: &mut Attributes) {
        let Self { status, request_id, extended_request_id } = self;
        if let Some(id) = request_id {
            into.add(attribute::AWS_REQUEST_ID, id.clone());
        }
        if let Some(id) = extended_request_id {
            into.add(attribute::AWS_EXTENDED_REQUEST_ID, id.clone());
        }
        if let Some(status) = *status {
            into.add(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status));
        }
    }
}
