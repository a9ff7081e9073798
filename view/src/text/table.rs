//! A table without lines that fits the paper: what matters least is left out first, then texts are cut.

use std::borrow::Cow;

use super::escape::{escape, width};
use super::line::Line;
use super::paper::{Paint, Paper};

/// Columns between two columns of a table.
const GAP: usize = 2;
/// A text is not cut to less.
const LEAST_TEXT: usize = 12;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    title: &'a str,
    right: bool,
    /// Whether it may be cut; the others are whole, or not there.
    cut: bool,
    /// The higher, the sooner it is left out; what has 0 stays.
    spare: u8,
}

impl<'a> Column<'a> {
    /// A column whose values stay whole, at the left.
    pub(super) const fn whole(title: &'a str) -> Self {
        Self { title, right: false, cut: false, spare: 0 }
    }

    /// A column of numbers.
    pub(super) const fn number(title: &'a str) -> Self {
        Self { right: true, ..Self::whole(title) }
    }

    /// A column of text that is cut where there is no room.
    pub(super) const fn text(title: &'a str) -> Self {
        Self { cut: true, ..Self::whole(title) }
    }

    /// The same, left out where there is no room: the highest rank first.
    pub(super) const fn spare(self, rank: u8) -> Self {
        Self { spare: rank, ..self }
    }
}

/// A cell: its text, which need not have been through the door yet, and its paint.
pub(super) type Cell<'a> = (Paint, Cow<'a, str>);

/// A cell of this text.
pub(super) fn cell<'a>(text: impl Into<Cow<'a, str>>) -> Cell<'a> {
    (Paint::Plain, text.into())
}

/// Writes the table.
pub(super) fn table(paper: &Paper, columns: &[Column<'_>], rows: &[Vec<Cell<'_>>], to: &mut String) {
    let rows: Vec<Vec<Cell<'_>>> = rows
        .iter()
        .map(|row| row.iter().map(|(paint, text)| (*paint, Cow::Owned(escape(text).into_owned()))).collect())
        .collect();
    let widths = widths(paper.columns(), columns, &rows);
    let titles: Vec<Cell<'_>> = columns.iter().map(|column| (Paint::Dim, escape(column.title))).collect();
    for row in std::iter::once(&titles).chain(&rows) {
        let mut line = Line::new(paper);
        let mut at = 0;
        for ((column, (paint, text)), wide) in columns.iter().zip(row).zip(&widths) {
            let Some(wide) = *wide else { continue };
            line.to(at);
            let mut inner = Line::of(paper, wide.min(line.left()));
            match column.right {
                true => inner.right(wide, *paint, text),
                false => inner.own(*paint, text),
            };
            line.inner(inner);
            at += wide + GAP;
        }
        line.end(to);
    }
}

/// The width of each column; none for one that is left out.
fn widths(paper: usize, columns: &[Column<'_>], rows: &[Vec<Cell<'_>>]) -> Vec<Option<usize>> {
    let wanted = |at: usize, column: &Column<'_>| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|(_, text)| width(text));
        cells.chain([width(column.title)]).max().unwrap_or_default()
    };
    let mut widths: Vec<Option<usize>> =
        columns.iter().enumerate().map(|(at, column)| Some(wanted(at, column))).collect();
    let all = |widths: &[Option<usize>]| {
        let there = widths.iter().flatten();
        there.clone().sum::<usize>() + GAP * there.count().saturating_sub(1)
    };
    // What texts can give counts before a column is left out.
    let given = |widths: &[Option<usize>]| -> usize {
        let texts = columns.iter().zip(widths).filter(|(column, _)| column.cut);
        texts.filter_map(|(_, wide)| *wide).map(|wide| wide.saturating_sub(LEAST_TEXT)).sum()
    };
    while all(&widths).saturating_sub(given(&widths)) > paper {
        let spare = (0..columns.len()).filter(|at| columns[*at].spare > 0 && widths[*at].is_some());
        let Some(at) = spare.max_by_key(|at| columns[*at].spare) else { break };
        widths[at] = None;
    }
    // The widest text gives first.
    while all(&widths) > paper {
        let texts = (0..columns.len()).filter(|at| columns[*at].cut && widths[*at] > Some(LEAST_TEXT.min(4)));
        let Some(at) = texts.max_by_key(|at| widths[*at]) else { break };
        widths[at] = widths[at].map(|wide| wide - 1);
    }
    widths
}
