//! How long to wait after a failed export.

use std::time::Duration;

use super::pace::Pace;

/// Exponential back-off with full jitter, so that many hosts that fail together do not come back together.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(pace: &Pace) -> Self {
        Self { first: pace.first_wait, longest: pace.longest_wait, failures: 0 }
    }

    /// The wait after one more failure: anything up to a bound that doubles each time. A failure that will last until
    /// somebody changes something is tried again at the longest pace, but is tried again, because somebody may.
    pub(super) fn next(&mut self, lasting: bool) -> Duration {
        let bound = self.first.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        if lasting {
            return self.longest.mul_f64(0.5 + fastrand::f64() / 2.0);
        }
        bound.mul_f64(fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_stays_below_a_bound_that_doubles_up_to_the_longest() {
        let pace = Pace::default();
        let mut backoff = Backoff::new(&pace);
        for bound in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(backoff.next(false) <= Duration::from_secs(bound), "bound {bound}");
        }
        for _ in 0..100 {
            assert!(backoff.next(false) <= pace.longest_wait);
        }
    }

    #[test]
    fn a_lasting_failure_is_tried_again_at_the_longest_pace() {
        let mut backoff = Backoff::new(&Pace::default());
        let wait = backoff.next(true);
        assert!((Duration::from_secs(30)..=Duration::from_secs(60)).contains(&wait), "{wait:?}");
    }
}
