//! Hands the trace on in what a call sends: messages, events, executions, invocations; and asks for it where messages are
//! received.
//!
//! It works on the serialized request, before it is signed, so that it needs no service's crate. What the caller sends
//! stays byte for byte; a request that is not as expected is left alone (docs/reference/propagation.md).

mod attributes;
mod carried;
mod events;
mod form;
mod json;
mod lambda;
mod size;
mod sns;
mod sqs;
mod step_functions;
#[cfg(test)]
mod tests;
mod unsampled;

use std::panic::{AssertUnwindSafe, catch_unwind};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use opentelemetry::trace::SpanContext;

pub(super) use unsampled::of_unsampled;

/// The calls that carry a context in what they send, or ask for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    SqsMessage,
    SqsBatch,
    SqsReceive,
    SnsMessage,
    SnsBatch,
    Invocation,
    Events,
    Execution,
}

impl Carrier {
    /// The carrier of this operation, in the SDK's own words; most have none.
    pub(super) fn of(service: &str, operation: &str) -> Option<Self> {
        Some(match (service, operation) {
            ("SQS", "SendMessage") => Self::SqsMessage,
            ("SQS", "SendMessageBatch") => Self::SqsBatch,
            ("SQS", "ReceiveMessage") => Self::SqsReceive,
            ("SNS", "Publish") => Self::SnsMessage,
            ("SNS", "PublishBatch") => Self::SnsBatch,
            ("Lambda", "Invoke" | "InvokeWithResponseStream") => Self::Invocation,
            ("EventBridge", "PutEvents") => Self::Events,
            ("SFN", "StartExecution" | "StartSyncExecution") => Self::Execution,
            _ => return None,
        })
    }

    /// Puts the context into the request. Without one, because nothing true can be said yet, messages are still asked for
    /// theirs.
    pub(super) fn put(self, own: Option<&SpanContext>, request: &mut HttpRequest) {
        if catch_unwind(AssertUnwindSafe(|| self.edit(own, request))).is_err() {
            tracing::debug!(carrier = ?self, "handing the trace on in a request panicked");
        }
    }

    fn edit(self, own: Option<&SpanContext>, request: &mut HttpRequest) {
        let edited = match (self, own) {
            (Self::SqsReceive, _) => in_body(request, sqs::receive),
            (_, None) => return,
            (Self::Invocation, Some(own)) => in_client_context(request, own),
            (Self::SqsMessage, Some(own)) => in_body(request, |body| sqs::message(own, body)),
            (Self::SqsBatch, Some(own)) => in_body(request, |body| sqs::batch(own, body)),
            (Self::SnsMessage, Some(own)) => in_body(request, |body| sns::message(own, body)),
            (Self::SnsBatch, Some(own)) => in_body(request, |body| sns::batch(own, body)),
            (Self::Events, Some(own)) => in_body(request, |body| events::put(own, body)),
            (Self::Execution, Some(own)) => in_body(request, |body| step_functions::start(own, body)),
        };
        if edited.is_none() {
            tracing::debug!(carrier = ?self, "the request is left as it is: it has all there is to say, or another shape");
        }
    }
}

/// Replaces the body by what is made of it, and says its new length where a length is said.
fn in_body(request: &mut HttpRequest, edit: impl FnOnce(&str) -> Option<String>) -> Option<()> {
    let edited = edit(std::str::from_utf8(request.body().bytes()?).ok()?)?;
    if request.headers().contains_key(CONTENT_LENGTH) {
        request.headers_mut().insert(CONTENT_LENGTH, edited.len().to_string());
    }
    *request.body_mut() = SdkBody::from(edited);
    Some(())
}

/// Puts the context into the client context of an invocation that has one: Lambda hands it on for synchronous ones alone.
fn in_client_context(request: &mut HttpRequest, own: &SpanContext) -> Option<()> {
    let headers = request.headers();
    if headers.get(INVOCATION_TYPE).is_some_and(|kind| kind != "RequestResponse") {
        return None;
    }
    let context = lambda::client_context(own, headers.get(CLIENT_CONTEXT))?;
    request.headers_mut().insert(CLIENT_CONTEXT, context);
    Some(())
}

const CONTENT_LENGTH: &str = "content-length";
const CLIENT_CONTEXT: &str = "x-amz-client-context";
const INVOCATION_TYPE: &str = "x-amz-invocation-type";
