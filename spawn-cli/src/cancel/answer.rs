//! What became of the tasks that were to be called off.

use crate::array::Changed;
use crate::exit::Exit;
use crate::output::Output;
use crate::show;
use anyhow::Result;
use serde_json::json;
use spawn_cloud::arrays::{ArrayRecord, Refusal, TaskState};

/// What was done, and what was not.
pub(super) struct Answer {
    array_id: String,
    /// Called off, and nothing more becomes of them.
    cancelled: Vec<u32>,
    /// They run, and whoever runs them is told.
    told: Vec<u32>,
    /// They ended by themselves meanwhile.
    ended_before: Vec<u32>,
    error: Option<String>,
    /// Instances that are terminated.
    pub(super) terminated: Vec<String>,
    /// Agents that are left to see to the end.
    pub(super) agents: usize,
    /// Whether this command has ended the array.
    pub(super) ended: bool,
    was_over: bool,
}

impl Answer {
    pub(super) fn nothing(array: &ArrayRecord) -> Self {
        Self::of(array, Changed::default())
    }

    pub(super) fn of(array: &ArrayRecord, outcome: Changed) -> Self {
        let (cancelled, told): (Vec<_>, Vec<_>) =
            outcome.changed.into_iter().partition(|task| task.state == TaskState::Cancelled);
        let index = |tasks: Vec<spawn_cloud::arrays::Task>| tasks.into_iter().map(|task| task.index).collect();
        let ended = outcome.refused.iter().filter(|(_, refusal)| matches!(refusal, Refusal::Ended(_)));
        Self {
            array_id: array.id.to_string(),
            cancelled: index(cancelled),
            told: index(told),
            ended_before: ended.map(|(index, _)| *index).collect(),
            error: outcome.error.map(|error| format!("{error:#}")),
            terminated: Vec::new(),
            agents: 0,
            ended: false,
            was_over: array.ended_at.is_some(),
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    pub(super) fn exit(&self) -> Exit {
        match (&self.error, self.cancelled.is_empty() && self.told.is_empty()) {
            (None, _) => Exit::Success,
            (Some(_), true) => Exit::Failure,
            (Some(_), false) => Exit::Partial,
        }
    }

    pub(super) fn print(&self, output: Output) -> Result<()> {
        let answer = json!({
            "array_id": self.array_id,
            "cancelled": self.cancelled,
            "told": self.told,
            "ended_before": self.ended_before,
            "terminated": self.terminated,
            "ended": self.ended || self.was_over,
            "error": self.error,
        });
        output.print(&answer, || self.table())?;
        if let Some(error) = &self.error {
            show::message(&format!("not all tasks were called off, the same command goes on with the rest: {error}"));
        } else if self.ended {
            show::message(&format!(
                "{} has ended: no agent was there, so this command removed its queue",
                self.array_id
            ));
        } else if !self.was_over && self.agents > 0 {
            let who = "an agent brings the array to its end when no task runs any more";
            show::message(&format!("{who}; `spawn status {} --watch` waits for it", self.array_id));
        } else if !self.was_over && !self.told.is_empty() {
            let why = "no agent is heard of, but leases of running tasks are not over";
            show::message(&format!("{why}: run `spawn cancel {}` again in some minutes", self.array_id));
        }
        Ok(())
    }

    fn table(&self) -> String {
        let counts = [
            ("cancelled", self.cancelled.len()),
            ("told to end", self.told.len()),
            ("ended before", self.ended_before.len()),
            ("instances terminated", self.terminated.len()),
        ];
        let some: Vec<(&str, String)> =
            counts.iter().filter(|(_, count)| *count > 0).map(|(what, count)| (*what, count.to_string())).collect();
        if some.is_empty() { String::new() } else { show::pairs(&some) }
    }
}
