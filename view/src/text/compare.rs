//! Two traces, or two tasks, beside each other as text.

use std::borrow::Cow;

use super::line::{Line, wrapped};
use super::paper::{Paint, Paper};
use super::table::{Cell, Column, cell, table};
use super::units::duration;
use crate::compare::{Comparison, Difference, Side};

/// Rows of a comparison that are shown unless all are asked for: those that differ most, with what they hang below.
const ROWS: usize = 60;
/// Columns of one level of the tree, and levels that are drawn.
const LEVEL: usize = 2;
const LEVELS: usize = 12;

/// The comparison as a table; the names are those of its two sides. `all` shows every row, however many there are.
#[must_use]
pub fn compare(comparison: &Comparison, left: &str, right: &str, all: bool, paper: &Paper) -> String {
    const COLUMNS: [Column<'_>; 7] = [
        Column::text("SPAN"),
        Column::text("SERVICE").spare(4),
        Column::number("A"),
        Column::number("B"),
        Column::number("B - A"),
        Column::number("CALLS").spare(3),
        Column::number("FAILED").spare(2),
    ];
    let mut text = String::new();
    for (sign, name, length) in [("A", left, comparison.left), ("B", right, comparison.right)] {
        let mut line = Line::new(paper);
        line.own(Paint::Strong, sign).own(Paint::Plain, "  ").push(Paint::Plain, name);
        line.own(Paint::Plain, "  ").own(Paint::Plain, &duration(length)).end(&mut text);
    }
    let shown = shown(comparison, if all { usize::MAX } else { ROWS });
    let rows: Vec<Vec<Cell<'_>>> =
        comparison.rows.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(row, _)| cells(row)).collect();
    table(paper, &COLUMNS, &rows, &mut text);
    let hidden = shown.iter().filter(|shown| !**shown).count();
    if hidden > 0 {
        wrapped(paper, "", Paint::Dim, &format!("and {hidden} more rows that differ less"), 1, &mut text);
    }
    text
}

/// Which rows are shown: so many of those that differ most, and all that these hang below.
fn shown(comparison: &Comparison, most: usize) -> Vec<bool> {
    let rows = &comparison.rows;
    if rows.len() <= most {
        return vec![true; rows.len()];
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|at| {
        let row = &rows[*at];
        (row.left.errors == row.right.errors, std::cmp::Reverse(row.slower_by().unsigned_abs()))
    });
    let mut shown = vec![false; rows.len()];
    for at in order.into_iter().take(most) {
        let mut at = Some(at);
        while let Some(row) = at.filter(|at| !shown[*at]) {
            shown[row] = true;
            at = rows[row].parent;
        }
    }
    shown
}

fn cells(row: &Difference) -> Vec<Cell<'_>> {
    let time = |side: &Side| match side.calls {
        0 => cell("-"),
        _ => cell(duration(side.total)),
    };
    let pair = |left: u64, right: u64| if left == right { left.to_string() } else { format!("{left} / {right}") };
    let deep = " ".repeat(row.depth.min(LEVELS) * LEVEL);
    let failed = match (row.left.errors, row.right.errors) {
        (0, 0) => cell("-"),
        (left, right) => (Paint::Bad, Cow::Owned(pair(left, right))),
    };
    vec![
        cell(format!("{deep}{}", row.name)),
        (Paint::Dim, Cow::Borrowed(row.service.as_str())),
        time(&row.left),
        time(&row.right),
        difference(row),
        cell(pair(row.left.calls, row.right.calls)),
        failed,
    ]
}

/// What the right side took more, or less; what is on one side alone is told as such.
fn difference(row: &Difference) -> Cell<'static> {
    if row.left.calls == 0 {
        return (Paint::Odd, Cow::Borrowed("only B"));
    }
    if row.right.calls == 0 {
        return (Paint::Odd, Cow::Borrowed("only A"));
    }
    let by = row.slower_by();
    let size = u64::try_from(by.unsigned_abs()).unwrap_or(u64::MAX);
    // A tenth more, or less, is worth a look.
    let paint = if u128::from(size) * 10 > u128::from(row.left.total.max(1)) { Paint::Odd } else { Paint::Dim };
    let sign = if by < 0 { "-" } else { "+" };
    (paint, Cow::Owned(if size == 0 { "same".to_owned() } else { format!("{sign}{}", duration(size)) }))
}
