//! Attempts at tasks: which spans are some, and what they tell.

use super::AttemptRow;
use crate::span::{Outcome, Span};
use crate::trace::Trace;

/// A span that is an attempt.
#[derive(Debug)]
pub(super) struct At {
    pub(super) array: String,
    pub(super) index: u32,
    pub(super) number: u32,
    /// How much the span tells of the attempt: its own has its phases, that in the array's trace has none.
    pub(super) rank: u8,
    pub(super) span: usize,
}

/// The spans of a trace that are attempts.
pub(super) fn attempts(trace: &Trace) -> impl Iterator<Item = At> {
    trace.spans().iter().enumerate().filter_map(|(at, span)| attempt(span, at))
}

fn attempt(span: &Span, at: usize) -> Option<At> {
    let rank = match span.name.split_once(' ')?.0 {
        "task" => 2,
        "attempt" => 1,
        _ => return None,
    };
    let array = span.text("spawn.job_array_id")?.into_owned();
    let index = span.text("spawn.job_array_index")?.parse().ok()?;
    let number = span.text("spawn.task.attempt").map_or(Some(1), |number| number.parse().ok())?;
    Some(At { array, index, number, rank: rank * 2 + u8::from(span.end.is_some()), span: at })
}

/// Whether a span of this name below an attempt is one of its phases, not something that came after it.
pub(super) fn is_phase(name: &str) -> bool {
    !["superseded ", "claim ", "task ", "attempt "].iter().any(|other| name.starts_with(other))
}

/// What an attempt tells.
pub(super) fn row(number: u32, trace: usize, of: &Trace, at: At, phases: &[String]) -> AttemptRow {
    let span = &of.spans()[at.span];
    let until = |span: &Span| span.end.unwrap_or_else(|| of.end()).saturating_sub(span.start);
    let mut times = vec![None; phases.len()];
    for child in of.children(at.span).iter().map(|child| &of.spans()[*child]) {
        if let Some(phase) = phases.iter().position(|phase| *phase == child.name) {
            times[phase] = Some(times[phase].unwrap_or(0_u64).saturating_add(until(child)));
        }
    }
    AttemptRow {
        number,
        outcome: outcome(span),
        start: span.start,
        end: span.end,
        total: until(span),
        phases: times,
        instance: span.text("spawn.instance_id").map(String::from),
        failed: span.failed(),
        cause: span.failed().then(|| cause(span)).flatten(),
        trace,
        span: at.span,
    }
}

fn outcome(span: &Span) -> String {
    match span.text("spawn.task.outcome") {
        Some(outcome) => outcome.into_owned(),
        None if span.end.is_none() => "running".to_owned(),
        None if span.failed() => "failed".to_owned(),
        None => "succeeded".to_owned(),
    }
}

/// Why a span failed: what its status says, its message, or the code of the error.
#[must_use]
pub fn cause(span: &Span) -> Option<String> {
    match &span.outcome {
        Outcome::Error(text) if !text.is_empty() => Some(text.clone()),
        _ => {
            ["error.message", "exception.message", "error.type"].iter().find_map(|key| span.text(key).map(String::from))
        }
    }
}
