//! Trace and span ids: valid W3C ids whose first four bytes are the second of the trace's start, as X-Ray wants them.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::IdGenerator;

/// Makes ids. X-Ray refuses traces whose time prefix is more than 30 days old or in the future.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimedIds;

impl TimedIds {
    /// A trace id for a trace that starts now.
    ///
    /// The low eight bytes, by which the ratio is decided, are random.
    pub(crate) fn trace_id(self, now: SystemTime) -> TraceId {
        let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // Four bytes of seconds last until the year 2106, here as in X-Ray.
        let seconds = u128::from(since_1970 & u64::from(u32::MAX));
        let middle = u128::from(fastrand::u32(..));
        let low = u128::from(fastrand::u64(1..));
        TraceId::from(seconds << 96 | middle << 64 | low)
    }

    /// A span id, never zero.
    pub(crate) fn span_id(self) -> SpanId {
        SpanId::from(fastrand::u64(1..))
    }
}

impl IdGenerator for TimedIds {
    fn new_trace_id(&self) -> TraceId {
        self.trace_id(SystemTime::now())
    }

    fn new_span_id(&self) -> SpanId {
        self.span_id()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_trace_id_begins_with_the_second_of_its_start() {
        let now = UNIX_EPOCH + Duration::from_secs(0x5840_6520);
        let id = TimedIds.trace_id(now).to_string();
        assert_eq!(&id[..8], "58406520");
        assert_ne!(&id[16..], "0000000000000000");
    }

    #[test]
    fn a_clock_before_1970_still_gives_valid_ids() {
        let id = TimedIds.trace_id(UNIX_EPOCH - Duration::from_secs(1));
        assert_eq!(&id.to_string()[..8], "00000000");
        assert_ne!(id, TraceId::INVALID);
    }

    #[test]
    fn span_ids_differ_and_are_never_zero() {
        let ids: std::collections::HashSet<SpanId> = (0..1000).map(|_| TimedIds.span_id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(!ids.contains(&SpanId::INVALID));
    }
}
