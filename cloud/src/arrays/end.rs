//! The rules of an array's end, without I/O: who sees to it, who may say that it is done, and how it is opened again.
//!
//! All tasks have ended ─► one agent claims the end ([`HookState::Running`]) ─► hook, span, queue ─► [`HookState::Done`].
//! A retry by the operator opens the array for another round, with another queue: SQS takes the name of a removed queue
//! again only after a minute.

use super::array::{ArrayRecord, HookState};
use super::task::{Millis, bounded, millis};
use std::time::Duration;

impl ArrayRecord {
    /// Whether somebody has begun to end it. Nothing more is worked on until it is opened again.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.hook_state != HookState::Waiting
    }

    /// Takes on the array's end; none if somebody else has, or the array is not ready. Whether all tasks have ended is
    /// for the caller to know.
    #[must_use]
    pub fn claim_end(&self, owner: &str, now: Millis, lease: Duration) -> Option<Self> {
        let free = match &self.hook_state {
            HookState::Waiting => true,
            HookState::Running { lease_until, .. } => *lease_until < now,
            HookState::Done { .. } => false,
        };
        let lease_until = now.saturating_add(millis(lease));
        let hook_state = HookState::Running { owner: owner.to_owned(), lease_until };
        (free && self.ready).then(|| Self { hook_state, ..self.clone() })
    }

    /// Keeps the end for longer: a hook may take its time. None if it is somebody else's by now.
    #[must_use]
    pub fn renew_end(&self, owner: &str, now: Millis, lease: Duration) -> Option<Self> {
        let lease_until = now.saturating_add(millis(lease));
        let hook_state = HookState::Running { owner: owner.to_owned(), lease_until };
        self.is_ended_by(owner).then(|| Self { hook_state, ..self.clone() })
    }

    /// Says that the end is done; `problem` is why the hook failed. None if it is somebody else's by now.
    #[must_use]
    pub fn finish(&self, owner: &str, ended_at: Millis, problem: Option<&str>) -> Option<Self> {
        let hook_state = HookState::Done { problem: problem.map(bounded) };
        self.is_ended_by(owner).then(|| Self { hook_state, ended_at: Some(ended_at), ..self.clone() })
    }

    /// Opens an array that has ended, or is about to, for another round with this queue. None if it is open.
    #[must_use]
    pub fn reopen(&self, queue_url: &str) -> Option<Self> {
        self.is_ending().then(|| Self {
            round: self.round + 1,
            queue_url: queue_url.to_owned(),
            hook_state: HookState::Waiting,
            cancelled_at: None,
            ended_at: None,
            ..self.clone()
        })
    }

    fn is_ended_by(&self, owner: &str) -> bool {
        matches!(&self.hook_state, HookState::Running { owner: found, .. } if found == owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(60);

    fn ended() -> ArrayRecord {
        ArrayRecord::example()
    }

    #[test]
    fn one_owner_ends_an_array_and_the_next_when_its_lease_is_over() {
        let claimed = ended().claim_end("i-1/a", 1_000, LEASE).unwrap();
        assert_eq!(claimed.claim_end("i-2/b", 61_000, LEASE), None);
        let again = claimed.claim_end("i-2/b", 61_001, LEASE).unwrap();
        assert_eq!(again.finish("i-1/a", 900, None), None, "the first owner was thought dead");
        let done = again.finish("i-2/b", 900, Some("Unhandled: no")).unwrap();
        assert_eq!(done.hook_state, HookState::Done { problem: Some("Unhandled: no".to_owned()) });
        assert_eq!((done.ended_at, done.claim_end("i-3/c", 999_999, LEASE)), (Some(900), None));
    }

    #[test]
    fn a_hook_that_takes_its_time_keeps_the_end() {
        let claimed = ended().claim_end("i-1/a", 1_000, LEASE).unwrap();
        let kept = claimed.renew_end("i-1/a", 50_000, LEASE).unwrap();
        assert_eq!(kept.claim_end("i-2/b", 61_001, LEASE), None);
        assert_eq!(kept.renew_end("i-2/b", 50_000, LEASE), None);
    }

    #[test]
    fn an_array_whose_tasks_are_not_all_dispatched_does_not_end() {
        assert_eq!(ArrayRecord { ready: false, ..ended() }.claim_end("i-1/a", 1_000, LEASE), None);
    }

    #[test]
    fn a_reopened_array_is_a_round_older_and_nobodys() {
        assert_eq!(ended().reopen("https://queue/2"), None);
        let claimed = ended().claim_end("i-1/a", 1_000, LEASE).unwrap();
        let open = ArrayRecord { cancelled_at: Some(5), ..claimed }.reopen("https://queue/2").unwrap();
        let expected = ArrayRecord { round: 2, queue_url: "https://queue/2".to_owned(), ..ended() };
        assert_eq!(open, expected);
        assert_eq!(open.finish("i-1/a", 900, None), None);
    }
}
