//! Traces that were recorded before it was known whether they would be.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::TraceId;

use super::Reason;

/// The traces that wait for a decision, and what became of those that have waited.
#[derive(Debug, Default)]
pub(super) struct Settled {
    waiting: Mutex<HashSet<TraceId>>,
    /// A kept trace has a reason, a rejected one has none.
    decided: Mutex<HashMap<TraceId, Option<Reason>>>,
    any: AtomicBool,
}

impl Settled {
    /// Remembers a trace; false if it is not `undecided` any more.
    pub(super) fn remember(&self, trace_id: TraceId, undecided: impl Fn() -> bool) -> bool {
        let mut waiting = locked(&self.waiting);
        undecided() && {
            waiting.insert(trace_id);
            true
        }
    }

    /// Whether the trace waits for its decision.
    pub(super) fn awaits(&self, trace_id: TraceId) -> bool {
        locked(&self.waiting).contains(&trace_id)
    }

    /// Puts a decision in force by `switch`, and decides about the traces that have waited for it.
    pub(super) fn settle(&self, switch: impl FnOnce(), keep: impl Fn(TraceId) -> (bool, Reason)) {
        let undecided = {
            let mut waiting = locked(&self.waiting);
            // Under the lock, so that no trace is remembered after the decision.
            switch();
            std::mem::take(&mut *waiting)
        };
        let mut decided = locked(&self.decided);
        decided.extend(undecided.into_iter().map(|id| {
            let (keep, reason) = keep(id);
            (id, keep.then_some(reason))
        }));
        self.any.store(!decided.is_empty(), Ordering::Release);
    }

    /// Whether the trace was decided against.
    pub(super) fn rejects(&self, trace_id: TraceId) -> bool {
        self.any.load(Ordering::Acquire) && locked(&self.decided).get(&trace_id).is_some_and(Option::is_none)
    }

    /// Why the trace is kept, if it has waited.
    pub(super) fn reason(&self, trace_id: TraceId) -> Option<Reason> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        locked(&self.decided).get(&trace_id).cloned().flatten()
    }
}

/// A panic elsewhere leaves a set of ids whole.
fn locked<T>(set: &Mutex<T>) -> MutexGuard<'_, T> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}
