//! How many records usually come: what each of a fleet probably has after an outage of known length.

use std::time::Duration;

/// Time after which what was seen counts for a third.
const MEMORY: Duration = Duration::from_secs(3600);
/// More than this at one look, so soon after the one before, is a burst and says nothing about what usually comes.
const BURST: (usize, Duration) = (10, Duration::from_secs(10));

/// Counts what comes.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    waiting: usize,
    come: f64,
    during: f64,
    looked: Option<Duration>,
}

impl Arrivals {
    /// So many wait now.
    pub(super) fn look(&mut self, now: Duration, waiting: usize) {
        let passed = now.saturating_sub(self.looked.unwrap_or(now));
        let come = waiting.saturating_sub(self.waiting);
        let faded = (-passed.as_secs_f64() / MEMORY.as_secs_f64()).exp();
        let is_burst = come > BURST.0 && passed < BURST.1;
        self.come = self.come * faded + if is_burst { 0.0 } else { come as f64 };
        self.during = self.during * faded + passed.as_secs_f64();
        (self.looked, self.waiting) = (Some(now), waiting);
    }

    /// So many wait no more.
    pub(super) fn done(&mut self, records: usize) {
        self.waiting = self.waiting.saturating_sub(records);
    }

    /// How many came of those that count.
    pub(super) fn seen(&self) -> f64 {
        self.come
    }

    /// How many come in a second.
    pub(super) fn rate(&self) -> f64 {
        self.come / self.during.max(1.0)
    }
}
