//! The table in memory, and the operations that it and the real store have in common.

use crate::arrays::LEASE;
use spawn_cloud::arrays::{ArrayRecord, ArrayStore, Attempt, Counts, Ending, Refusal, Task, TaskState};

/// A change of a task that somebody asks for.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Claim { index: u32, by: Attempt, now: i64, fresh: bool },
    Renew { held: Task, now: i64 },
    End { held: Task, now: i64, ending: Ending },
    GiveUp { index: u32, now: i64 },
    Cancel { known: Task, now: i64 },
    Retry { known: Task },
}

/// What came of it. What the real store does not tell of the task before, it leaves out.
pub(super) type Answer = Result<(Option<Task>, Task), Refusal>;

/// Every version of every task, and the counters.
#[derive(Debug)]
pub(super) struct Memory {
    versions: Vec<Vec<Task>>,
    pub(super) counts: Counts,
}

impl Memory {
    pub(super) fn new(size: u32) -> Self {
        Self { versions: (0..size).map(|index| vec![Task::new(index)]).collect(), counts: Counts::default() }
    }

    /// The task as it was so many writes ago.
    pub(super) fn task(&self, index: u32, behind: usize) -> &Task {
        let versions = &self.versions[index as usize];
        &versions[versions.len().saturating_sub(behind + 1)]
    }

    pub(super) fn tasks(&self) -> Vec<Task> {
        (0..self.versions.len()).map(|index| self.versions[index].last().unwrap().clone()).collect()
    }

    /// Works the change out from what is known, and writes it over that version, or begins again from what is there.
    pub(super) fn apply(&mut self, operation: &Operation) -> Answer {
        let index = operation.index();
        let read = self.task(index, 0).clone();
        for before in operation.known().into_iter().chain([read]) {
            let Ok(after) = operation.rule(&before) else { continue };
            if before.version == self.task(index, 0).version {
                return Ok((Some(before.clone()), self.write(&before, after)));
            }
        }
        let read = self.task(index, 0).clone();
        operation.rule(&read).map(|after| (Some(read.clone()), self.write(&read, after)))
    }

    fn write(&mut self, before: &Task, after: Task) -> Task {
        let after = Task { version: before.version + 1, ..after };
        let mut count = |state: TaskState, by: i32| {
            let counter = match state {
                TaskState::Succeeded => &mut self.counts.succeeded,
                TaskState::Failed => &mut self.counts.failed,
                TaskState::Cancelled => &mut self.counts.cancelled,
                TaskState::Pending | TaskState::Running => return,
            };
            *counter = counter.checked_add_signed(by).unwrap();
        };
        count(before.state, -1);
        count(after.state, 1);
        self.versions[after.index as usize].push(after.clone());
        after
    }
}

impl Operation {
    pub(super) fn index(&self) -> u32 {
        match self {
            Self::Claim { index, .. } | Self::GiveUp { index, .. } => *index,
            Self::Renew { held: known, .. }
            | Self::End { held: known, .. }
            | Self::Cancel { known, .. }
            | Self::Retry { known } => known.index,
        }
    }

    fn known(&self) -> Option<Task> {
        match self {
            Self::Claim { index, fresh, .. } => fresh.then(|| Task::new(*index)),
            Self::GiveUp { .. } => None,
            Self::Renew { held: known, .. }
            | Self::End { held: known, .. }
            | Self::Cancel { known, .. }
            | Self::Retry { known } => Some(known.clone()),
        }
    }

    fn rule(&self, task: &Task) -> Result<Task, Refusal> {
        let owner = |held: &Task| held.owner.clone().unwrap();
        match self {
            Self::Claim { by, now, .. } => task.claim(by, *now, LEASE),
            Self::Renew { held, now } => task.renew(&owner(held), held.attempt, *now, LEASE),
            Self::End { held, now, ending } => task.end(&owner(held), held.attempt, *now, ending),
            Self::GiveUp { now, .. } => task.give_up(*now),
            Self::Cancel { now, .. } => task.cancel(*now),
            Self::Retry { .. } => task.retry(),
        }
    }

    /// The same at the real store.
    pub(super) async fn at(&self, store: &ArrayStore, array: &ArrayRecord) -> Answer {
        let answer = match self {
            Self::Claim { index, by, now, fresh } => {
                let claimed = store.claim(array, *index, by, *now, LEASE, *fresh).await.unwrap();
                claimed.map(|claimed| (Some(claimed.before), claimed.task))
            }
            Self::Renew { held, now } => store.renew(array, held, *now, LEASE).await.unwrap().map(|task| (None, task)),
            Self::End { held, now, ending } => {
                store.end(array, held, *now, ending).await.unwrap().map(|task| (None, task))
            }
            Self::GiveUp { index, now } => both(store.give_up(array, *index, *now).await.unwrap()),
            Self::Cancel { known, now } => both(store.cancel(array, known, *now).await.unwrap()),
            Self::Retry { known } => both(store.retry(array, known).await.unwrap()),
        };
        answer.map(|(before, after)| (before.map(unmarked), unmarked(after)))
    }
}

fn both(written: Result<spawn_cloud::arrays::Written, Refusal>) -> Answer {
    written.map(|written| (Some(written.before), written.after))
}

/// Without what is drawn for each write.
pub(super) fn unmarked(task: Task) -> Task {
    Task { mark: 0, ..task }
}
