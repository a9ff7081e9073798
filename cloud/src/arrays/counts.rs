//! How many tasks have ended how: one counter item for each shard, changed in one transaction with the task.

use super::task::TaskState;

/// Tasks that have ended, by how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Those that succeeded.
    pub succeeded: u32,
    /// Those that failed for good.
    pub failed: u32,
    /// Those that were called off.
    pub cancelled: u32,
}

impl Counts {
    /// All that have ended.
    #[must_use]
    pub const fn ended(&self) -> u32 {
        self.succeeded + self.failed + self.cancelled
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            succeeded: self.succeeded + other.succeeded,
            failed: self.failed + other.failed,
            cancelled: self.cancelled + other.cancelled,
        }
    }

    /// Tasks in this state.
    #[must_use]
    pub const fn of(&self, state: TaskState) -> u32 {
        match state {
            TaskState::Succeeded => self.succeeded,
            TaskState::Failed => self.failed,
            TaskState::Cancelled => self.cancelled,
            TaskState::Pending | TaskState::Running => 0,
        }
    }
}
