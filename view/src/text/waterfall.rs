//! A trace as a waterfall: the tree at the left, a bar for each span at the right, causes and links below their span.

mod bar;
mod head;
mod row;
mod tree;

use std::collections::BTreeSet;

use super::line::wrapped;
use super::paper::{Paint, Paper};
use crate::critical::critical_path;
use crate::fold;
use crate::trace::Trace;
use bar::Scale;
use row::Rows;

/// What a waterfall shows beside the spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Siblings that are alike are one row if there are more of them.
    pub more_than: usize,
    /// Whether each span's events are shown.
    pub events: bool,
    /// Whether each span's attributes are shown.
    pub attributes: bool,
}

impl Default for Detail {
    fn default() -> Self {
        Self { more_than: 3, events: false, attributes: false }
    }
}

/// The trace as text.
#[must_use]
pub fn waterfall(trace: &Trace, detail: &Detail, paper: &Paper) -> String {
    let critical = critical_path(trace);
    let rows = fold::rows(trace, detail.more_than);
    let scale = Scale::of(trace, &critical, paper);
    let mut text = String::new();
    head::head(trace, paper, &mut text);
    scale.axis(paper, &mut text);
    Rows::of(trace, detail, paper, &scale).write(&rows, &mut text);
    head::foot(trace, &critical, paper, &mut text);
    notes(trace, paper, &mut text);
    text
}

/// What there is to say of the trace, each thing once. The model says no more than people read.
fn notes(trace: &Trace, paper: &Paper, to: &mut String) {
    let mut said = BTreeSet::new();
    for note in trace.notes() {
        let note = match note.span.and_then(|span| trace.spans().get(span)) {
            Some(span) => format!("note: {}: {}", span.name, note.text),
            None => format!("note: {}", note.text),
        };
        if said.insert(note.clone()) {
            wrapped(paper, "", Paint::Odd, &note, 3, to);
        }
    }
}
