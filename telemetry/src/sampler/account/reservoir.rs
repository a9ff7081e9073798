//! The traces that a rule keeps each second, before its share of the others: X-Ray's quota, or one that is borrowed.

use std::time::{Duration, Instant};

/// A borrowed trace is followed by the next one after this time at the earliest.
const BORROWED_EVERY: Duration = Duration::from_secs(1);

/// Whether there is a trace left, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// One of the quota.
    Quota,
    /// One that X-Ray has not assigned yet.
    Borrowed,
    Nothing,
}

/// What X-Ray has assigned to this process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quota {
    /// Traces a second.
    pub(super) per_second: u32,
    pub(super) until: Instant,
}

/// The reservoir of one rule as this process may use it.
#[derive(Clone, Debug)]
pub(super) struct Reservoir {
    /// Traces a second of all processes of the account together; where it is zero, there is nothing to borrow.
    size: u32,
    quota: Option<Quota>,
    /// What is left of the quota, at most that of a second.
    left: f64,
    counted: Option<Instant>,
    borrowed: Option<Instant>,
}

impl Reservoir {
    pub(super) fn new(size: u32) -> Self {
        Self { size, quota: None, left: 0.0, counted: None, borrowed: None }
    }

    /// The quota in force.
    pub(super) fn quota(&self, now: Instant) -> Option<Quota> {
        self.quota.filter(|quota| now < quota.until)
    }

    /// Follows a change of the rule; what X-Ray has assigned stays until it ends.
    pub(super) fn resize(&mut self, size: u32) {
        self.size = size;
    }

    /// Takes X-Ray's word. A quota that takes over from another goes on with what is left of it, so that asking often
    /// gives no more.
    pub(super) fn assign(&mut self, quota: Quota, now: Instant) {
        let most = f64::from(quota.per_second);
        self.left = match self.quota(now) {
            Some(before) => {
                self.count(before, now);
                self.left.min(most)
            }
            None => most,
        };
        self.counted = Some(now);
        self.quota = Some(quota);
    }

    pub(super) fn take(&mut self, now: Instant) -> Taken {
        match self.quota(now) {
            Some(quota) => {
                self.count(quota, now);
                if self.left < 1.0 {
                    return Taken::Nothing;
                }
                self.left -= 1.0;
                Taken::Quota
            }
            None if self.size > 0 && self.may_borrow(now) => {
                self.borrowed = Some(now);
                Taken::Borrowed
            }
            None => Taken::Nothing,
        }
    }

    /// Adds what has come in since the last time.
    fn count(&mut self, quota: Quota, now: Instant) {
        let most = f64::from(quota.per_second);
        let since = self.counted.map_or(Duration::ZERO, |counted| now.saturating_duration_since(counted));
        self.left = (self.left + since.as_secs_f64() * most).min(most);
        self.counted = Some(now);
    }

    fn may_borrow(&self, now: Instant) -> bool {
        self.borrowed.is_none_or(|borrowed| now.saturating_duration_since(borrowed) >= BORROWED_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    /// How many of a hundred requests, spread evenly over a second, are taken.
    fn taken_in_a_second(reservoir: &mut Reservoir, start: Instant) -> usize {
        (0..100).filter(|at| reservoir.take(after(start, at * 10)) != Taken::Nothing).count()
    }

    #[test]
    fn one_a_second_is_borrowed_until_there_is_a_quota() {
        let start = Instant::now();
        let mut reservoir = Reservoir::new(5);
        let taken: Vec<_> = [0, 1, 999, 1000, 1999, 5000, 5001].map(|at| reservoir.take(after(start, at))).into();
        use Taken::{Borrowed, Nothing};
        // A pause saves nothing up.
        assert_eq!(taken, [Borrowed, Nothing, Nothing, Borrowed, Nothing, Borrowed, Nothing]);
    }

    #[test]
    fn an_empty_reservoir_lends_nothing() {
        assert_eq!(Reservoir::new(0).take(Instant::now()), Taken::Nothing);
    }

    #[test]
    fn a_quota_is_used_up_and_comes_in_evenly() {
        let start = Instant::now();
        let mut reservoir = Reservoir::new(50);
        reservoir.assign(Quota { per_second: 10, until: after(start, 60_000) }, start);
        // The first second has what was there and what comes in.
        assert_eq!(taken_in_a_second(&mut reservoir, start), 19);
        assert_eq!(taken_in_a_second(&mut reservoir, after(start, 1000)), 10);
        // No more than a second's worth is saved up.
        assert_eq!(taken_in_a_second(&mut reservoir, after(start, 30_000)), 19);
    }

    #[test]
    fn a_quota_of_zero_is_a_quota() {
        let start = Instant::now();
        let mut reservoir = Reservoir::new(50);
        reservoir.assign(Quota { per_second: 0, until: after(start, 10_000) }, start);
        assert_eq!(taken_in_a_second(&mut reservoir, start), 0);
    }

    #[test]
    fn when_the_quota_has_ended_one_a_second_is_borrowed_again() {
        let start = Instant::now();
        let mut reservoir = Reservoir::new(50);
        reservoir.assign(Quota { per_second: 2, until: after(start, 10_000) }, start);
        assert_eq!(reservoir.take(after(start, 9_999)), Taken::Quota);
        assert_eq!(reservoir.take(after(start, 10_000)), Taken::Borrowed);
        assert_eq!(reservoir.take(after(start, 10_500)), Taken::Nothing);
        assert_eq!(reservoir.quota(after(start, 10_000)), None);
    }

    #[test]
    fn a_quota_that_takes_over_gives_nothing_away() {
        let start = Instant::now();
        let mut reservoir = Reservoir::new(50);
        let quota = |per_second| Quota { per_second, until: after(start, 60_000) };
        reservoir.assign(quota(10), start);
        (0..10).for_each(|_| assert_eq!(reservoir.take(start), Taken::Quota));
        reservoir.assign(quota(10), start);
        assert_eq!(reservoir.take(start), Taken::Nothing);
        reservoir.assign(quota(2), after(start, 5_000));
        assert_eq!(reservoir.left, 2.0);
    }
}
