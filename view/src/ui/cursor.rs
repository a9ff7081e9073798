//! A chosen line among many, of which a page is shown.

use crate::ui::keys::Action;

/// Lines that the wheel moves by at a time.
const WHEEL: usize = 3;

/// The chosen line, and the first that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) at: usize,
    pub(crate) top: usize,
}

impl Cursor {
    /// Moves as the key asks, among so many lines of which so many are shown. False if the key asks for something else.
    pub(crate) fn moved(&mut self, action: Action, count: usize, page: usize) -> bool {
        let at = match action {
            Action::Up => self.at.saturating_sub(1),
            Action::Down => self.at + 1,
            Action::PageUp => self.at.saturating_sub(page),
            Action::PageDown => self.at + page,
            Action::First => 0,
            Action::Last => usize::MAX,
            Action::WheelUp => self.at.saturating_sub(WHEEL),
            Action::WheelDown => self.at + WHEEL,
            Action::Line(number) => number,
            _ => return false,
        };
        self.go(at, count, page);
        true
    }

    /// Chooses a line, and shows it.
    pub(crate) fn go(&mut self, at: usize, count: usize, page: usize) {
        self.at = at.min(count.saturating_sub(1));
        let page = page.max(1);
        self.top = self.top.clamp((self.at + 1).saturating_sub(page), self.at).min(count.saturating_sub(page));
    }

    /// The numbers of the lines that are shown.
    pub(crate) fn shown(&self, count: usize, page: usize) -> std::ops::Range<usize> {
        self.top.min(count)..(self.top + page).min(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_line_is_always_shown() {
        let mut cursor = Cursor::default();
        let mut went = |action, count, page| {
            assert!(cursor.moved(action, count, page));
            (cursor.at, cursor.shown(count, page))
        };
        assert_eq!(went(Action::Up, 10, 4), (0, 0..4));
        assert_eq!(went(Action::PageDown, 10, 4), (4, 1..5));
        assert_eq!(went(Action::Last, 10, 4), (9, 6..10));
        assert_eq!(went(Action::Up, 10, 4), (8, 6..10));
        assert_eq!(went(Action::PageUp, 10, 4), (4, 4..8));
        // Fewer lines than before, a smaller page, and none at all.
        assert_eq!(went(Action::Down, 3, 2), (2, 1..3));
        assert_eq!(went(Action::Down, 0, 0), (0, 0..0));
        assert!(!cursor.moved(Action::Quit, 3, 2));
    }

    #[test]
    fn a_page_is_filled_where_there_are_lines_to_fill_it() {
        let mut cursor = Cursor { at: 9, top: 6 };
        cursor.go(9, 10, 8);
        assert_eq!(cursor.shown(10, 8), 2..10);
    }
}
