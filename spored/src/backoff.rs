//! Delays between attempts: doubling, capped, with full jitter so that a fleet does not knock in step.

use std::time::Duration;

/// A sequence of delays.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// Starts with at most `first` and never waits longer than `longest`.
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// The next delay: a random part of a bound that doubles each time. `random` is in 0.0 to 1.0.
    pub(crate) fn delay(&mut self, random: f64) -> Duration {
        let bound = self.next;
        self.next = (bound * 2).min(self.longest);
        bound.mul_f64(random.clamp(0.0, 1.0))
    }

    /// Waits for the next delay.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.delay(fastrand::f64())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        let delays: Vec<u64> = (0..5).map(|_| backoff.delay(1.0).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 5, 5]);
    }
}
