//! Two traces, or two tasks, beside each other as JSON.

use serde::Serialize;

use super::micros;
use crate::compare::{Comparison, Difference, Side};

/// Two traces, or two tasks, beside each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonData {
    /// What the first is called.
    pub a: String,
    /// What the other is called.
    pub b: String,
    /// Microseconds that the first takes.
    pub a_us: f64,
    /// Microseconds that the other takes.
    pub b_us: f64,
    /// What they are made of, from the top down.
    pub rows: Vec<ComparedData>,
}

/// Spans of one name in one place of the tree, on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparedData {
    /// What they are called, without what counts them (`task align[*]`).
    pub name: String,
    /// The service that made them.
    pub service: String,
    /// How many rows are above.
    pub depth: usize,
    /// The place among `rows` of the row above.
    pub parent: Option<usize>,
    /// Those of the first.
    pub a: SideData,
    /// Those of the other.
    pub b: SideData,
}

/// The spans of one side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SideData {
    /// How many there are.
    pub calls: u64,
    /// How many of them failed.
    pub errors: u64,
    /// How many of them are under way.
    pub open: u64,
    /// Microseconds that they took together; those under way, until the last instant that their trace knows of.
    pub total_us: f64,
    /// Microseconds that the longest took.
    pub longest_us: f64,
}

/// A comparison of these two as JSON.
#[must_use]
pub fn comparison_data(comparison: &Comparison, a: &str, b: &str) -> ComparisonData {
    let Comparison { left, right, rows } = comparison;
    ComparisonData {
        a: a.to_owned(),
        b: b.to_owned(),
        a_us: micros(*left),
        b_us: micros(*right),
        rows: rows.iter().map(compared).collect(),
    }
}

fn compared(row: &Difference) -> ComparedData {
    let Difference { name, service, depth, parent, left, right } = row;
    ComparedData {
        name: name.clone(),
        service: service.clone(),
        depth: *depth,
        parent: *parent,
        a: side(left),
        b: side(right),
    }
}

fn side(side: &Side) -> SideData {
    let Side { calls, errors, open, total, longest, .. } = *side;
    SideData { calls, errors, open, total_us: micros(total), longest_us: micros(longest) }
}
