//! The parts in which one of many works off what has come during an outage.
//!
//! Nobody knows what the others have, and each guesses it from what itself usually has: some guess too much and would be the
//! last by far, while the back end is idle. So whoever is near the end of what it has planned tries whether there is room
//! by now, with parts that come sooner and sooner, and whoever is throttled gives way for a turn.

use std::time::Duration;

use super::Pacer;

/// Time from part to part, at most. Shorter than the longest slot: whoever finds out late misses little of the first.
pub(super) const LONGEST_PART: Duration = Duration::from_secs(30);
/// Part of the planned time after which one tries whether there is room: sooner, the others are still as busy as planned.
const TRIES: f64 = 0.67;
/// A guess by so many records that came is wrong by about their root. Where it is good, one tries only when the plan is over
/// but for so many roots.
const ROOTS: f64 = 2.0;
/// How much closer the parts come with each that is taken while one tries.
const CLOSER: u32 = 4;
/// Parts that one lets pass that has tried and was throttled: the others are still at it.
const TRIED: f64 = 1.6;
/// How long one that has worked off its backlog leaves the quota to those who have not.
const LEFT_TO_OTHERS: Duration = Duration::from_secs(80);
/// How long one gives way that is throttled before its first part.
const GIVES_WAY: Duration = Duration::from_secs(5);

/// What is left to do of a backlog after an outage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recovery {
    /// Time from part to part.
    pub(super) window: Duration,
    planned: Duration,
    /// From then on one tries whether there is room.
    pub(super) tries: Duration,
}

impl Recovery {
    /// With parts that are so far from one another, over all of that time from the end of the outage on, which is guessed by
    /// so many records that came.
    pub(super) fn new(window: Duration, ended: Duration, whole: Duration, seen: f64) -> Self {
        let sure = 1.0 - ROOTS / seen.max(1.0).sqrt();
        Self { window, planned: window, tries: ended + whole.mul_f64(sure.max(TRIES)) }
    }
}

impl Pacer {
    /// A request of that moment is answered.
    pub(super) fn recovered(&mut self, at: Duration, is_well: bool) {
        let Some(recovery) = &mut self.recovery else { return };
        if self.due == 0 {
            (self.recovery, self.free) = (None, at + LEFT_TO_OTHERS);
        } else if is_well && self.together == 0 {
            if at >= recovery.tries {
                recovery.window /= CLOSER;
            }
            let tried = recovery.tries.max(self.part_at) + recovery.window.min(recovery.planned / CLOSER);
            self.free = tried.min(self.part_at + recovery.window);
        }
    }

    /// How long one gives way that is throttled while all of the fleet recover. It has had bad luck, or has tried too soon: as
    /// planned, no closer. `None`: it is not recovering.
    pub(super) fn gives_way(&mut self) -> Option<Duration> {
        if self.anchor.is_some() {
            return Some(GIVES_WAY);
        }
        let recovery = self.recovery.as_mut()?;
        recovery.window = recovery.planned;
        Some(if self.part_at < recovery.tries { recovery.planned } else { recovery.planned.mul_f64(TRIED) })
    }
}
