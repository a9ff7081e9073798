//! A job array as JSON: index by phase.

use serde::Serialize;

use super::micros;
use crate::Trace;
use crate::array::{ArrayView, AttemptRow, TaskRow};

/// A job array.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArrayData {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// The phases of its tasks, in the order in which they begin.
    pub phases: Vec<String>,
    /// Its tasks: failures first, then stragglers, then by index.
    pub tasks: Vec<TaskData>,
}

/// A task of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskData {
    /// Its index.
    pub index: u32,
    /// What became of it; a word of `docs/reference/spans.md`.
    pub outcome: String,
    /// Microseconds from the first attempt's start to the last one's end.
    pub total_us: f64,
    /// Microseconds of each phase of its last attempt; none for a phase that it has not reached.
    pub phases_us: Vec<Option<f64>>,
    /// Whether it took much longer than the others.
    pub straggler: bool,
    /// Whether it failed.
    pub failed: bool,
    /// Why, if somebody said.
    pub cause: Option<String>,
    /// The trace of its last attempt.
    pub trace_id: String,
    /// The span of its last attempt.
    pub span_id: String,
    /// All of its attempts.
    pub attempts: Vec<AttemptData>,
}

/// A job array as JSON; `traces` are those that it was found in.
#[must_use]
pub fn array_data(array: &ArrayView, traces: &[Trace]) -> ArrayData {
    let ArrayView { name, id, phases, tasks, .. } = array;
    ArrayData {
        name: name.clone(),
        id: id.clone(),
        phases: phases.clone(),
        tasks: tasks.iter().map(|row| task(row, traces)).collect(),
    }
}
