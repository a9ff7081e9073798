//! What is kept of an attempt whose host vanished, until somebody has told of it.

use super::{Millis, Task};

/// An attempt whose host vanished; its fields are those of [`Task`] at the time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the task's field of the same name")]
pub struct LostAttempt {
    pub attempt: u32,
    pub owner: Option<String>,
    pub started_at: Option<Millis>,
    pub lease_until: Option<Millis>,
    pub traceparent: Option<String>,
    pub tracestate: Option<String>,
    pub previous: Option<String>,
}

impl LostAttempt {
    /// The attempt that is under way.
    #[must_use]
    pub fn of(task: &Task) -> Self {
        Self {
            attempt: task.attempt,
            owner: task.owner.clone(),
            started_at: task.started_at,
            lease_until: task.lease_until,
            traceparent: task.traceparent.clone(),
            tracestate: task.tracestate.clone(),
            previous: task.previous.clone(),
        }
    }

    /// The task as it was during the attempt, as far as that is known.
    #[must_use]
    pub fn task(&self, index: u32) -> Task {
        let Self { attempt, owner, started_at, lease_until, traceparent, tracestate, previous } = self.clone();
        Task { attempt, owner, started_at, lease_until, traceparent, tracestate, previous, ..Task::new(index) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Attempt, Task};

    #[test]
    fn what_two_hosts_in_a_row_could_not_tell_is_handed_to_the_third() {
        let by = |owner: &str| Attempt { owner: owner.to_owned(), traceparent: None, tracestate: None };
        let lease = Duration::from_secs(1);
        let mut task = Task::new(7);
        for (now, owner) in [(0, "i-1/a"), (10_000, "i-2/b"), (20_000, "i-3/c")] {
            task = task.claim(&by(owner), now, lease).unwrap();
        }
        let told: Vec<_> = task.untold.iter().map(|lost| (lost.attempt, lost.owner.as_deref().unwrap())).collect();
        assert_eq!(told, [(1, "i-1/a"), (2, "i-2/b")]);
        let first = task.untold[0].task(7);
        assert_eq!((first.index, first.started_at, first.lease_until), (7, Some(0), Some(1_000)));
    }
}
