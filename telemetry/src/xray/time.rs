//! Instants as X-Ray writes them: seconds since 1970 with six decimals.

use std::time::{SystemTime, UNIX_EPOCH};

/// Start and end in seconds. An end before its start is moved to it: X-Ray would refuse the document.
pub(super) fn seconds(start: SystemTime, end: SystemTime) -> (f64, f64) {
    let start = microseconds(start);
    (in_seconds(start), in_seconds(microseconds(end).max(start)))
}

/// One instant in seconds.
pub(super) fn instant(at: SystemTime) -> f64 {
    in_seconds(microseconds(at))
}

fn microseconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// The division is rounded correctly, and so the shortest text of the result has the six decimals and no others.
fn in_seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn microseconds_are_exact_in_the_text() {
        for microseconds in [1_795_236_024_000_001, 1_795_236_024_999_999, 1_795_236_024_123_456, 0] {
            let at = UNIX_EPOCH + Duration::from_micros(microseconds);
            let expected = format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000);
            assert_eq!(format!("{:.6}", instant(at)), expected);
        }
    }
}
