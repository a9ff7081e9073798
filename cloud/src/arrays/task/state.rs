//! The states of a task, and their words in items, output and spans.

use std::fmt;
use std::str::FromStr;

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// It waits for an agent, perhaps for its next attempt.
    Pending,
    /// An agent works on it, as far as its lease tells.
    Running,
    /// It has ended with exit code 0, and its results are stored.
    Succeeded,
    /// It has failed, and no attempts are left.
    Failed,
    /// The operator has called it off.
    Cancelled,
}

impl TaskState {
    /// All of them, in the order of a task's life.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// The word in items, output and spans.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more becomes of it by itself.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TaskState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownState)
    }
}

/// A word that is no state of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no state of a task: pending, running, succeeded, failed or cancelled")]
pub struct UnknownState;
