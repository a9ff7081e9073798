//! Which tasks took longer than the others.

use crate::map::percentile;

/// The times that tasks are measured by.
#[derive(Debug)]
pub(super) struct Bound {
    sorted: Vec<u64>,
    /// Three median deviations above the median.
    far: u64,
}

impl Bound {
    pub(super) fn of(times: impl Iterator<Item = u64>) -> Self {
        let mut sorted: Vec<u64> = times.collect();
        sorted.sort_unstable();
        let median = percentile(&sorted, 50);
        let mut deviations: Vec<u64> = sorted.iter().map(|time| time.abs_diff(median)).collect();
        deviations.sort_unstable();
        let far = median.saturating_add(percentile(&deviations, 50).saturating_mul(3));
        Self { sorted, far }
    }

    /// Whether a task with this time, which is one of those given, is a straggler: it took over 1.5 times as long as 90 of 100
    /// of the other tasks, and more than three median deviations longer than the median.
    pub(super) fn is_over(&self, time: u64) -> bool {
        let others = self.sorted.len().saturating_sub(1);
        if others == 0 || time <= self.far {
            return false;
        }
        // Without the task itself: in an array of ten it would be its own percentile. All before its place stay theirs.
        let rank = (others * 90).div_ceil(100).max(1) - 1;
        let place = self.sorted.partition_point(|other| *other < time);
        let percentile = self.sorted[if rank < place { rank } else { rank + 1 }];
        time > percentile.saturating_add(percentile / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stragglers(times: &[u64]) -> Vec<u64> {
        let bound = Bound::of(times.iter().copied());
        times.iter().copied().filter(|time| bound.is_over(*time)).collect()
    }

    #[test]
    fn what_takes_far_longer_than_nine_of_ten_of_the_others_is_a_straggler() {
        assert_eq!(stragglers(&[10, 10, 10, 10, 16]), [16]);
        assert_eq!(stragglers(&[10, 10, 10, 10, 15]), [0; 0]);
        let mut many: Vec<u64> = (100..200).collect();
        many.extend([281, 284, 500]);
        assert_eq!(stragglers(&many), [500]);
    }

    #[test]
    fn times_that_are_spread_anyway_have_no_stragglers() {
        assert_eq!(stragglers(&[10, 20, 40, 60]), [0; 0]);
        assert_eq!(stragglers(&[7]), [0; 0]);
        assert_eq!(stragglers(&[]), [0; 0]);
        assert_eq!(stragglers(&[5; 1000]), [0; 0]);
        assert_eq!(stragglers(&[0, 0, 0]), [0; 0]);
        assert_eq!(stragglers(&[u64::MAX, u64::MAX, 0]), [0; 0]);
    }
}
