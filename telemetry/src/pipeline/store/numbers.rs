//! Numbers that order spans and say when they were taken.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Numbers of spans: nanoseconds since 1970 at which they were taken, each greater than the one before. So what is found on
/// disk says when its writer was last alive.
#[derive(Debug)]
pub(super) struct Numbers {
    /// The number that the next span gets at least.
    pub(super) next: u64,
    epoch: u64,
    start: Instant,
}

impl Numbers {
    pub(super) fn new() -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch = u64::try_from(epoch.as_nanos()).unwrap_or_default();
        Self { next: epoch, epoch, start: Instant::now() }
    }

    pub(super) fn take(&mut self, now: Instant) -> u64 {
        let since = u64::try_from(now.saturating_duration_since(self.start).as_nanos()).unwrap_or_default();
        let number = self.next.max(self.epoch.saturating_add(since));
        self.next = number + 1;
        number
    }
}
