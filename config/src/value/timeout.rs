//! How long one export may take: `10s`, `250ms`, and the environment's bare milliseconds.

use std::time::Duration;

use crate::{TimeSpan, ValueError};

/// Ten seconds, as the OpenTelemetry specification says.
pub(crate) const DEFAULT: Duration = Duration::from_secs(10);

/// Longer than any back end needs; beyond it a hung back end would look like a slow one.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Reads milliseconds (`250ms`) or a [`TimeSpan`], at most one hour.
pub(crate) fn parse(text: &str) -> Result<Duration, ValueError> {
    let span = match text.strip_suffix("ms") {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().map(Duration::from_millis)
        }
        Some(_) => None,
        None => text.parse::<TimeSpan>().ok().map(Duration::from),
    };
    span.filter(|span| !span.is_zero() && *span <= LONGEST)
        .ok_or_else(|| ValueError::expected("a span of time such as 10s or 250ms, at most 1h"))
}

/// Prints what [`parse`] reads.
pub(crate) fn show(timeout: Duration) -> String {
    match timeout.subsec_millis() {
        0 => format!("{}s", timeout.as_secs()),
        _ => format!("{}ms", timeout.as_millis()),
    }
}
