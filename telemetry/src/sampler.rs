//! Decides which traces are recorded: the parent's word first, then the settings: a ratio of the trace ids, or the
//! account's rules in X-Ray; and shares of single operations.
//!
//! The ratio is taken from the trace id exactly as OpenTelemetry's `TraceIdRatioBased` takes it, so that every program
//! with the same rate, in any language, comes to the same decision about the same trace.

pub(crate) mod account;
mod glob;
mod operations;
mod plan;
mod ratio;
mod reason;
mod sdk;
mod settled;
mod unrecorded;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use opentelemetry::trace::{SpanContext, TraceId};
use spawn_config::SamplingRate;

use crate::describe::CallName;
use account::{AccountRules, Facts};
pub use account::{AccountStatus, QuotaStatus};
use operations::Operations;
pub(crate) use plan::Following;
pub use plan::{SamplerStatus, SamplingPlan};
use ratio::Share;
pub(crate) use reason::Reason;
pub(crate) use sdk::SdkSampler;
use settled::Settled;
use unrecorded::Unrecorded;

/// The rate is not known yet: what starts here is recorded and decided later.
const PROVISIONAL: u64 = u64::MAX;
/// Tracing is off: nothing is recorded, no decision is passed on.
const OFF: u64 = u64::MAX - 1;
/// The account's rules decide about what starts here.
const ACCOUNT: u64 = u64::MAX - 2;

/// Single operations have shares of their own.
const OPERATIONS: u8 = 1;
/// Failures of traces that are not recorded are kept.
const ERRORS: u8 = 2;

/// What becomes of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Tracing is off.
    Off,
    /// The trace is not recorded, and those who are called are told so.
    Drop,
    /// The span is recorded.
    Record,
    /// The span is recorded, and whether it is kept is not known yet.
    RecordForNow,
}

/// A decision, and why the first span of a trace in this process is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) decision: Decision,
    pub(crate) reason: Option<Reason>,
}

/// What the sampler can say of a trace afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Tracing is off.
    Off,
    /// The sampling rate is not known yet.
    Open,
    /// It was decided against here.
    Against(Reason),
    /// If it began here, the share of all traces left it out; a caller may have decided otherwise.
    OutOfShare(Reason),
    /// If it began here, it was recorded.
    For(Reason),
    /// The account's rules decide, and nothing is known of their decision.
    Account,
}

/// The sampler. What it goes by can be switched at any time, from any thread.
#[derive(Debug)]
pub(crate) struct Sampler {
    bound: AtomicU64,
    extras: AtomicU8,
    chosen: ArcSwap<Chosen>,
    settled: Settled,
    unrecorded: Unrecorded,
}

/// What the settings choose, beyond what fits in a number.
#[derive(Debug)]
struct Chosen {
    rate: SamplingRate,
    by_ratio: Reason,
    operations: Operations,
    account: Option<Arc<AccountRules>>,
}

impl Sampler {
    /// A sampler that records everything until [`Sampler::decide`] or [`Sampler::turn_off`].
    pub(crate) fn provisional() -> Self {
        Self {
            bound: AtomicU64::new(PROVISIONAL),
            extras: AtomicU8::new(0),
            chosen: ArcSwap::from_pointee(Chosen::ratio(SamplingRate::NEVER)),
            settled: Settled::default(),
            unrecorded: Unrecorded::default(),
        }
    }

    /// Sets the rate. Traces that were recorded before any rate was known are rejected or kept by it now.
    pub(crate) fn decide(&self, rate: SamplingRate) {
        self.put_in_force(Chosen::ratio(rate), false);
    }

    /// Does as the plan says. Traces that were recorded before any plan was known are rejected or kept by it now. The
    /// answer is what has to go on beside, where the account's rules decide.
    pub(crate) fn choose(&self, plan: &SamplingPlan) -> Option<Following> {
        let account = plan.account(self.chosen.load().account.as_ref());
        let following = account.as_ref().and_then(|rules| plan.following(Arc::clone(rules)));
        let chosen = Chosen { operations: Operations::new(&plan.rules), account, ..Chosen::ratio(plan.rate) };
        self.put_in_force(chosen, plan.keep_errors);
        following
    }

    fn put_in_force(&self, chosen: Chosen, keep_errors: bool) {
        let bound = if chosen.account.is_some() { ACCOUNT } else { Share::new(chosen.rate.value()).bound() };
        let operations = if chosen.operations.len() > 0 { OPERATIONS } else { 0 };
        let extras = operations | if keep_errors { ERRORS } else { 0 };
        let chosen = Arc::new(chosen);
        self.chosen.store(Arc::clone(&chosen));
        self.settled.settle(
            || {
                self.extras.store(extras, Ordering::Release);
                self.bound.store(bound, Ordering::Release);
            },
            |id| chosen.root(id, &Facts::default()),
        );
    }

    /// Records nothing from now on.
    pub(crate) fn turn_off(&self) {
        self.extras.store(0, Ordering::Release);
        self.bound.store(OFF, Ordering::Release);
    }

    pub(crate) fn is_off(&self) -> bool {
        self.bound.load(Ordering::Acquire) == OFF
    }

    /// Whether failures are kept that belong to no recorded trace.
    pub(crate) fn keeps_errors(&self) -> bool {
        self.extras.load(Ordering::Acquire) & ERRORS != 0
    }

    /// Whether single operations have shares of their own.
    pub(crate) fn asks_for_operations(&self) -> bool {
        self.extras.load(Ordering::Acquire) & OPERATIONS != 0
    }

    /// Whether it matters to the decision about a trace which call it begins with.
    pub(crate) fn asks_for_calls(&self) -> bool {
        self.asks_for_operations() || self.bound.load(Ordering::Acquire) == ACCOUNT
    }

    /// Whether a span of this trace, which was recorded for now, is to be thrown away.
    pub(crate) fn rejects(&self, trace_id: TraceId) -> bool {
        self.settled.rejects(trace_id)
    }

    /// Why a trace is kept that was recorded for now.
    pub(crate) fn settled_reason(&self, trace_id: TraceId) -> Option<Reason> {
        self.settled.reason(trace_id)
    }

    /// Decides about a child of `parent`; `undecided` says that the parent left the decision to whoever comes next.
    pub(crate) fn for_child(&self, parent: &SpanContext, undecided: bool, facts: &Facts<'_>) -> Verdict {
        let trace_id = parent.trace_id();
        match self.bound.load(Ordering::Acquire) {
            OFF => Decision::Off.into(),
            _ if undecided => self.for_root(trace_id, facts),
            PROVISIONAL if self.settled.awaits(trace_id) => Decision::RecordForNow.into(),
            _ if parent.is_sampled() && !self.rejects(trace_id) => {
                Verdict { decision: Decision::Record, reason: parent.is_remote().then(Reason::parent) }
            }
            _ => {
                if parent.is_remote() {
                    self.note_unrecorded(trace_id, Reason::parent());
                }
                Decision::Drop.into()
            }
        }
    }

    /// Notes a trace that was decided against by anything but its id.
    pub(crate) fn note_unrecorded(&self, trace_id: TraceId, reason: Reason) {
        self.unrecorded.note(trace_id, reason);
    }

    /// What there is to say of a trace by its id alone.
    pub(crate) fn judge(&self, trace_id: TraceId) -> Judgement {
        if self.rejects(trace_id) {
            return Judgement::Against(self.chosen.load().by_ratio.clone());
        }
        if let Some(reason) = self.unrecorded.reason(trace_id) {
            return Judgement::Against(reason);
        }
        match self.bound.load(Ordering::Acquire) {
            OFF => Judgement::Off,
            PROVISIONAL => Judgement::Open,
            ACCOUNT => Judgement::Account,
            bound if Share::of_bound(bound).keeps(trace_id) => Judgement::For(self.chosen.load().by_ratio.clone()),
            _ => Judgement::OutOfShare(self.chosen.load().by_ratio.clone()),
        }
    }

    /// Decides about a trace that starts here.
    pub(crate) fn for_root(&self, trace_id: TraceId, facts: &Facts<'_>) -> Verdict {
        match self.bound.load(Ordering::Acquire) {
            OFF => Decision::Off.into(),
            PROVISIONAL => self.remember(trace_id, facts),
            ACCOUNT => self.by_choice(trace_id, facts),
            bound if Share::of_bound(bound).keeps(trace_id) => {
                Verdict { decision: Decision::Record, reason: Some(self.chosen.load().by_ratio.clone()) }
            }
            _ => {
                tracing::debug!(%trace_id, reason = "ratio", "a trace is not recorded");
                Decision::Drop.into()
            }
        }
    }

    /// Whether a call of this trace is recorded by the rules for single operations, and by which; `None` if there is no
    /// rule for it.
    pub(crate) fn for_operation(&self, call: CallName<'_>, trace_id: TraceId) -> Option<(bool, Reason)> {
        let chosen = self.chosen.load();
        let (keep, reason) = chosen.operations.decide(call, trace_id)?;
        Some((keep, reason.clone()))
    }

    /// What it goes by, and how it stands with that.
    pub(crate) fn status(&self) -> SamplerStatus {
        let chosen = self.chosen.load();
        SamplerStatus {
            sampler: if chosen.account.is_some() { "xray" } else { "ratio" },
            operation_rules: chosen.operations.len(),
            keep_errors: self.keeps_errors(),
            account: chosen.account.as_ref().map(|account| account.status(Instant::now())),
        }
    }

    fn by_choice(&self, trace_id: TraceId, facts: &Facts<'_>) -> Verdict {
        let (keep, reason) = self.chosen.load().root(trace_id, facts);
        if keep {
            return Verdict { decision: Decision::Record, reason: Some(reason) };
        }
        tracing::debug!(%trace_id, reason = reason.as_str(), "a trace is not recorded");
        self.note_unrecorded(trace_id, reason);
        Decision::Drop.into()
    }

    /// Remembers a trace to be decided later, unless the decision was made in between.
    fn remember(&self, trace_id: TraceId, facts: &Facts<'_>) -> Verdict {
        let undecided = || self.bound.load(Ordering::Acquire) == PROVISIONAL;
        if self.settled.remember(trace_id, undecided) {
            return Decision::RecordForNow.into();
        }
        if self.is_off() { Decision::Off.into() } else { self.by_choice(trace_id, facts) }
    }
}

impl Chosen {
    fn ratio(rate: SamplingRate) -> Self {
        Self { rate, by_ratio: Reason::ratio(rate), operations: Operations::default(), account: None }
    }

    /// Whether a trace that starts here is kept, and why or why not.
    fn root(&self, trace_id: TraceId, facts: &Facts<'_>) -> (bool, Reason) {
        match &self.account {
            Some(account) => account.decide(trace_id, facts, Instant::now()),
            None => (Share::new(self.rate.value()).keeps(trace_id), self.by_ratio.clone()),
        }
    }
}

impl From<Decision> for Verdict {
    fn from(decision: Decision) -> Self {
        Self { decision, reason: None }
    }
}

#[cfg(test)]
mod tests;
