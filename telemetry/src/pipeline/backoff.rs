//! How long to wait after a failed export.

use std::time::Duration;

use super::pace::Pace;
use crate::export::Trouble;

/// Longest time for which a back end that asks for it is left alone.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// What decides how long to wait after an attempt that has not delivered everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Setback {
    /// Whether it will last until somebody changes something.
    pub(super) lasting: bool,
    /// How long the back end asks to be left alone.
    pub(super) after: Option<Duration>,
}

impl From<&Trouble> for Setback {
    fn from(trouble: &Trouble) -> Self {
        Self { lasting: trouble.lasting, after: trouble.after }
    }
}

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
    /// somebody changes something is tried again at the longest pace, but is tried again, because somebody may. Time that
    /// the back end asks for comes on top.
    pub(super) fn next(&mut self, setback: Setback) -> Duration {
        let bound = self.first.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        let own = match setback.lasting {
            true => self.longest.mul_f64(0.5 + fastrand::f64() / 2.0),
            false => bound.mul_f64(fastrand::f64()),
        };
        setback.after.unwrap_or_default().min(LONGEST_ASKED) + own
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
            assert!(backoff.next(Setback::default()) <= Duration::from_secs(bound), "bound {bound}");
        }
        for _ in 0..100 {
            assert!(backoff.next(Setback::default()) <= pace.longest_wait);
        }
    }

    #[test]
    fn a_lasting_failure_is_tried_again_at_the_longest_pace() {
        let mut backoff = Backoff::new(&Pace::default());
        let wait = backoff.next(Setback { lasting: true, after: None });
        assert!((Duration::from_secs(30)..=Duration::from_secs(60)).contains(&wait), "{wait:?}");
    }

    #[test]
    fn a_back_end_is_left_alone_for_as_long_as_it_asks_within_reason() {
        let mut backoff = Backoff::new(&Pace::default());
        let mut asked = |seconds| backoff.next(Setback { lasting: false, after: Some(Duration::from_secs(seconds)) });
        let wait = asked(20);
        assert!((Duration::from_secs(20)..=Duration::from_secs(21)).contains(&wait), "{wait:?}");
        let wait = asked(u64::MAX);
        assert!((LONGEST_ASKED..=LONGEST_ASKED + Duration::from_secs(2)).contains(&wait), "{wait:?}");
    }
}
