//! How long to wait after what went wrong: full jitter, so that many who fail together do not come back together.

use std::time::Duration;

/// Longest time for which a back end that asks for it is left alone.
pub(super) const LONGEST_ASKED: Duration = Duration::from_secs(300);
/// Longest wait of one that is in a hurry.
const LONGEST_HURRIED: Duration = Duration::from_secs(10);
/// Upper bound of the first wait after a throttling in a fleet; each further one doubles it.
const THROTTLED: Duration = Duration::from_secs(20);

/// Longest wait of one of many while nothing is taken: the sooner most of them know that the back end takes something again,
/// the less of its quota is wasted. It is so many single records.
const AWAY: Duration = Duration::from_secs(30);

/// What went wrong last, and until when nothing is sent for it.
#[derive(Debug)]
pub(super) struct Wait {
    first: Duration,
    longest: Duration,
    failures: u32,
    throttlings: u32,
    first_failed: Duration,
    begun: Duration,
    until: Duration,
    is_throttled: bool,
}

impl Wait {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            failures: 0,
            throttlings: 0,
            first_failed: Duration::ZERO,
            begun: Duration::ZERO,
            until: Duration::ZERO,
            is_throttled: false,
        }
    }

    pub(super) fn bounds(&mut self, first: Duration, longest: Duration) {
        (self.first, self.longest) = (first, longest);
    }

    /// Failures in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// When the next attempt may be.
    pub(super) fn until(&self, hurried: bool) -> Duration {
        if hurried { self.until.min(self.begun + LONGEST_HURRIED) } else { self.until }
    }

    /// Ends the wait, unless the back end has asked for it.
    pub(super) fn cut_short(&mut self, now: Duration) {
        if !self.is_throttled {
            self.until = self.until.min(now);
        }
    }

    /// What went wrong means nothing any more.
    pub(super) fn forget(&mut self, now: Duration) {
        (self.failures, self.throttlings, self.is_throttled) = (0, 0, false);
        self.until = self.until.min(now);
    }

    /// Whether nothing is known to be wrong.
    pub(super) fn is_well(&self) -> bool {
        self.failures == 0 && !self.is_throttled
    }

    /// All went well. If nothing had before, the times of the first and of the last failure.
    pub(super) fn succeeded(&mut self) -> Option<(Duration, Duration)> {
        self.throttlings = 0;
        self.is_throttled = false;
        (std::mem::take(&mut self.failures) > 0).then_some((self.first_failed, self.begun))
    }

    /// The back end asks for less: `rest` is what the next request costs at the rate from now on.
    pub(super) fn throttled(
        &mut self,
        now: Duration,
        after: Duration,
        is_fleet: bool,
        rest: Duration,
        chance: &mut fastrand::Rng,
    ) {
        let bound = if is_fleet { doubled(THROTTLED, self.throttlings, self.longest).min(rest) } else { rest };
        let bound = bound.max(doubled(self.first, self.throttlings, self.longest)).min(self.longest);
        self.throttlings = self.throttlings.saturating_add(1);
        self.failures = 0;
        self.is_throttled = true;
        self.rest(now, after.min(LONGEST_ASKED) + bound.mul_f64(chance.f64()));
    }

    /// The back end asks for less, and this one gives way to others for a turn or so.
    pub(super) fn gives_way(&mut self, now: Duration, after: Duration, turn: Duration, chance: &mut fastrand::Rng) {
        self.throttlings = self.throttlings.saturating_add(1);
        self.failures = 0;
        self.is_throttled = true;
        self.rest(now, after.min(LONGEST_ASKED) + turn.mul_f64(0.5 + chance.f64()));
    }

    /// Nothing was taken.
    pub(super) fn away(&mut self, now: Duration, is_fleet: bool, chance: &mut fastrand::Rng) {
        let longest = if is_fleet { self.longest.min(AWAY) } else { self.longest };
        let bound = doubled(self.first, self.failures, longest);
        self.failed(now);
        self.rest(now, bound.mul_f64(chance.f64()));
    }

    /// Nothing will be taken until somebody changes something, and somebody may.
    pub(super) fn lasting(&mut self, now: Duration, chance: &mut fastrand::Rng) {
        self.failed(now);
        self.rest(now, self.longest.mul_f64(0.5 + chance.f64() / 2.0));
    }

    fn failed(&mut self, now: Duration) {
        if self.failures == 0 {
            self.first_failed = now;
        }
        self.failures = self.failures.saturating_add(1);
        self.is_throttled = false;
    }

    fn rest(&mut self, now: Duration, wait: Duration) {
        (self.begun, self.until) = (now, now + wait);
    }
}

fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX)).min(longest)
}
