//! What can go wrong between spawn and AWS, with the remedy where one is known.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error as StdError;

/// Result of a question to AWS.
pub type Result<T> = std::result::Result<T, Error>;

/// Why AWS was not reached or did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// AWS answered with an error.
    #[error("{call}: {code}: {message}{}{}", request_id.as_ref().map(|id| format!(" (request id {id})")).unwrap_or_default(), remedy(code).map(|text| format!("; {text}")).unwrap_or_default())]
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
        matches!(self.code(), Some("UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException"))
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
            _ => Self::Unanswered { call, reason: with_remedy(causes(&error)) },
        }
    }
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

/// What to do about a code that operators meet often.
fn remedy(code: &str) -> Option<&'static str> {
    Some(match code {
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => {
            "add the action to the policy of the identity that calls (`aws sts get-caller-identity` shows it)"
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => "the credentials have expired: sign in again",
        "AuthFailure" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
            "AWS does not know these credentials: check the profile and the region"
        }
        "InstanceLimitExceeded" | "VcpuLimitExceeded" => {
            "ask for a higher quota in the Service Quotas console, or launch fewer or smaller instances"
        }
        "InsufficientInstanceCapacity" => "try another instance type or another region",
        _ => return None,
    })
}

/// Adds what to do to an error that never reached AWS.
fn with_remedy(reason: String) -> String {
    let hint = if reason.contains("no credentials found in chain") {
        let hint = "no AWS credentials: run `aws configure` or `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        // A source that is not set up is no news; one that is set up and failed is.
        let failed = reason.lines().skip(1).filter(|source| !source.contains("was not enabled"));
        let failed: Vec<&str> = failed.map(|source| source.trim().trim_end_matches(')')).collect();
        return if failed.is_empty() { hint.to_owned() } else { format!("{hint} ({})", failed.join("; ")) };
    } else if reason.contains("must be a valid host label") {
        return "the AWS region is no region name: correct --region, AWS_REGION or the profile".to_owned();
    } else if reason.contains("redentials") {
        "AWS gave no credentials: check the profile, the role or the sign-in that they come from"
    } else if reason.contains("dispatch failure") {
        "AWS was not reached: check the network, a proxy, and AWS_ENDPOINT_URL"
    } else {
        return reason;
    };
    format!("{hint} ({reason})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sources_of_credentials_that_failed_are_named() {
        let chain = |profile: &str| {
            format!(
                "dispatch failure: other: no credentials found in chain. Attempted:\n  \
                 Environment: the credential provider was not enabled: environment variable not set\n  Profile: {profile})"
            )
        };
        let none = with_remedy(chain("the credential provider was not enabled"));
        assert!(none.ends_with("AWS_SECRET_ACCESS_KEY"), "{none}");
        let broken = with_remedy(chain("could not parse profile file"));
        assert!(broken.ends_with("AWS_SECRET_ACCESS_KEY (Profile: could not parse profile file)"), "{broken}");
    }
}
