//! Reads a failed request: whether to try again, what is wrong, and what to do about it.

use std::error::Error;
use std::time::SystemTime;

use aws_sdk_xray::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_xray::operation::put_trace_segments::PutTraceSegmentsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::date_time::{DateTime, Format};

use super::super::split::Sent;
use super::super::words::{brief, chain};
use super::super::{Refusal, Trouble};
use crate::counters::DropReason;
use crate::throttle::is_throttle;

/// Whether a request that failed like this may be taken at once if it is sent again: what AWS says to a clock that is off.
/// The SDK has learned AWS's time from the answer then, and signs the next request with it.
pub(super) fn is_about_time(error: &SdkError<PutTraceSegmentsError, HttpResponse>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code).is_some_and(|code| SIGNED_IN_TIME.contains(&code))
}

/// Whether a request that failed like this may be taken with other credentials.
pub(super) fn is_about_credentials(error: &SdkError<PutTraceSegmentsError, HttpResponse>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code).is_some_and(|code| OUTLIVED.contains(&code))
}

/// Seconds by which AWS's clock is ahead of ours, as the answer dates itself.
pub(super) fn skew(error: &SdkError<PutTraceSegmentsError, HttpResponse>, now: SystemTime) -> Option<i64> {
    let date = error.raw_response()?.headers().get("date")?;
    let theirs = DateTime::from_str(date, Format::HttpDate).ok()?.secs();
    Some(theirs - DateTime::from(now).secs())
}

/// Codes by which AWS refuses credentials that it took before, or might take after a renewal.
const OUTLIVED: [&str; 6] = [
    "ExpiredTokenException",
    "ExpiredToken",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
];

/// Codes by which AWS refuses a signature for its time, among other reasons.
const SIGNED_IN_TIME: [&str; 5] = [
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
    "RequestExpired",
    "SignatureExpired",
];

/// Codes of what may go better the next time, whatever the status.
const PASSING: [&str; 5] = [
    "InternalFailure",
    "InternalServerError",
    "ServiceUnavailable",
    "RequestTimeoutException",
    "RequestAbortedException",
];

/// Both rights at once: the second would be missed next.
const MAY_NOT: &str = "add this to the policy of the identity that sends, an instance's role for example: \
     {\"Sid\":\"SendSpansToXRay\",\"Effect\":\"Allow\",\
     \"Action\":[\"xray:PutTraceSegments\",\"xray:PutTelemetryRecords\"],\"Resource\":\"*\"}";

/// What the failure means for the documents of the request.
pub(super) fn read(error: &SdkError<PutTraceSegmentsError, HttpResponse>) -> Sent {
    match error {
        SdkError::ServiceError(answer) => service(answer.err(), answer.raw().status().as_u16()),
        SdkError::TimeoutError(_) => Sent::Failed(unreachable("no answer in time")),
        SdkError::DispatchFailure(failure) if failure.is_timeout() || failure.is_io() || has_broken_off(error) => {
            let why = failure.as_connector_error().map_or_else(|| "no connection".to_owned(), |error| chain(error));
            Sent::Failed(unreachable(&why))
        }
        SdkError::ResponseError(_) => Sent::Failed(unreachable("an answer that is not X-Ray's")),
        other => Sent::Failed(Trouble {
            lasting: true,
            after: None,
            what: format!("no request can be made to X-Ray: {}", brief(&chain(other))),
            remedy: "give this host credentials and a region: an instance profile on EC2, AWS_PROFILE or AWS_REGION \
                     elsewhere; `aws sts get-caller-identity` must work"
                .to_owned(),
        }),
    }
}

fn service(error: &PutTraceSegmentsError, status: u16) -> Sent {
    let code = error.code().unwrap_or_default();
    let said = match (code, error.message()) {
        ("", None) => format!("status {status}"),
        ("", Some(message)) => format!("status {status}: {}", brief(message)),
        (code, None) => code.to_owned(),
        (code, Some(message)) => format!("{code}: {}", brief(message)),
    };
    let is_throttled = code.contains("Throttl") || code.contains("TooManyRequests") || status == 429;
    let after = is_throttled.then_some(std::time::Duration::ZERO);
    let trouble = |lasting, remedy: &str| {
        let what = format!("X-Ray refuses the spans: {said}");
        Sent::Failed(Trouble { lasting, after, what, remedy: remedy.to_owned() })
    };
    let refused = |reason| {
        let code = if code.is_empty() { status.to_string() } else { code.to_owned() };
        Sent::Refused(Refusal { reason, code, what: format!("X-Ray has refused documents: {said}") })
    };
    match code {
        _ if status < 300 => Sent::Failed(unreachable("an answer that is not X-Ray's")),
        "AccessDeniedException" | "AccessDenied" | "NotAuthorized" | "UnauthorizedOperation" => trouble(true, MAY_NOT),
        "ExpiredTokenException" | "ExpiredToken" | "TokenRefreshRequired" => {
            trouble(false, "renew the credentials of this host; if they are new, set its clock")
        }
        "RequestExpired" | "RequestTimeTooSkewed" | "SignatureExpired" => {
            trouble(true, "set the clock of this host: AWS takes signatures of the last five minutes")
        }
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "OptInRequired" => trouble(true, "check the credentials, the region and the clock of this host"),
        _ if is_throttle(code, status) || code.contains("Throttl") || code.contains("TooManyRequests") => {
            trouble(false, "they are sent again; if this stays, lower the sampling rate or raise the account's quota")
        }
        _ if status >= 500 || status == 408 || PASSING.contains(&code) => {
            trouble(false, "they are sent again; see the AWS Health Dashboard if this stays")
        }
        _ if status == 413 || code == "RequestEntityTooLargeException" => refused(DropReason::TooLarge),
        "InvalidRequestException" | "ValidationException" | "ValidationError" | "SerializationException" => {
            refused(DropReason::Rejected)
        }
        _ => trouble(true, "check `tracing-endpoint`: what answers there does not take segment documents"),
    }
}

/// Whether the connection ended before there was an answer. The SDK has no word for that; what it has none for otherwise are
/// credentials that nobody gives.
fn has_broken_off(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<hyper_util::client::legacy::Error>() {
            return true;
        }
        next = error.source();
    }
    false
}

fn unreachable(why: &str) -> Trouble {
    Trouble {
        lasting: false,
        after: None,
        what: format!("X-Ray cannot be reached: {}", brief(why)),
        remedy: "check the network, `tracing-endpoint` and the VPC endpoint or proxy between this host and X-Ray"
            .to_owned(),
    }
}
