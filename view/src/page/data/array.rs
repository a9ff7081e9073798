//! A job array as JSON: index by phase.

use serde::Serialize;

use super::{micros, rfc3339};
use crate::Trace;
use crate::array::{ArrayView, AttemptRow, HostRow, TaskRow};

/// A job array.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArrayData {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// How many tasks it has, if its own span is here to say so.
    pub size: Option<u64>,
    /// The phases of an attempt, in the order in which they follow each other.
    pub phases: Vec<String>,
    /// The hosts that worked on it, those with the most failures and stragglers first.
    pub hosts: Vec<HostData>,
    /// Its tasks: failures first, then stragglers, then by index.
    pub tasks: Vec<TaskData>,
}

/// A host that worked on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostData {
    /// Its instance.
    pub instance: String,
    /// How many attempts it made.
    pub attempts: usize,
    /// How many of these failed.
    pub failed: usize,
    /// How many of the stragglers took long on it.
    pub stragglers: usize,
}

/// A task of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskData {
    /// Its index.
    pub index: u32,
    /// What became of its last attempt: a word of `docs/reference/spans.md`, or `running`.
    pub outcome: String,
    /// Microseconds of all its attempts; of one under way, until the last instant that its trace knows of.
    pub total_us: f64,
    /// Microseconds of each phase in all its attempts; none where no attempt came to it.
    pub phases_us: Vec<Option<f64>>,
    /// Whether it took much longer than the others.
    pub straggler: bool,
    /// Whether its last attempt failed.
    pub failed: bool,
    /// Why its last failed attempt failed.
    pub cause: Option<String>,
    /// The trace of its last attempt.
    pub trace_id: String,
    /// The span of its last attempt.
    pub span_id: String,
    /// Its attempts, by number.
    pub attempts: Vec<AttemptData>,
}

/// An attempt at a task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttemptData {
    /// Its number, from 1.
    pub number: u32,
    /// What became of it.
    pub outcome: String,
    /// When it began, RFC 3339.
    pub start: String,
    /// When it ended; none while it is under way.
    pub end: Option<String>,
    /// Microseconds that it took; while it is under way, until the last instant that its trace knows of.
    pub total_us: f64,
    /// Microseconds of each phase; none where it did not come to it.
    pub phases_us: Vec<Option<f64>>,
    /// The host that made it.
    pub instance: Option<String>,
    /// Whether it failed.
    pub failed: bool,
    /// Why it failed.
    pub cause: Option<String>,
    /// Its trace.
    pub trace_id: String,
    /// Its span.
    pub span_id: String,
}

/// A job array as JSON; `traces` are those that it was found in.
#[must_use]
pub fn array_data(array: &ArrayView, traces: &[Trace]) -> ArrayData {
    let ArrayView { name, id, phases, tasks, size, hosts } = array;
    ArrayData {
        name: name.clone(),
        id: id.clone(),
        size: *size,
        phases: phases.clone(),
        hosts: hosts.iter().map(host).collect(),
        tasks: tasks.iter().map(|row| task(row, traces)).collect(),
    }
}

fn host(row: &HostRow) -> HostData {
    let HostRow { instance, attempts, failed, stragglers } = row.clone();
    HostData { instance, attempts, failed, stragglers }
}

fn task(row: &TaskRow, traces: &[Trace]) -> TaskData {
    let (trace_id, span_id) = ids(traces, row.trace, row.span);
    TaskData {
        index: row.index,
        outcome: row.outcome.clone(),
        total_us: micros(row.total),
        phases_us: row.phases.iter().map(|phase| phase.map(micros)).collect(),
        straggler: row.straggler,
        failed: row.failed,
        cause: row.cause.clone(),
        trace_id,
        span_id,
        attempts: row.attempts.iter().map(|row| attempt(row, traces)).collect(),
    }
}

fn attempt(row: &AttemptRow, traces: &[Trace]) -> AttemptData {
    let (trace_id, span_id) = ids(traces, row.trace, row.span);
    AttemptData {
        number: row.number,
        outcome: row.outcome.clone(),
        start: rfc3339(row.start),
        end: row.end.map(rfc3339),
        total_us: micros(row.total),
        phases_us: row.phases.iter().map(|phase| phase.map(micros)).collect(),
        instance: row.instance.clone(),
        failed: row.failed,
        cause: row.cause.clone(),
        trace_id,
        span_id,
    }
}

/// The ids of the span at this place; empty for a place in other traces than these.
fn ids(traces: &[Trace], trace: usize, span: usize) -> (String, String) {
    let trace = traces.get(trace);
    let span = trace.and_then(|trace| trace.spans().get(span));
    (
        trace.map(|trace| trace.id().to_string()).unwrap_or_default(),
        span.map(|span| span.span_id.to_string()).unwrap_or_default(),
    )
}
