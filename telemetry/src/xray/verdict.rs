//! Whose fault a failure was, in X-Ray's three words.

use opentelemetry::trace::Status;

use super::facts::Facts;
use crate::attribute;
use crate::throttle::is_throttle;

/// X-Ray's flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The caller's doing: status 4xx.
    pub(super) error: bool,
    /// The other side's doing: status 5xx, no answer, or a failure within the program.
    pub(super) fault: bool,
    /// The caller was too fast; always an `error` too.
    pub(super) throttle: bool,
}

impl Verdict {
    /// Whether it failed at all.
    pub(super) fn failed(self) -> bool {
        self.error || self.fault
    }
}

/// Reads the verdict from `error`, the status code, the AWS error code and the span's status.
///
/// `error` set to false is an outcome that the caller planned for, such as a failed condition, and flags nothing.
pub(super) fn verdict(facts: &Facts<'_>, status: &Status) -> Verdict {
    let known = facts.known;
    let refused = matches!(status, Status::Error { .. });
    let answer = known.status.unwrap_or(0);
    let failed = refused || known.error == Some(true) || (known.error.is_none() && answer >= 400);
    if !failed {
        return Verdict::default();
    }
    let code = facts.error_type();
    let throttle = known.throttled || is_throttle(code, u16::try_from(answer).unwrap_or(0));
    let error = throttle || (400..500).contains(&answer) || code == attribute::CANCELLED;
    Verdict { error, fault: !error, throttle }
}
