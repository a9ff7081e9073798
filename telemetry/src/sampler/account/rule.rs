//! One rule of the account: whom it is for, what it has decided so far, and what X-Ray has assigned to it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::trace::TraceId;

use super::facts::Terms;
use super::reservoir::{Quota, Reservoir, Taken};
use crate::sampler::Reason;
use crate::sampler::ratio::Share;

/// Time between two reports about a rule, where X-Ray says nothing else.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);
/// What X-Ray may ask for instead.
const INTERVALS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// A rule as the account has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ruled {
    pub(super) name: String,
    /// The smaller comes first.
    pub(super) priority: i32,
    /// Share of the traces beyond the reservoir.
    pub(super) rate: f64,
    /// Traces a second of all services together.
    pub(super) reservoir: u32,
    pub(super) terms: Terms,
}

/// A rule at work.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) ruled: Ruled,
    by_reservoir: Reason,
    by_rate: Reason,
    state: Mutex<State>,
}

#[derive(Clone, Debug)]
struct State {
    share: Share,
    reservoir: Reservoir,
    counts: Counts,
    report_at: Instant,
}

/// What a rule has decided since the last report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Traces that the rule was for.
    pub(super) requests: u32,
    /// Those that are recorded, the borrowed among them.
    pub(super) sampled: u32,
    /// Those that are recorded beyond the quota that X-Ray has assigned.
    pub(super) borrowed: u32,
}

/// What X-Ray wants a rule to do from now on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Target {
    pub(super) rate: f64,
    pub(super) quota: Option<Quota>,
    pub(super) interval: Option<Duration>,
}

impl Rule {
    /// The rule, with what `before`, which had its name, has counted and was assigned.
    pub(super) fn new(ruled: Ruled, before: Option<&Self>, now: Instant) -> Self {
        let fresh = || State {
            share: Share::new(ruled.rate),
            reservoir: Reservoir::new(ruled.reservoir),
            counts: Counts::default(),
            report_at: now + INTERVAL,
        };
        let state = before.map_or_else(fresh, |before| {
            let mut state = before.state().clone();
            state.share = Share::new(ruled.rate);
            state.reservoir.resize(ruled.reservoir);
            state
        });
        Self {
            by_reservoir: Reason::reservoir(&ruled.name),
            by_rate: Reason::rate(&ruled.name),
            ruled,
            state: Mutex::new(state),
        }
    }

    /// Decides about a trace that the rule is for.
    pub(super) fn decide(&self, trace_id: TraceId, now: Instant) -> (bool, Reason) {
        let mut state = self.state();
        let taken = state.reservoir.take(now);
        let keep = taken != Taken::Nothing || state.share.keeps(trace_id);
        let counts = &mut state.counts;
        counts.requests = counts.requests.saturating_add(1);
        counts.sampled = counts.sampled.saturating_add(u32::from(keep));
        counts.borrowed = counts.borrowed.saturating_add(u32::from(taken == Taken::Borrowed));
        drop(state);
        (keep, if taken == Taken::Nothing { self.by_rate.clone() } else { self.by_reservoir.clone() })
    }

    /// The time of the next report.
    pub(super) fn report_at(&self) -> Instant {
        self.state().report_at
    }

    /// What there is to report, taken out; nothing before its time, nor about a rule that no trace was for.
    pub(super) fn report(&self, now: Instant) -> Option<Counts> {
        let mut state = self.state();
        if now < state.report_at {
            return None;
        }
        state.report_at = now + INTERVAL;
        (state.counts.requests > 0).then(|| std::mem::take(&mut state.counts))
    }

    /// A report that did not arrive is a part of the next one.
    pub(super) fn give_back(&self, counts: Counts) {
        let into = &mut self.state().counts;
        into.requests = into.requests.saturating_add(counts.requests);
        into.sampled = into.sampled.saturating_add(counts.sampled);
        into.borrowed = into.borrowed.saturating_add(counts.borrowed);
    }

    /// Does as X-Ray wants.
    pub(super) fn aim(&self, target: Target, now: Instant) {
        let Target { rate, quota, interval } = target;
        let mut state = self.state();
        state.share = Share::new(rate);
        if let Some(quota) = quota {
            state.reservoir.assign(quota, now);
        }
        let (shortest, longest) = INTERVALS;
        state.report_at = now + interval.unwrap_or(INTERVAL).clamp(shortest, longest);
    }

    /// The quota in force.
    pub(super) fn quota(&self, now: Instant) -> Option<Quota> {
        self.state().reservoir.quota(now)
    }

    /// A panic elsewhere cannot leave it half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
