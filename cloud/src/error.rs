//! What can go wrong between spawn and AWS, with the remedy where one is known.

mod remedy;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error as StdError;

/// Result of a question to AWS.
pub type Result<T> = std::result::Result<T, Error>;

/// What AWS says of a queue that is gone: the code of SQS's query protocol, and that of its JSON one.
pub(crate) const NO_QUEUE: [&str; 2] = ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"];

/// Why AWS was not reached or did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// AWS answered with an error.
    #[error("{}{}", said(call, code, message, request_id.as_deref()), remedy::of(call, code, message).map(|text| format!("; {text}")).unwrap_or_default())]
    Refused {
        /// Service and operation, for example `EC2 RunInstances`.
        call: &'static str,
        /// AWS error code.
        code: String,
        /// AWS's own words.
        message: String,
        /// For AWS support; absent when the answer had none.
        request_id: Option<String>,
    },
    /// No answer came: no network, no credentials, no region, or the time ran out.
    #[error("{call}: {reason}")]
    Unanswered {
        /// Service and operation.
        call: &'static str,
        /// The whole chain of causes, and what to do where that is known.
        reason: String,
    },
    /// The instance metadata service did not answer as it should.
    #[error("instance metadata {path}: {reason}")]
    Metadata {
        /// What was asked for.
        path: String,
        /// What came instead.
        reason: String,
    },
    /// An answer lacked what it always has, or could not be read.
    #[error("{call}: unexpected answer: {reason}")]
    Unexpected {
        /// Service and operation.
        call: &'static str,
        /// What was missing or malformed.
        reason: String,
    },
}

impl Error {
    /// AWS's error code, where AWS answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether AWS said that the caller may not do this; asking again will not help.
    pub fn is_denied(&self) -> bool {
        self.code().is_some_and(|code| remedy::DENIED.contains(&code))
    }

    /// Whether AWS asked to go slower, beyond what the SDK's own retries take.
    pub fn is_throttled(&self) -> bool {
        self.code().is_some_and(|code| spawn_telemetry::is_throttle(code, 0))
    }

    /// Whether SQS said that there is no such queue.
    pub fn is_queue_gone(&self) -> bool {
        self.code().is_some_and(|code| NO_QUEUE.contains(&code))
    }

    /// Whether DynamoDB said that there is no such table.
    pub fn is_table_missing(&self) -> bool {
        matches!(self, Self::Refused { call, code, .. } if call.starts_with("DynamoDB ") && code == "ResourceNotFoundException")
    }

    /// Whether EC2 said that the instance cannot hibernate, now or ever.
    pub fn is_no_hibernation(&self) -> bool {
        let hibernation = |code: &str| code.to_ascii_lowercase().contains("hibernat");
        self.code().is_some_and(|code| code == "UnsupportedOperation" || hibernation(code))
    }

    /// What happened, and what to do about it, for those who show the two apart.
    pub fn told_apart(&self) -> (String, Option<String>) {
        match self {
            Self::Refused { call, code, message, request_id } => {
                (said(call, code, message, request_id.as_deref()), remedy::of(call, code, message))
            }
            Self::Unanswered { .. } => {
                let remedy = "check the network, a proxy (HTTPS_PROXY, NO_PROXY), the credentials and AWS_ENDPOINT_URL";
                (self.to_string(), Some(remedy.to_owned()))
            }
            Self::Metadata { .. } | Self::Unexpected { .. } => (self.to_string(), None),
        }
    }

    /// Turns the SDK's error of `call` into ours, keeping code, message and request id.
    pub(crate) fn of<E>(call: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let request_id = error
            .raw_response()
            .and_then(|response| {
                let headers = response.headers();
                headers.get("x-amzn-requestid").or_else(|| headers.get("x-amz-request-id"))
            })
            .map(str::to_owned);
        match &error {
            SdkError::ServiceError(service) => Self::Refused {
                call,
                code: service.err().code().unwrap_or("Unknown").to_owned(),
                message: service.err().message().unwrap_or("no message").to_owned(),
                request_id: request_id.or_else(|| request_id_of(service.err())),
            },
            _ => Self::Unanswered { call, reason: remedy::unanswered(causes(&error)) },
        }
    }
}

/// AWS's refusal in one line.
fn said(call: &str, code: &str, message: &str, request_id: Option<&str>) -> String {
    let request_id = request_id.map(|id| format!(" (request id {id})")).unwrap_or_default();
    format!("{call}: {code}: {message}{request_id}")
}

/// An error and its causes, each once. The SDK's own `DisplayErrorContext` adds the whole in debug form, which is a
/// screenful that tells an operator nothing more.
pub(crate) fn causes(error: &dyn StdError) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.ends_with(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

/// EC2 gives the request id in the body only; the SDK keeps it among the error's extras.
fn request_id_of(error: &impl ProvideErrorMetadata) -> Option<String> {
    error.meta().extra("aws_request_id").map(str::to_owned)
}
