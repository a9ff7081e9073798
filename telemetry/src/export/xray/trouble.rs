//! Reads a failed request: whether to try again, what is wrong, and what to do about it.

use aws_sdk_xray::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_xray::operation::put_trace_segments::PutTraceSegmentsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::super::Trouble;
use super::super::split::Sent;
use super::super::words::{brief, chain};
use crate::counters::DropReason;

/// Whether a request that failed like this may be taken at once if it is sent again: what AWS says to a clock that is off.
/// The SDK has learned AWS's time from the answer then, and signs the next request with it.
pub(super) fn is_about_time(error: &SdkError<PutTraceSegmentsError, HttpResponse>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code).is_some_and(|code| SIGNED_IN_TIME.contains(&code))
}

/// Codes by which AWS refuses a signature for its time, among other reasons.
const SIGNED_IN_TIME: [&str; 5] = [
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
    "RequestExpired",
    "SignatureExpired",
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
        SdkError::DispatchFailure(failure) if failure.is_timeout() || failure.is_io() => {
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
    match code {
        "AccessDeniedException" | "AccessDenied" | "NotAuthorized" | "UnauthorizedOperation" => trouble(true, MAY_NOT),
        "ExpiredTokenException" | "ExpiredToken" => {
            trouble(false, "renew the credentials of this host; if they are new, set its clock")
        }
        "RequestExpired" | "RequestTimeTooSkewed" | "SignatureExpired" => {
            trouble(true, "set the clock of this host: AWS takes signatures of the last five minutes")
        }
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "OptInRequired" => trouble(true, "check the credentials, the region and the clock of this host"),
        _ if code.contains("Throttl") || code.contains("TooManyRequests") || status == 429 => {
            trouble(false, "they are sent again; if this stays, lower the sampling rate or raise the account's quota")
        }
        _ if status >= 500 || status == 408 => {
            trouble(false, "they are sent again; see the AWS Health Dashboard if this stays")
        }
        _ if status == 413 => Sent::Refused { reason: DropReason::TooLarge, refusal: said },
        "InvalidRequestException" | "ValidationException" | "SerializationException" => {
            Sent::Refused { reason: DropReason::Rejected, refusal: said }
        }
        _ => trouble(true, "check `tracing-endpoint`: what answers there does not take segment documents"),
    }
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
