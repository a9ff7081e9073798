//! What became of an attempt at a job array's task, as its spans say it.

use std::fmt;

use opentelemetry::{KeyValue, Value};

use crate::attribute;

/// What became of an attempt; the value of [`attribute::SPAWN_TASK_OUTCOME`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskOutcome {
    /// The command ended with exit code 0, and its results are stored.
    Succeeded,
    /// It failed, and no attempts are left.
    Failed,
    /// It failed, and another attempt follows.
    Retried,
    /// The operator called it off.
    Cancelled,
    /// The host was told to stop and gave the task back.
    Released,
    /// The host vanished; whoever took the task up next says so.
    Lost,
    /// The attempt ended after somebody else had taken the task up; its end counts for nothing.
    Superseded,
    /// The claim was refused: somebody else has the task, or it has ended.
    Refused,
}

impl TaskOutcome {
    /// All of them, as `docs/reference/spans.md` lists them.
    pub const ALL: [Self; 8] = [
        Self::Succeeded,
        Self::Failed,
        Self::Retried,
        Self::Cancelled,
        Self::Released,
        Self::Lost,
        Self::Superseded,
        Self::Refused,
    ];

    /// The word in spans.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Retried => "retried",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
            Self::Lost => "lost",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
        }
    }

    /// The span attribute that says it.
    #[must_use]
    pub fn attribute(self) -> KeyValue {
        KeyValue::new(attribute::SPAWN_TASK_OUTCOME, self)
    }
}

impl From<TaskOutcome> for Value {
    fn from(outcome: TaskOutcome) -> Self {
        Self::from(outcome.as_str())
    }
}

impl fmt::Display for TaskOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_lists_every_outcome() {
        let reference = include_str!("../../docs/reference/spans.md");
        let table = reference.split_once("<!-- outcomes:begin -->").unwrap().1;
        let table = table.split_once("<!-- outcomes:end -->").unwrap().0;
        let listed: Vec<&str> = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
        assert_eq!(listed, TaskOutcome::ALL.map(TaskOutcome::as_str));
    }
}
