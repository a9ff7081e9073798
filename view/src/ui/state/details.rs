//! What there is to say of one span, as lines, and which of them is chosen.

mod lines;

use crate::trace::Trace;
use crate::ui::cursor::Cursor;
use crate::ui::keys::Action;
use crate::ui::layout::Layout;
use crate::ui::state::follow::next;
pub(crate) use lines::{Tone, lines};

/// The details of the chosen span.
#[derive(Debug, Default)]
pub(crate) struct Details {
    pub(crate) cursor: Cursor,
    /// The keys go here.
    pub(crate) has_focus: bool,
}

/// What a key asks for that is not in the details themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Nothing,
    Follow(usize),
    Say(&'static str),
}

impl Details {
    /// Another span is looked at.
    pub(crate) fn begin(&mut self) {
        self.cursor = Cursor::default();
    }

    pub(crate) fn apply(&mut self, action: Action, trace: &Trace, span: usize, size: (u16, u16)) -> Asked {
        let area = Layout::of(size, true).details;
        let (lines, page) = (lines(trace, span, area.width), usize::from(area.height));
        if self.cursor.moved(action, lines.len(), page) {
            return Asked::Nothing;
        }
        let is_link = |at: usize| lines[at].link.is_some();
        match action {
            Action::NextLink => match next(lines.len(), self.cursor.at, true, false, is_link) {
                Some(at) => self.cursor.go(at, lines.len(), page),
                None => return Asked::Say("the span has no links"),
            },
            Action::Open => {
                return match lines.get(self.cursor.at).and_then(|line| line.link) {
                    Some(link) => Asked::Follow(link),
                    None => Asked::Say("this line is no link: o goes to the next one"),
                };
            }
            _ => {}
        }
        Asked::Nothing
    }
}
