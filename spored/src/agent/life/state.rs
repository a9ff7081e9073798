//! What the life cycle tells the status, and what others tell the life cycle.

use super::completion::Completion;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The state of the life cycle; one in an agent, shared by its duties and the control socket.
#[derive(Debug, Default)]
pub(crate) struct LifeState {
    report: Mutex<LifeReport>,
    completion: watch::Sender<Option<Completion>>,
    told_to_stop: watch::Sender<bool>,
    hook_began: AtomicBool,
    has_left: AtomicBool,
}

/// The part of the status that tells when and why the host ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct LifeReport {
    /// When the time to live is over, RFC 3339.
    pub(crate) ends_at: Option<String>,
    /// Why the host ends, from the moment at which that is decided.
    pub(crate) end: Option<EndReport>,
    /// How idle the host is; absent without `idle-timeout`.
    pub(crate) idle: Option<IdleReport>,
    /// The completion that was declared.
    pub(crate) completion: Option<Completion>,
    /// That EC2 takes the instance back.
    pub(crate) spot_notice: Option<NoticeReport>,
    /// Since when EC2 recommends to replace the instance, RFC 3339.
    pub(crate) rebalance_recommended: Option<String>,
}

/// The end of the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct EndReport {
    pub(crate) reason: &'static str,
    pub(crate) action: &'static str,
    /// When it was decided, RFC 3339.
    pub(crate) at: String,
    /// Why EC2 has not done it yet.
    pub(crate) problem: Option<String>,
}

/// How idle the host is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct IdleReport {
    pub(crate) timeout: String,
    /// Since when nothing is done, RFC 3339; absent while something is.
    pub(crate) since: Option<String>,
    /// When the host ends if nothing is done until then, RFC 3339.
    pub(crate) ends_at: String,
    /// What the host is busy with.
    pub(crate) busy_with: Option<String>,
}

/// An announced interruption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NoticeReport {
    pub(crate) action: &'static str,
    /// When, RFC 3339.
    pub(crate) time: String,
}

impl LifeState {
    /// Declares that the work is done; false if that was declared before, which then stands.
    pub(crate) fn complete(&self, completion: Completion) -> bool {
        self.completion.send_if_modified(|declared| {
            let first = declared.is_none();
            if first {
                *declared = Some(completion);
            }
            first
        })
    }

    /// Waits for a declared completion.
    pub(super) async fn completed(&self) -> Completion {
        let mut declared = self.completion.subscribe();
        loop {
            if let Some(completion) = declared.borrow_and_update().clone() {
                return completion;
            }
            if declared.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Makes room for another completion: the instance has begun another life.
    pub(super) fn forget_completion(&self) {
        self.completion.send_replace(None);
    }

    /// The agent was told to stop: what still waits need not.
    pub(crate) fn tell_to_stop(&self) {
        self.told_to_stop.send_replace(true);
    }

    /// Whether the agent was told to stop.
    pub(super) fn is_told_to_stop(&self) -> bool {
        *self.told_to_stop.borrow()
    }

    /// Waits until the agent is told to stop.
    pub(super) async fn told_to_stop(&self) {
        // The sender is this value itself, which outlives the borrow.
        drop(self.told_to_stop.subscribe().wait_for(|told| *told).await);
    }

    /// Whether the program before the end may run: once.
    pub(super) fn may_run_hook(&self) -> bool {
        !self.hook_began.swap(true, Ordering::Relaxed)
    }

    /// Lets the program run again in another life.
    pub(super) fn forget_hook(&self) {
        self.hook_began.store(false, Ordering::Relaxed);
    }

    /// Whether the agent has taken its leave of the registry while it still runs.
    pub(crate) fn has_left(&self) -> bool {
        self.has_left.load(Ordering::Relaxed)
    }

    pub(super) fn leave(&self, left: bool) {
        self.has_left.store(left, Ordering::Relaxed);
    }

    pub(super) fn change_report<T>(&self, change: impl FnOnce(&mut LifeReport) -> T) -> T {
        change(&mut self.lock())
    }

    pub(crate) fn report(&self) -> LifeReport {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, LifeReport> {
        // Every write leaves the report whole.
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_completion_stands() {
        let state = LifeState::default();
        let failed: Completion = serde_json::from_str(r#"{"status": "failed"}"#).unwrap();
        assert!(state.complete(failed.clone()));
        assert!(!state.complete(Completion::default()));
        assert_eq!(state.completed().await, failed);
        state.forget_completion();
        assert!(state.complete(Completion::default()));
    }
}
