//! A line that knows how many columns are left in it.

use super::escape::{cut, escape, width};
use super::paper::{Paint, Paper};

/// A line being written. What does not fit is cut, with a sign that says so.
#[derive(Debug)]
pub(super) struct Line<'a> {
    paper: &'a Paper,
    text: String,
    used: usize,
    columns: usize,
}

impl<'a> Line<'a> {
    pub(super) fn new(paper: &'a Paper) -> Self {
        Self::of(paper, paper.columns())
    }

    /// One of at most so many columns.
    pub(super) fn of(paper: &'a Paper, columns: usize) -> Self {
        Self { paper, text: String::new(), used: 0, columns }
    }

    /// Text from anywhere; it goes through the door.
    pub(super) fn push(&mut self, paint: Paint, text: &str) -> &mut Self {
        self.own(paint, &escape(text))
    }

    /// Text that has been through the door, or is ours.
    pub(super) fn own(&mut self, paint: Paint, text: &str) -> &mut Self {
        let left = self.columns - self.used;
        if left > 0 {
            let text = cut(text, left, self.paper.signs().cut);
            self.used += width(&text);
            self.paper.paint(&mut self.text, paint, &text);
        }
        self
    }

    /// Spaces up to this column; none if it is passed already.
    pub(super) fn to(&mut self, column: usize) -> &mut Self {
        for _ in self.used..column.min(self.columns) {
            self.text.push(' ');
            self.used += 1;
        }
        self
    }

    /// Text that ends before this column.
    pub(super) fn right(&mut self, column: usize, paint: Paint, text: &str) -> &mut Self {
        let text = escape(text);
        self.to(column.saturating_sub(width(&text))).own(paint, &text)
    }

    /// Another line in this one.
    pub(super) fn inner(&mut self, line: Self) -> &mut Self {
        self.text.push_str(&line.text);
        self.used += line.used;
        self
    }

    /// Columns that are left.
    pub(super) const fn left(&self) -> usize {
        self.columns - self.used
    }

    /// Ends the line.
    pub(super) fn end(&mut self, to: &mut String) {
        to.push_str(self.text.trim_end_matches(' '));
        to.push('\n');
    }
}

/// Writes a text from anywhere in as many lines as it takes, broken at spaces where there are any, after this prefix.
pub(super) fn wrapped(paper: &Paper, prefix: &str, paint: Paint, text: &str, most: usize, to: &mut String) {
    let text = escape(text);
    let room = paper.columns().saturating_sub(width(prefix)).max(16);
    let mut rest: &str = text.trim();
    for number in 1..=most {
        let (line, after) = split(rest, room);
        let last = number == most;
        to.push_str(prefix);
        let shown = if last { cut(rest, room, paper.signs().cut) } else { line.into() };
        paper.paint(to, paint, &shown);
        to.push('\n');
        rest = after.trim_start();
        if rest.is_empty() {
            break;
        }
    }
}

/// The part of a text that fits into so many columns, and the rest.
fn split(text: &str, columns: usize) -> (&str, &str) {
    if width(text) <= columns {
        return (text, "");
    }
    let (mut used, mut fits, mut space) = (0, 0, None);
    for (at, c) in text.char_indices() {
        if c == ' ' {
            space = Some(at);
        }
        used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used > columns {
            break;
        }
        fits = at + c.len_utf8();
    }
    // A word that is longer than half a line is broken rather than the line left empty.
    let at = space.filter(|space| *space > fits / 2).unwrap_or(fits);
    text.split_at(at)
}
