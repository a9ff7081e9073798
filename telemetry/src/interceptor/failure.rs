//! Why a call or an attempt failed, in one word and one sentence.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;

use aws_smithy_runtime_api::client::interceptors::context::Error;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::error_code::{self, ErrorCode};
use super::kind::CallKind;
use crate::attribute;
use crate::describe::Attributes;
use crate::redact::redacted;
use crate::throttle::is_throttle;

/// Bytes of a message that are worth keeping.
const LONGEST_MESSAGE: usize = 1024;
/// EC2's way to say that a dry run would have gone through.
const DRY_RUN: &str = "DryRunOperation";
/// Words of the SDK's own errors of bodies, whose types are not public.
const TOO_SLOW: [&str; 2] = ["minimum throughput", "timed out"];
const WRONG_BYTES: &str = "checksum mismatch";

/// Why a call or an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// AWS's error code, or a word of ours where AWS had no say.
    pub(super) kind: Cow<'static, str>,
    pub(super) message: String,
    pub(super) throttled: bool,
}

impl Failure {
    /// Of an attempt, or of a call that never came to an attempt.
    pub(super) fn of(error: &OrchestratorError<Error>, response: Option<&HttpResponse>, attempted: bool) -> Self {
        match response {
            Some(response) if error.is_operation_error() => Self::answered(response, error),
            _ => Self::unanswered(error, attempted),
        }
    }

    /// Of a request whose answer is an error.
    pub(super) fn of_status(response: &HttpResponse) -> Self {
        Self::coded(error_code::read(response), response.status().as_u16())
    }

    /// Of a request that came to no answer.
    pub(super) fn of_request(error: &ConnectorError) -> Self {
        let kind = if error.is_timeout() { attribute::TIMEOUT } else { attribute::CONNECTION };
        Self { kind: kind.into(), message: cut(words(error)), throttled: false }
    }

    /// In the error's own words, without those of its causes.
    pub(super) fn told(kind: &'static str, error: &dyn StdError) -> Self {
        Self { kind: kind.into(), message: cut(error.to_string()), throttled: false }
    }

    /// The call's future was dropped.
    pub(super) fn cancelled() -> Self {
        let message = "the call was dropped before it was done".to_owned();
        Self { kind: attribute::CANCELLED.into(), message, throttled: false }
    }

    /// Of a body that came to no good end.
    pub(super) fn of_body(error: &(dyn StdError + 'static)) -> Self {
        let causes = || std::iter::successors(Some(error), |error| StdError::source(*error));
        let is_late = |error: &(dyn StdError + 'static)| {
            error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        };
        let message = words(error);
        let kind = match () {
            () if causes().any(is_late) || TOO_SLOW.iter().any(|words| message.contains(words)) => attribute::TIMEOUT,
            () if message.contains(WRONG_BYTES) => attribute::RESPONSE,
            () => attribute::CONNECTION,
        };
        Self { kind: kind.into(), message: cut(message), throttled: false }
    }

    /// The answer is one that the caller planned for, and no error of the call.
    pub(super) fn is_expected(&self, call: &CallKind, status: Option<u16>, expected: &[&str]) -> bool {
        let name = call.name();
        self.kind == DRY_RUN
            || expected.contains(&&*self.kind)
            // To ask whether something is there is what HEAD is for.
            || (name.service == "S3" && name.operation.starts_with("Head") && status == Some(404))
    }

    /// Says which error it was; whether it counts as one is said by `error`.
    pub(super) fn describe(&self, into: &mut Attributes) {
        into.add(attribute::ERROR_TYPE, self.kind.clone());
        into.add(attribute::ERROR_MESSAGE, self.message.clone());
        if self.throttled {
            into.add(attribute::AWS_THROTTLED, true);
        }
    }

    fn answered(response: &HttpResponse, error: &OrchestratorError<Error>) -> Self {
        let read = error_code::read(response);
        if read.code.is_none() && response.status().is_success() {
            // AWS did what it was asked for; its answer is of no use.
            return Self { kind: attribute::RESPONSE.into(), message: cut(chain(error)), throttled: false };
        }
        Self::coded(read, response.status().as_u16())
    }

    fn coded(ErrorCode { code, message }: ErrorCode, status: u16) -> Self {
        // Answers to HEAD have no body; 404 has a name all the same, others have their number.
        let code = code.unwrap_or_else(|| if status == 404 { "NotFound".to_owned() } else { status.to_string() });
        let throttled = is_throttle(&code, status);
        let message = message.map_or_else(|| format!("{code} (HTTP status {status})"), cut);
        Self { kind: code.into(), message, throttled }
    }

    fn unanswered(error: &OrchestratorError<Error>, attempted: bool) -> Self {
        let connector_timed_out = error.as_connector_error().map(|error| error.is_timeout());
        let kind = match connector_timed_out {
            Some(true) => attribute::TIMEOUT,
            Some(false) => attribute::CONNECTION,
            None if error.is_timeout_error() => attribute::TIMEOUT,
            None if error.is_response_error() => attribute::RESPONSE,
            None if !attempted => attribute::CONSTRUCTION,
            None => attribute::OTHER,
        };
        Self { kind: kind.into(), message: cut(chain(error)), throttled: false }
    }
}

/// The error's own words and those of its causes; the outermost only names its kind.
fn chain(error: &OrchestratorError<Error>) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        add_words(&mut text, error);
        cause = error.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}

/// The error's own words and those of its causes.
fn words(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    std::iter::successors(Some(error), |error| StdError::source(*error)).for_each(|error| add_words(&mut text, error));
    text
}

fn add_words(text: &mut String, error: &dyn StdError) {
    let words = error.to_string();
    // What a process that was to print credentials has said is nobody's business.
    let words = words.split_once(" Stderr: ").map_or(&*words, |(words, _)| words);
    if !text.ends_with(words) {
        text.push_str(if text.is_empty() { "" } else { ": " });
        text.push_str(words);
    }
}

/// The message, not too long. Secrets are taken out here already, because one that is cut may not be recognised any more.
fn cut(message: String) -> String {
    let mut message = redacted(&message).into_owned();
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(cut("short".to_owned()), "short");
        let cut = cut("é".repeat(1000));
        assert_eq!(cut, format!("{}…", "é".repeat(512)));
    }

    #[test]
    fn a_message_tells_no_secret() {
        assert_eq!(
            cut("no key at https://b/k?X-Amz-Signature=abc".to_owned()),
            "no key at https://b/k?X-Amz-Signature=[redacted]"
        );
    }

    #[test]
    fn only_a_head_request_may_find_nothing() {
        let not_found = Failure { kind: "NotFound".into(), message: String::new(), throttled: false };
        let expected = |operation| {
            let call = super::super::kind::CallKinds::default().of("S3", operation, "eu-west-1", &[]);
            not_found.is_expected(&call, Some(404), &[])
        };
        assert!(expected("HeadObject") && expected("HeadBucket"));
        assert!(!expected("GetObject"));
    }
}
