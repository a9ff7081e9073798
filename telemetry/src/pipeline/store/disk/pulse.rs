//! How quickly a disk answers those who write, and whether it is to be left alone for that.
//!
//! A write that took long says little: on a machine with more to run than it has cores, whoever writes is now and then set
//! aside in the middle of it for longer than any healthy disk takes. Such a thread does hundreds of writes as soon as it
//! runs again, so the next one tells a busy machine from a slow disk. To hold a healthy disk for slow costs spans: memory
//! has room for a few thousand.

use std::time::{Duration, Instant};

/// Two writes in a row that take longer are the last that those wait for who hand spans over.
const SLOW: Duration = Duration::from_millis(100);
/// So is a single one that takes longer.
const STUCK: Duration = Duration::from_secs(2);
/// How often a slow disk is asked whether it is well again.
const ASK: Duration = Duration::from_secs(1);

/// What writes and syncs have shown of a disk.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    slow_in_a_row: u32,
    /// When a disk that was slow is asked again.
    again: Option<Instant>,
}

impl Pulse {
    /// A write took so long. What it is slower than, if it is to be left alone from now on.
    pub(super) fn wrote(&mut self, took: Duration, now: Instant) -> Option<Duration> {
        if took <= SLOW {
            self.slow_in_a_row = 0;
            return None;
        }
        self.slow_in_a_row += 1;
        if self.slow_in_a_row < 2 && took <= STUCK {
            return None;
        }
        // At once for the first time: should it be well all the same, spans are in memory alone for moments. One that is
        // slow right after it was asked makes nobody wait that often.
        self.again = Some(if self.slow_in_a_row > 2 { now + ASK } else { now });
        Some(SLOW)
    }

    /// It was slower to keep what was written than it may be.
    pub(super) fn kept_late(&mut self, now: Instant) {
        self.again = Some(now + ASK);
    }

    /// Whether it is to be left alone.
    pub(super) fn is_slow(&self) -> bool {
        self.again.is_some()
    }

    /// When it is to be asked whether it is well again.
    pub(super) fn again(&self) -> Option<Instant> {
        self.again
    }

    /// It is to be tried: whether it was left alone before.
    pub(super) fn try_again(&mut self) -> bool {
        self.again.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_slow_whose_writes_take_long_twice_in_a_row_or_once_for_very_long() {
        let now = Instant::now();
        let mut pulse = Pulse::default();
        for _ in 0..3 {
            assert_eq!(pulse.wrote(Duration::from_millis(900), now), None);
            assert_eq!(pulse.wrote(Duration::from_micros(9), now), None);
        }
        assert_eq!(pulse.wrote(STUCK + SLOW, now), Some(SLOW));
        assert!(pulse.try_again() && !pulse.is_slow());
        // It had its chance.
        assert_eq!(pulse.wrote(SLOW * 2, now), Some(SLOW));
        assert_eq!(pulse.again(), Some(now));
    }

    #[test]
    fn a_disk_that_is_slow_right_after_it_was_asked_is_asked_less_often() {
        let now = Instant::now();
        let mut pulse = Pulse::default();
        let asked = [(); 4].map(|()| {
            pulse.try_again();
            pulse.wrote(SLOW * 2, now);
            pulse.again()
        });
        assert_eq!(asked, [None, Some(now), Some(now + ASK), Some(now + ASK)]);
    }
}
