//! Instants as X-Ray takes them: from 1970 to the year 9999, to the microsecond.

use std::time::{SystemTime, UNIX_EPOCH};

use super::limits::LAST_SECOND;

/// An instant since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant {
    pub(super) seconds: u64,
    pub(super) microseconds: u32,
}

/// The instant, and whether it is the one that was meant.
pub(super) fn instant(at: SystemTime) -> (Instant, bool) {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) if since.as_secs() <= LAST_SECOND => {
            (Instant { seconds: since.as_secs(), microseconds: since.subsec_micros() }, true)
        }
        Ok(_) => (Instant { seconds: LAST_SECOND, microseconds: 0 }, false),
        Err(_) => (Instant { seconds: 0, microseconds: 0 }, false),
    }
}

/// Start and end, and whether they are those that were meant. An end before its start is moved to it: X-Ray would refuse
/// the document.
pub(super) fn times(start: SystemTime, end: SystemTime) -> (Instant, Instant, bool) {
    let ((start, start_is_meant), (end, end_is_meant)) = (instant(start), instant(end));
    (start, end.max(start), start_is_meant && end_is_meant && start <= end)
}
