//! A comparison for programs.

use serde::Serialize;
use spawn_view::{Comparison, Difference, Side};

/// Two traces, or two tasks, beside each other.
#[derive(Debug, Serialize)]
pub(super) struct ComparisonData {
    a: String,
    b: String,
    a_us: f64,
    b_us: f64,
    rows: Vec<Row>,
}

/// Spans of one name in one place of the tree, on both sides.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    service: String,
    depth: usize,
    parent: Option<usize>,
    a: SideData,
    b: SideData,
}

#[derive(Debug, Serialize)]
struct SideData {
    calls: u64,
    errors: u64,
    open: u64,
    total_us: f64,
    longest_us: f64,
}

pub(super) fn of(comparison: &Comparison, left: &str, right: &str) -> ComparisonData {
    ComparisonData {
        a: left.to_owned(),
        b: right.to_owned(),
        a_us: micros(comparison.left),
        b_us: micros(comparison.right),
        rows: comparison.rows.iter().map(row).collect(),
    }
}

fn row(row: &Difference) -> Row {
    Row {
        name: row.name.clone(),
        service: row.service.clone(),
        depth: row.depth,
        parent: row.parent,
        a: side(&row.left),
        b: side(&row.right),
    }
}

fn side(side: &Side) -> SideData {
    let Side { calls, errors, open, total, longest, .. } = *side;
    SideData { calls, errors, open, total_us: micros(total), longest_us: micros(longest) }
}

/// Nanoseconds as microseconds.
#[expect(clippy::cast_precision_loss, reason = "a double has 53 bits: nanoseconds of a hundred days are exact")]
fn micros(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}
