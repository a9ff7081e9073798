//! When to send, and how much: so that one host is quick, and ten thousand share one quota without a herd.
//!
//! A pure state machine: time is handed in, as the time since any moment that stays the same. It knows records by their
//! number only. One alone lingers a little to fill a request, and is bounded by nothing until it is throttled. One of many
//! allows itself its share of the quota: each backlog gets a slot in the time that the whole fleet needs for theirs, and
//! what was sent is paid for with time before the next request.

mod arrivals;
mod fleet;
mod rate;
mod recovery;
mod slot;
mod types;
mod wait;

#[cfg(test)]
mod tests;

use std::time::Duration;

use arrivals::Arrivals;
pub use fleet::{Fleet, place_of};
use rate::Rate;
use recovery::Recovery;
use slot::{Anchor, Epoch, Plan};
pub use types::{Answer, Hurry, Limits, Queue, Setback, Step};
use wait::Wait;

/// Longest time between two requests of one that has work and no trouble: whoever watches must see life. Where its share
/// of the quota is so small that a full request would cost more than that, requests are smaller.
const LONGEST_SLOT: Duration = Duration::from_secs(175);
/// How long one of many waits before it believes that it has seen all of a backlog that is coming in.
const SETTLING: Duration = Duration::from_secs(1);
/// Part of the quota that the fleet fills with slots.
const FILLED: f64 = 0.88;
/// Part of the quota that kept records may use ahead of their slots.
const AHEAD: f64 = 0.07;
/// What is left to send after a notice of the end is spread over this in a fleet: others have had the same notice.
const SPOT_SPREAD: Duration = Duration::from_secs(8);
/// Failures in a row after which the back end is believed to be away: the next request is a single record.
const IS_AWAY: u32 = 2;

/// Paces one sender.
#[derive(Debug)]
pub struct Pacer {
    fleet: Fleet,
    limits: Limits,
    chance: fastrand::Rng,
    rate: Rate,
    wait: Wait,
    /// Slots taken so far: the place in them changes with each.
    slots: u32,
    /// When the first of those was seen that wait for a slot of their own.
    since: Option<Duration>,
    /// When the first kept record was seen that may go ahead.
    kept_since: Option<Duration>,
    /// When the hurry began.
    hurried: Option<Duration>,
    /// What the slot was made for that is waited for.
    plan: Option<Plan>,
    /// Records whose slot has come.
    due: usize,
    /// How many of them go together.
    part: usize,
    /// How far the parts are from one another, at most.
    apart: Duration,
    /// Those that go now, one request after the other.
    together: usize,
    /// When the first of those went.
    part_at: Duration,
    /// When what was sent is paid for.
    free: Duration,
    /// When what was sent ahead is paid for.
    free_ahead: Duration,
    /// Where a slot is counted from after an outage, if not from when its records were seen.
    anchor: Option<Anchor>,
    /// The largest backlog that the fleet may still be working off.
    epoch: Epoch,
    /// When it was last found there.
    success: Duration,
    /// The parts in which what came during an outage is worked off.
    recovery: Option<Recovery>,
    /// What usually comes.
    arrivals: Arrivals,
    /// The request under way.
    sent: Sent,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    most: usize,
    waiting: usize,
    at: Duration,
    is_ahead: bool,
}

impl Pacer {
    /// One that has sent nothing yet. The same seed makes the same choices.
    #[must_use]
    pub fn new(fleet: Fleet, limits: Limits, seed: u64) -> Self {
        Self {
            rate: Rate::new(share(fleet, limits.quota)),
            wait: Wait::new(limits.first_wait, limits.longest_wait),
            fleet,
            limits,
            chance: fastrand::Rng::with_seed(seed),
            slots: 0,
            since: None,
            kept_since: None,
            hurried: None,
            plan: None,
            due: 0,
            part: 0,
            apart: LONGEST_SLOT,
            together: 0,
            part_at: Duration::ZERO,
            free: Duration::ZERO,
            free_ahead: Duration::ZERO,
            anchor: None,
            epoch: Epoch::default(),
            success: Duration::ZERO,
            recovery: None,
            arrivals: Arrivals::default(),
            sent: Sent::default(),
        }
    }

    /// The fleet is another than it was believed to be.
    pub fn fleet(&mut self, fleet: Fleet) {
        if fleet != self.fleet {
            self.fleet = fleet;
            self.rate = Rate::new(share(fleet, self.limits.quota));
        }
    }

    /// Other limits hold, of another exporter for example. What was learned stays, unless the quota is another.
    pub fn limits(&mut self, limits: Limits) {
        if limits.quota != self.limits.quota {
            self.rate = Rate::new(share(self.fleet, limits.quota));
        }
        self.wait.bounds(limits.first_wait, limits.longest_wait);
        self.limits = limits;
    }

    /// Records go elsewhere, or share it with others: what went wrong before means nothing any more.
    pub fn reconfigured(&mut self, now: Duration, fleet: Fleet, limits: Limits) {
        self.fleet(fleet);
        self.limits(limits);
        self.wait.forget(now);
    }

    /// Whether nothing is known to be wrong.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.wait.is_well()
    }

    /// How long one record more than all others have is to wait, if each of the fleet has one at the same time.
    #[must_use]
    pub fn spread(&self) -> Duration {
        match share(self.fleet, self.limits.quota) {
            Some(share) => seconds(1, share * AHEAD / FILLED).mul_f64(self.fleet.place),
            None => Duration::ZERO,
        }
    }

    /// Somebody wants another attempt at once, whatever went wrong before. A back end that asks for less is heeded.
    pub fn again(&mut self, now: Duration) {
        self.wait.cut_short(now);
    }

    /// What to do now. To be asked again after each answer and whenever the queue has changed.
    pub fn next(&mut self, now: Duration, queue: Queue) -> Step {
        self.arrivals.look(now, queue.waiting);
        if queue.waiting == 0 {
            self.rest();
            return Step::Idle;
        }
        let since = *self.since.get_or_insert(now);
        let hurried = match queue.hurry {
            Hurry::No => self.hurried.take().and(None),
            _ => Some(*self.hurried.get_or_insert(now)),
        };
        if queue.kept == 0 {
            self.kept_since = None;
        } else {
            self.kept_since.get_or_insert(now);
        }
        let blocked = self.wait.until(hurried.is_some());
        if blocked > now {
            return Step::WaitUntil(blocked);
        }
        if self.wait.failures() >= IS_AWAY {
            return self.send(now, queue, 1, true, false);
        }
        match hurried {
            Some(hurried) => self.hurry(now, queue, hurried),
            None => self.stroll(now, queue, since),
        }
    }

    /// How the request went that [`Pacer::next`] asked for.
    pub fn answered(&mut self, now: Duration, answer: Answer) {
        let Sent { most, waiting, at, is_ahead } = self.sent;
        let Answer { done, setback } = answer;
        self.arrivals.done(done);
        self.due = self.due.saturating_sub(done);
        self.together = self.together.saturating_sub(done);
        if let Some(rate) = self.rate.at(now) {
            self.pay(at, seconds(done, if is_ahead { rate * AHEAD / FILLED } else { rate }), is_ahead);
        }
        if !is_ahead {
            self.recovered(at, setback.is_none());
        }
        match setback {
            None => {
                let hungry = !is_ahead && self.due > 0 && self.together == 0 && waiting > 2 * done;
                self.rate.taken(now, done, hungry);
                self.back_again(now);
            }
            Some(Setback::Throttled(after)) => {
                self.rate.taken(now, done, false);
                self.throttled(now, after, waiting.saturating_sub(done).min(most.max(1)));
            }
            Some(Setback::Lasting) => self.wait.lasting(now, &mut self.chance),
            Some(Setback::Away) => self.wait.away(now, self.fleet.size > 1, &mut self.chance),
        }
    }

    /// The request that [`Pacer::next`] asked for was not made after all.
    pub fn withdrawn(&mut self) {
        self.sent = Sent::default();
    }

    /// The back end asks for less, and perhaps to be left alone for a time; so many are to go next.
    fn throttled(&mut self, now: Duration, after: Duration, records: usize) {
        if self.wait.failures() >= IS_AWAY {
            // A back end that throttles is there.
            self.back_again(now);
        }
        if let Some(turn) = self.gives_way() {
            self.wait.gives_way(now, after, turn, &mut self.chance);
            return;
        }
        let rest = seconds(records, self.rate.throttled(now));
        self.wait.throttled(now, after, self.fleet.size > 1, rest, &mut self.chance);
    }

    /// Nothing waits.
    fn rest(&mut self) {
        (self.since, self.kept_since, self.hurried, self.anchor) = (None, None, None, None);
        (self.plan, self.due, self.together, self.recovery) = (None, 0, 0, None);
    }

    /// Nobody is in a hurry.
    fn stroll(&mut self, now: Duration, queue: Queue, since: Duration) -> Step {
        let Some(rate) = self.rate.at(now) else {
            return self.alone(now, queue, since);
        };
        if self.fleet.size <= 1 {
            // It was throttled before; it has nobody to make room for.
            return match self.alone(now, queue, since) {
                Step::Send { .. } if self.free > now => Step::WaitUntil(self.free),
                step => step,
            };
        }
        let at = match (self.together, self.due) {
            (1.., _) => now,
            (0, 1..) => self.free,
            (0, 0) => self.slot(since, queue.waiting, rate).max(self.free),
        };
        if at <= now {
            if self.due == 0 {
                self.take_slot(queue.waiting);
            }
            if self.together == 0 {
                (self.together, self.part_at) = (self.part.min(self.due), now);
            }
            return self.send(now, queue, self.together, false, false);
        }
        let ahead = match queue.kept {
            0 => Duration::MAX,
            kept => self.ahead(kept, rate),
        };
        if ahead <= now {
            self.kept_since = None;
            return self.send(now, queue, queue.kept, true, true);
        }
        Step::WaitUntil(at.min(ahead))
    }

    /// Nothing bounds the pace: what waits goes together, as soon as there is enough of it or its time is up.
    fn alone(&mut self, now: Duration, queue: Queue, since: Duration) -> Step {
        let lingering = since + self.linger();
        if self.due == 0 {
            if queue.waiting < self.limits.enough && now < lingering {
                return Step::WaitUntil(lingering);
            }
            self.due = queue.waiting;
            (self.since, self.part_at) = (None, now);
        }
        self.send(now, queue, self.limits.records, false, false)
    }

    fn hurry(&mut self, now: Duration, queue: Queue, hurried: Duration) -> Step {
        let spread = match queue.hurry {
            Hurry::Spot if self.fleet.size > 1 && queue.kept == 0 => {
                let window = self.fleet.size.saturating_mul(u32::try_from(queue.waiting).unwrap_or(u32::MAX));
                let window = self.limits.quota.map_or(0.0, |quota| f64::from(window) / quota);
                hurried + SPOT_SPREAD.min(Duration::from_secs_f64(window)).mul_f64(self.fleet.place)
            }
            _ => now,
        };
        if spread > now {
            return Step::WaitUntil(spread);
        }
        // Everybody waits for everything: what arrives meanwhile goes along.
        (self.due, self.together, self.part_at) = (queue.waiting, queue.waiting, now);
        (self.since, self.plan, self.recovery) = (None, None, None);
        let most = if queue.hurry == Hurry::Spot && queue.kept > 0 && self.fleet.size > 1 {
            queue.kept.min(self.limits.records)
        } else {
            self.limits.records
        };
        self.send(now, queue, most, true, false)
    }

    fn send(&mut self, now: Duration, queue: Queue, most: usize, kept_first: bool, is_ahead: bool) -> Step {
        let most = most.clamp(1, self.limits.records.max(1));
        self.sent = Sent { most, waiting: queue.waiting, at: now, is_ahead };
        Step::Send { most, kept_first }
    }

    /// Time that what is sent next must be apart from this. What goes together is one.
    fn pay(&mut self, at: Duration, cost: Duration, is_ahead: bool) {
        if is_ahead {
            self.free_ahead = self.free_ahead.max(at) + cost;
            return;
        }
        let free = self.free.max(at) + cost;
        let apart = if self.due > 0 { self.apart } else { LONGEST_SLOT };
        self.free = if self.fleet.size > 1 { free.min(self.part_at + apart).max(at) } else { free };
    }

    /// Grows with the fleet, so that a large one makes no more requests than a small one needs.
    fn linger(&self) -> Duration {
        self.limits.linger.mul_f64((f64::from(self.fleet.size) / 100.0).clamp(1.0, 30.0))
    }
}

/// What one of the fleet may send in a second; `None`: as much as it likes.
fn share(fleet: Fleet, quota: Option<f64>) -> Option<f64> {
    quota.filter(|_| fleet.size > 1).map(|quota| FILLED * quota / f64::from(fleet.size))
}

/// Time that these records take at this rate, a week at most.
fn seconds(records: usize, rate: f64) -> Duration {
    Duration::from_secs_f64((records as f64 / rate.max(1e-6)).min(604_800.0))
}
