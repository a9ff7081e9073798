//! The parts in which one of many works off what has come during an outage.
//!
//! Nobody knows what the others have, and each guesses it from what itself usually has: some guess too much and would be the
//! last by far. So the parts come a little closer with each that is taken, and whoever is throttled gives way for a turn.

use std::time::Duration;

use super::Pacer;

/// Time from part to part, at most. Shorter than the longest slot: whoever finds out late misses little of the first.
pub(super) const LONGEST_PART: Duration = Duration::from_secs(55);
/// How much closer the next part comes with each that is taken.
const CLOSER: f64 = 1.06;
/// How much closer than planned they come at most.
const CLOSEST: f64 = 1.17;
/// How long one that has worked off its backlog leaves the quota to those who have not.
const LEFT_TO_OTHERS: Duration = Duration::from_secs(80);
/// How long one gives way that is throttled before its first part.
const GIVES_WAY: Duration = Duration::from_secs(5);

/// What is left to do of a backlog after an outage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recovery {
    /// Time from part to part.
    window: Duration,
    planned: Duration,
}

impl Recovery {
    /// With parts that are so far from one another.
    pub(super) fn new(window: Duration) -> Self {
        Self { window, planned: window }
    }
}

impl Pacer {
    /// A request of that moment is answered.
    pub(super) fn recovered(&mut self, at: Duration, is_well: bool) {
        let Some(recovery) = &mut self.recovery else { return };
        if self.due == 0 {
            (self.recovery, self.free) = (None, at + LEFT_TO_OTHERS);
        } else if is_well && self.together == 0 {
            recovery.window = recovery.window.div_f64(CLOSER).max(recovery.planned.div_f64(CLOSEST));
            self.free = self.part_at + recovery.window;
        }
    }

    /// How long one gives way that is throttled while all of the fleet recover. It has had bad luck: what it allows itself
    /// is not too much. `None`: it is not recovering.
    pub(super) fn gives_way(&mut self) -> Option<Duration> {
        if self.anchor.is_some() {
            return Some(GIVES_WAY);
        }
        let is_again = self.wait.is_throttled();
        let recovery = self.recovery.as_mut()?;
        if is_again {
            // Twice in a row is more than bad luck: as planned, no closer.
            recovery.window = recovery.planned;
        }
        Some(recovery.window)
    }
}
