//! Slots: when one of many sends a backlog, so that all of them together fill the quota and no more.

use std::time::Duration;

use super::recovery::{LONGEST_PART, Recovery};
use super::{AHEAD, FILLED, IS_AWAY, LONGEST_SLOT, Pacer, SETTLING, seconds};

/// Part of the time between the last success and the first failure after which an outage is believed to have begun.
const BEGUN: f64 = 0.5;
/// But no longer after the success than this: in a fleet at work, or in its boot, most have had a success so lately.
const BEGUN_WITHIN: Duration = Duration::from_secs(40);
/// The first parts after an outage are spread over so many times their distance: some find out later than others that it is over,
/// and would come together if they were to keep to the same end.
const SPREAD: f64 = 1.2;
/// Part of the time between the last failure and the first success after which it is believed to have ended.
const ENDED: f64 = 0.3;

/// A slot to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// When.
    at: Duration,
    /// For so many records; some more that come until then go along.
    records: usize,
    /// How many of them go together.
    part: usize,
    /// How far the parts are from one another.
    window: Duration,
    /// How long all of them take.
    whole: Duration,
}

/// The end of an outage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor {
    /// When it was, as far as is known.
    at: Duration,
    /// What each of the fleet probably has waiting then.
    records: usize,
    /// How many records that guess goes by. What was left of an interrupted backlog is guessed badly.
    seen: f64,
}

/// Time in which the fleet works off a backlog, each at its place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Epoch {
    begun: Duration,
    window: Duration,
    records: usize,
}

impl Epoch {
    /// What one of the fleet probably still had of the backlog at that moment.
    fn left(&self, at: Duration) -> usize {
        let passed = at.saturating_sub(self.begun).as_secs_f64() / self.window.as_secs_f64().max(1e-3);
        (self.records as f64 * (1.0 - passed.min(1.0))) as usize
    }
}

impl Pacer {
    /// When the slot of these records comes: at this one's place in the time that the fleet needs if all have as many.
    ///
    /// It is settled when the records are seen. A few more go along; many more get a later slot.
    pub(super) fn slot(&mut self, since: Duration, waiting: usize, rate: f64) -> Duration {
        if let Some(plan) = self.plan.filter(|plan| waiting <= plan.records + plan.records / 2) {
            return plan.at;
        }
        let whole = seconds(waiting, rate);
        // Where that is too long to be silent, each gets a place in every part of it.
        let whole = self.anchor.map_or(whole, |anchor| seconds(anchor.records, rate).max(whole / 2));
        let longest = if self.anchor.is_some() { LONGEST_PART } else { LONGEST_SLOT };
        let parts = (whole.as_secs_f64() / longest.as_secs_f64()).ceil().clamp(1.0, waiting as f64);
        let window = whole.div_f64(parts).min(LONGEST_SLOT);
        // An outage meets some before a slot and some after it; what they have taken so far says nothing any more.
        let place = if self.anchor.is_some() { self.chance.f64() } else { self.fleet.place_in(self.slots) };
        let at = match self.anchor {
            Some(anchor) => {
                let all = (anchor.at + window.mul_f64(SPREAD)).saturating_sub(self.success);
                self.success + all.mul_f64(place)
            }
            // A large window leaves time enough for company.
            None => since + self.linger().saturating_sub(window).max(SETTLING) + window.mul_f64(place),
        };
        let part = if parts > 1.0 { (waiting as f64 / parts).ceil() as usize } else { usize::MAX };
        self.plan = Some(Plan { at, records: waiting, part, window, whole });
        if at > self.epoch.begun + self.epoch.window || waiting > self.epoch.records {
            self.epoch = Epoch { begun: since, window: whole, records: waiting };
        }
        at
    }

    /// The slot has come: what waits is due. After an outage, what has come since must wait for the next slot: all have too
    /// much at once.
    pub(super) fn take_slot(&mut self, waiting: usize) {
        let plan = self.plan.take();
        (self.part, self.apart) = plan.map_or((usize::MAX, LONGEST_SLOT), |plan| (plan.part, plan.window));
        (self.due, self.recovery) = match (plan, self.anchor.take()) {
            (Some(plan), Some(anchor)) => {
                let recovery = Recovery::new(plan.window, anchor.at, plan.whole, anchor.seen);
                (plan.records.min(waiting), Some(recovery))
            }
            _ => (waiting, None),
        };
        self.slots = self.slots.wrapping_add(1);
        self.since = None;
    }

    /// When kept records may go ahead of their slot.
    pub(super) fn ahead(&self, kept: usize, rate: f64) -> Duration {
        let window = seconds(kept, rate * AHEAD / FILLED).min(LONGEST_SLOT);
        let since = self.kept_since.unwrap_or_default();
        (since + SETTLING + window.mul_f64(self.fleet.place_in(self.slots))).max(self.free_ahead)
    }

    /// The back end takes records. If it was away, those of this one get a slot from when that ended, as far as known.
    ///
    /// The slot must be of one length for all, or those with little would leave the back end idle at the end and those with
    /// much would be the last by far. So it goes by what all probably have: what usually comes in the time of the outage, and
    /// what was left of the backlog that the outage interrupted. A single failure was no outage: what was due still is.
    pub(super) fn back_again(&mut self, now: Duration) {
        let was_away = self.wait.failures() >= IS_AWAY;
        if let Some((first, last)) = self.wait.succeeded()
            && was_away
            && self.fleet.size > 1
        {
            // Nobody knows when it began, but between the last success and the first failure.
            let begun = self.success + first.saturating_sub(self.success).mul_f64(BEGUN).min(BEGUN_WITHIN);
            let come = self.arrivals.rate() * now.saturating_sub(begun).as_secs_f64();
            let records = come as usize + self.epoch.left(begun);
            let seen = self.arrivals.seen() * (come / records.max(1) as f64).min(1.0).powi(2);
            self.anchor = Some(Anchor { at: last + now.saturating_sub(last).mul_f64(ENDED), records, seen });
            (self.plan, self.due, self.together, self.recovery) = (None, 0, 0, None);
        }
        self.success = now;
    }
}
