//! Writes JSON straight into the document, without anything in between.

mod text;
mod value;

use super::limits::{Cuts, DOCUMENT, Level};
use text::escaped;

/// The end of a document in the making.
#[derive(Debug)]
pub(super) struct Pen<'a> {
    pub(super) out: &'a mut String,
    /// Where the document begins.
    pub(super) start: usize,
    pub(super) level: Level,
    /// Number of the level.
    pub(super) number: usize,
    /// What was cut so far.
    pub(super) cuts: Cuts,
}

/// Where a block began, so that it vanishes again if nothing comes into it.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(super) struct Mark(usize);

impl Pen<'_> {
    /// Whether the document is larger than any that is sent: the next level writes it again.
    pub(super) fn is_full(&self) -> bool {
        self.out.len() - self.start > DOCUMENT
    }

    /// A field's name, which is known to need no escapes.
    #[inline]
    pub(super) fn key(&mut self, name: &str) {
        self.comma();
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    /// A field's name that came from outside.
    #[inline]
    pub(super) fn foreign_key(&mut self, name: &str) {
        self.comma();
        self.whole(name);
        self.out.push(':');
    }

    /// A comma, unless this is the first in its block or list.
    #[inline]
    pub(super) fn comma(&mut self) {
        if !matches!(self.out.as_bytes().last(), None | Some(b'{' | b'[')) {
            self.out.push(',');
        }
    }

    /// Begins a block.
    #[inline]
    pub(super) fn open(&mut self, name: &str) -> Mark {
        let mark = Mark(self.out.len());
        self.key(name);
        self.out.push('{');
        mark
    }

    /// Ends a block; an empty one was never there.
    #[inline]
    pub(super) fn close(&mut self, mark: Mark) {
        self.end(mark, b'{', '}');
    }

    /// Begins a list.
    #[inline]
    pub(super) fn open_list(&mut self, name: &str) -> Mark {
        let mark = Mark(self.out.len());
        self.key(name);
        self.out.push('[');
        mark
    }

    /// Ends a list; an empty one was never there.
    #[inline]
    pub(super) fn close_list(&mut self, mark: Mark) {
        self.end(mark, b'[', ']');
    }

    fn end(&mut self, Mark(start): Mark, empty: u8, bracket: char) {
        if self.out.as_bytes().last() == Some(&empty) {
            self.out.truncate(start);
        } else {
            self.out.push(bracket);
        }
    }

    /// A field with a text that is known to need neither escapes nor a cut.
    #[inline]
    pub(super) fn plain(&mut self, name: &str, text: &str) {
        self.key(name);
        self.out.push('"');
        self.out.push_str(text);
        self.out.push('"');
    }

    /// A field with a text of at most so many characters.
    #[inline]
    pub(super) fn field(&mut self, name: &str, text: &str, longest: usize) {
        self.key(name);
        self.text(text, longest);
    }

    /// A field that is true.
    #[inline]
    pub(super) fn flag(&mut self, name: &str) {
        self.key(name);
        self.out.push_str("true");
    }

    /// A field with a number.
    #[inline]
    pub(super) fn count(&mut self, name: &str, number: i64) {
        self.key(name);
        self.integer(number);
    }

    /// A text; one that is too long ends with a mark, and the cut is noted.
    #[inline]
    pub(super) fn text(&mut self, text: &str, longest: usize) {
        if self.cut_text(text, longest) {
            self.cuts.note(Cuts::TEXTS);
        }
    }

    /// A text; whether it was cut.
    #[inline]
    pub(super) fn cut_text(&mut self, text: &str, longest: usize) -> bool {
        let longest = longest.min(self.level.others);
        if text.len() <= longest {
            self.whole(text);
            return false;
        }
        let end = text::end_of(text, longest);
        self.out.push('"');
        escaped(self.out, &text[..end]);
        let is_cut = end < text.len();
        self.out.push_str(if is_cut { "…\"" } else { "\"" });
        is_cut
    }

    /// A text, all of it.
    #[inline]
    pub(super) fn whole(&mut self, text: &str) {
        self.out.push('"');
        escaped(self.out, text);
        self.out.push('"');
    }
}
