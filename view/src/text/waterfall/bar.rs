//! The right side: each span's time as a bar on one scale.

use crate::critical::Stretch;
use crate::text::line::Line;
use crate::text::paper::{Paint, Paper};
use crate::text::units::duration;
use crate::trace::Trace;

/// Columns of a duration, with the space before it.
const DURATION: usize = 9;

/// Where things stand on a line, and which time a column is.
#[derive(Debug)]
pub(super) struct Scale {
    /// Columns of the tree.
    pub(super) tree: usize,
    /// The first column of the bars.
    pub(super) bars: usize,
    /// Columns of the bars.
    columns: usize,
    start: u64,
    length: u64,
    /// The parts of the critical path that are each span's, in the order of time.
    critical: Vec<Vec<(u64, u64)>>,
}

impl Scale {
    pub(super) fn of(trace: &Trace, critical: &[Stretch], paper: &Paper) -> Self {
        let columns = paper.columns();
        // Names are what people read: they get the half, but not more than any name needs.
        let tree = (columns / 2).min(76);
        let bars = tree + DURATION + 2;
        let mut of_span = vec![Vec::new(); trace.spans().len()];
        for stretch in critical {
            of_span[stretch.span].push((stretch.from, stretch.to));
        }
        let (start, end) = (trace.start(), trace.end());
        Self { tree, bars, columns: columns - bars, start, length: end.saturating_sub(start).max(1), critical: of_span }
    }

    /// The column of the bars in which an instant lies.
    fn column(&self, instant: u64) -> usize {
        let offset = u128::from(instant.saturating_sub(self.start).min(self.length));
        let column = offset * self.columns as u128 / u128::from(self.length);
        usize::try_from(column).unwrap_or(usize::MAX).min(self.columns - 1)
    }

    /// The line above the bars: from nothing to the whole, and the half where there is room.
    pub(super) fn axis(&self, paper: &Paper, to: &mut String) {
        let mut line = Line::new(paper);
        let whole = duration(self.length);
        line.to(self.bars).own(Paint::Dim, "0");
        if self.columns >= 40 {
            let half = duration(self.length / 2);
            line.to(self.bars + self.columns / 2 - half.len() / 2).own(Paint::Dim, &half);
        }
        line.right(self.bars + self.columns, Paint::Dim, &whole).end(to);
    }

    /// Writes duration and bar of a span's time at the end of its line.
    pub(super) fn write(&self, bar: &Bar<'_>, line: &mut Line<'_>, paper: &Paper) {
        let signs = paper.signs();
        let text = match bar.end {
            Some(end) => duration(end.saturating_sub(bar.start)),
            None => "open".to_owned(),
        };
        line.right(self.tree + DURATION, bar.paint, &text);
        let first = self.column(bar.start);
        let last = self.column(bar.end.unwrap_or(self.start + self.length).max(bar.start));
        // A bar ends before the column in which the next one begins, unless that is its only one.
        let ends_on_edge = bar.end.is_some_and(|end| self.begins_column(end, last)) && last > first;
        let last = if ends_on_edge { last - 1 } else { last };
        line.to(self.bars + first);
        let mut critical = bar.spans.iter().flat_map(|span| &self.critical[*span]).map(|part| self.columns_of(*part));
        let mut part = critical.next();
        let mut run = (Paint::Plain, String::new());
        for column in first..=last {
            while part.is_some_and(|(_, to)| to < column) {
                part = critical.next();
            }
            let is_critical = part.is_some_and(|(from, _)| from <= column);
            let (paint, sign) = match (is_critical, bar.end) {
                (_, None) if column == last => (Paint::Open, signs.open),
                (true, _) => (if bar.paint == Paint::Bad { Paint::Bad } else { Paint::Critical }, signs.critical),
                (false, _) => (bar.paint, signs.bar),
            };
            if run.0 != paint {
                line.own(run.0, &run.1);
                run = (paint, String::new());
            }
            run.1.push(sign);
        }
        line.own(run.0, &run.1);
    }

    fn columns_of(&self, (from, to): (u64, u64)) -> (usize, usize) {
        let (first, last) = (self.column(from), self.column(to));
        let ends_on_edge = last > first && self.begins_column(to, last);
        (first, if ends_on_edge { last - 1 } else { last })
    }

    /// Whether an instant is the very beginning of its column.
    fn begins_column(&self, instant: u64, column: usize) -> bool {
        instant > self.start && self.column(instant - 1) < column
    }
}

/// The time of a span, or of spans that are one row.
#[derive(Debug)]
pub(super) struct Bar<'a> {
    pub(super) spans: &'a [usize],
    pub(super) start: u64,
    pub(super) end: Option<u64>,
    pub(super) paint: Paint,
}
