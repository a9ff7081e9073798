//! Orders of many instances: in batches, no faster than EC2 takes them. Pure; the clock comes in as an argument.

use std::time::Duration;

/// Instances of one RunInstances call. EC2 takes larger orders, but one that fails then takes more with it.
const BATCH: u16 = 100;

/// RunInstances calls that an account may make at once, and a second, in a region ("Request throttling for the Amazon EC2
/// API", rates of single actions).
const CALLS: Bucket = Bucket { capacity: 5.0, refill: 2.0, tokens: 5.0 };
/// Instances that an account may launch at once, and a second (same page, resource rate limits).
const INSTANCES: Bucket = Bucket { capacity: 1000.0, refill: 2.0, tokens: 1000.0 };
/// EC2 may give an account less than it documents; slower than this there is no point in going on.
const SLOWEST: f64 = 1.0 / 32.0;

/// The sizes of the batches that make up `count` instances.
pub fn batches(count: u16) -> Vec<u16> {
    let whole = std::iter::repeat_n(BATCH, usize::from(count / BATCH));
    whole.chain(Some(count % BATCH).filter(|rest| *rest > 0)).collect()
}

/// When the next order may leave.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    calls: Bucket,
    instances: Bucket,
    /// The share of the documented rate that this account seems to have.
    share: f64,
    seen: Duration,
}

/// EC2's own way to limit a rate.
#[derive(Clone, Debug, PartialEq)]
struct Bucket {
    capacity: f64,
    /// Tokens a second.
    refill: f64,
    tokens: f64,
}

impl Pace {
    /// The pace of an account that has not launched anything lately. `now` is a time since any fixed instant.
    pub fn new(now: Duration) -> Self {
        Self { calls: CALLS, instances: INSTANCES, share: 1.0, seen: now }
    }

    /// How long to wait, at `now`, before an order of `count` instances.
    pub fn wait(&mut self, now: Duration, count: u16) -> Duration {
        self.refill(now);
        let wait = self.calls.wait(1.0, self.share).max(self.instances.wait(f64::from(count), self.share));
        Duration::from_secs_f64(wait)
    }

    /// An order of `count` instances leaves at `now`.
    pub fn ordered(&mut self, now: Duration, count: u16) {
        self.refill(now);
        self.calls.tokens -= 1.0;
        self.instances.tokens -= f64::from(count);
    }

    /// EC2 said at `now` that this was too fast: the account's buckets are emptier than we thought.
    pub fn throttled(&mut self, now: Duration) {
        self.refill(now);
        self.share = (self.share / 2.0).max(SLOWEST);
        self.calls.tokens = self.calls.tokens.min(0.0);
        self.instances.tokens = self.instances.tokens.min(0.0);
    }

    /// How long these batches, one after the other, wait in all.
    pub fn forecast(&self, now: Duration, batches: &[u16]) -> Duration {
        let mut pace = self.clone();
        let mut then = now;
        for &count in batches {
            then += pace.wait(then, count);
            pace.ordered(then, count);
        }
        then.saturating_sub(now)
    }

    fn refill(&mut self, now: Duration) {
        let elapsed = now.saturating_sub(self.seen).as_secs_f64() * self.share;
        self.seen = self.seen.max(now);
        for bucket in [&mut self.calls, &mut self.instances] {
            bucket.tokens = (bucket.tokens + bucket.refill * elapsed).min(bucket.capacity);
        }
    }
}

impl Bucket {
    /// Seconds until there are `wanted` tokens, or as many as there ever can be.
    fn wait(&self, wanted: f64, share: f64) -> f64 {
        ((wanted.min(self.capacity) - self.tokens) / (self.refill * share)).max(0.0)
    }
}

/// What an error says about the next order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// EC2 has no room for this type: another one may do.
    Capacity,
    /// Orders come too fast: the same one, later.
    Throttled,
    /// It would fail again.
    Final,
}

impl Trouble {
    /// By EC2's error code (EC2 API reference, "Error codes").
    pub fn of_code(code: Option<&str>) -> Self {
        match code {
            Some(
                "InsufficientInstanceCapacity"
                | "InsufficientCapacity"
                | "InsufficientHostCapacity"
                | "InsufficientReservedInstanceCapacity",
            ) => Self::Capacity,
            Some("RequestLimitExceeded" | "Throttling" | "ThrottlingException" | "ResourceCountExceeded") => {
                Self::Throttled
            }
            _ => Self::Final,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_thousand_instances_are_ten_orders() {
        assert_eq!(batches(1000), [100; 10]);
        assert_eq!(batches(250), [100, 100, 50]);
        assert_eq!(batches(1), [1]);
    }

    #[test]
    fn five_orders_leave_at_once_and_then_two_a_second() {
        let mut pace = Pace::new(seconds(7));
        let mut waits = Vec::new();
        let mut now = seconds(7);
        for _ in 0..8 {
            let wait = pace.wait(now, 1);
            now += wait;
            pace.ordered(now, 1);
            waits.push(wait.as_millis());
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 500, 500, 500]);
    }

    #[test]
    fn the_first_thousand_instances_are_free_and_then_two_a_second() {
        let mut pace = Pace::new(seconds(0));
        pace.ordered(seconds(0), 1000);
        assert_eq!(pace.wait(seconds(0), 100), seconds(50));
        assert_eq!(pace.wait(seconds(49), 100), seconds(1));
        assert_eq!(pace.wait(seconds(50), 100), seconds(0));
    }

    #[test]
    fn a_forecast_is_what_the_orders_then_wait() {
        let pace = Pace::new(seconds(0));
        assert_eq!(pace.forecast(seconds(0), &[100; 10]).as_millis(), 2500);
        assert_eq!(pace.forecast(seconds(0), &[100; 5]), Duration::ZERO);
        assert_eq!(pace.forecast(seconds(0), &[100; 11]), seconds(50));
    }

    #[test]
    fn each_throttling_halves_the_pace_down_to_an_end() {
        let mut pace = Pace::new(seconds(0));
        pace.throttled(seconds(0));
        assert_eq!(pace.wait(seconds(0), 2), seconds(2));
        pace.throttled(seconds(0));
        assert_eq!(pace.wait(seconds(0), 2), seconds(4));
        (0..10).for_each(|_| pace.throttled(seconds(0)));
        assert_eq!(pace.wait(seconds(0), 2), seconds(32));
    }

    #[test]
    fn a_clock_that_goes_backwards_gives_nothing() {
        let mut pace = Pace::new(seconds(10));
        (0..5).for_each(|_| pace.ordered(seconds(10), 1));
        assert_eq!(pace.wait(seconds(3), 1), Duration::from_millis(500));
    }

    #[test]
    fn throttling_is_not_mistaken_for_a_lack_of_capacity() {
        assert_eq!(Trouble::of_code(Some("RequestLimitExceeded")), Trouble::Throttled);
        assert_eq!(Trouble::of_code(Some("InsufficientInstanceCapacity")), Trouble::Capacity);
        assert_eq!(Trouble::of_code(Some("InvalidParameterValue")), Trouble::Final);
        assert_eq!(Trouble::of_code(None), Trouble::Final);
    }
}
