//! What is asked of a task: an attempt at it, its ending; and why it may be refused.

use super::{Millis, TaskState};
use std::time::Duration;

/// Who makes an attempt, and in which trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// As [`Task::owner`](super::Task::owner).
    pub owner: String,
    /// Context of the attempt's span, W3C.
    pub traceparent: Option<String>,
    /// Vendors' part of that context.
    pub tracestate: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// `Succeeded`, `Failed` or `Cancelled`; `Pending` gives it another attempt.
    pub state: TaskState,
    /// When another attempt may begin, where the state is `Pending`.
    pub not_before: Option<Millis>,
    /// Whether the attempt failed by itself; one that was given back did not.
    pub counts: bool,
    /// Exit code of the command.
    pub exit_code: Option<i32>,
    /// Signal that ended the command.
    pub signal: Option<i32>,
    /// Why it did not succeed, for people.
    pub reason: Option<String>,
    /// Where its results are.
    pub output: Option<String>,
}

/// Why a change of a task is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has ended.
    #[error("the task has {0}")]
    Ended(TaskState),
    /// Somebody works on it, and the lease is not over.
    #[error("the task is leased for another {} ms", .0.as_millis())]
    Leased(Duration),
    /// It must not be attempted yet.
    #[error("the task waits another {} ms for its next attempt", .0.as_millis())]
    TooEarly(Duration),
    /// Somebody else has it, or another attempt is under way.
    #[error("the task is not this attempt's any more")]
    NotOwner,
    /// It is not in a state for this.
    #[error("the task is {0}")]
    NotNow(TaskState),
    /// Its hosts have vanished too often: whoever finds it so ends it as failed.
    #[error("the task's hosts have vanished {0} times")]
    LostTooOften(u32),
    /// There is no such task.
    #[error("there is no such task")]
    Unknown,
}
