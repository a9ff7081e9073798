//! What is wrong when X-Ray does not tell the rules, and what to do about it.

use aws_sdk_xray::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::export::{Trouble, brief, chain};
use crate::throttle::is_throttle;

/// Both rights at once: the second would be missed next.
const MAY_NOT: &str = "add this to the policy of the identity that asks, an instance's role for example: \
     {\"Sid\":\"FollowSamplingRules\",\"Effect\":\"Allow\",\
     \"Action\":[\"xray:GetSamplingRules\",\"xray:GetSamplingTargets\"],\"Resource\":\"*\"}, or set `sampler: ratio`";

/// What a failed request means.
pub(super) fn read<E>(error: &SdkError<E, HttpResponse>) -> Trouble
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let trouble =
        |lasting, what: String, remedy: &str| Trouble { lasting, after: None, what, remedy: remedy.to_owned() };
    match error {
        SdkError::ServiceError(answer) => {
            let (code, status) = (answer.err().code().unwrap_or_default(), answer.raw().status().as_u16());
            let said = match code {
                "" => said(Some(&format!("status {status}")), answer.err().message()),
                code => said(Some(code), answer.err().message()),
            };
            let (lasting, remedy) = match code {
                "AccessDeniedException" | "AccessDenied" | "NotAuthorized" | "UnauthorizedOperation" => (true, MAY_NOT),
                _ if is_throttle(code, status) || status >= 500 => (false, "it is asked again"),
                _ if status == 403 => (true, "check the credentials, the region and the clock of this host"),
                _ => (
                    true,
                    "check `tracing-endpoint`: what answers there does not know sampling rules; or set `sampler: ratio`",
                ),
            };
            trouble(lasting, format!("X-Ray does not tell its sampling rules: {said}"), remedy)
        }
        SdkError::ResponseError(_) => trouble(
            false,
            "X-Ray's sampling rules cannot be read: an answer that is not X-Ray's".to_owned(),
            "check `tracing-endpoint` and the proxy between this host and X-Ray",
        ),
        SdkError::TimeoutError(_) => unreachable("no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() || failure.is_io() => {
            unreachable(&failure.as_connector_error().map_or_else(|| "no connection".to_owned(), |error| chain(error)))
        }
        other => trouble(
            true,
            format!("no request can be made to X-Ray: {}", brief(&chain(other))),
            "give this host credentials and a region, or set `sampler: ratio`",
        ),
    }
}

fn unreachable(why: &str) -> Trouble {
    Trouble {
        lasting: false,
        after: None,
        what: format!("X-Ray cannot be asked for its sampling rules: {}", brief(why)),
        remedy: "check the network, `tracing-endpoint` and the VPC endpoint or proxy between this host and X-Ray"
            .to_owned(),
    }
}

/// The words of X-Ray about a failure.
pub(super) fn said(code: Option<&str>, message: Option<&str>) -> String {
    match (code, message) {
        (Some(code), Some(message)) => brief(&format!("{code}: {message}")),
        (code, message) => brief(code.or(message).unwrap_or("without a reason")),
    }
}

/// Whether a report that was refused with this code may be taken the next time.
pub(super) fn may_pass(code: &str) -> bool {
    let passing = ["Throttl", "TooManyRequests", "Internal", "Unavailable", "Timeout"];
    code.starts_with('5') || passing.iter().any(|word| code.contains(word))
}
