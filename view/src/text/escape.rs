//! The one door for text from outside: what would move the cursor, turn the line, or hide is made visible.

use std::borrow::Cow;
use std::fmt::Write as _;

pub use spawn_config::is_hostile;
use unicode_width::UnicodeWidthChar;

/// Marks that may stand on one letter. Scripts that people write need two or three.
const MOST_MARKS: usize = 4;

/// The text in one line that a terminal draws from left to right, and nothing else of it: controls, line ends, marks that turn
/// the direction of reading and letters without a width are written as `\u{…}`.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        match c {
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            c if is_hostile(c) || marks > MOST_MARKS => {
                // Writing to a text cannot fail.
                write!(escaped, "{}", c.escape_unicode()).unwrap_or_default();
            }
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Columns that a text takes on a terminal. What a door has let through has no controls.
#[must_use]
pub fn width(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.chars().map(|c| c.width().unwrap_or(0)).sum(),
    }
}

/// A text that has been escaped, cut to so many columns; `sign` stands where something is missing.
#[must_use]
pub fn cut<'a>(text: &'a str, columns: usize, sign: char) -> Cow<'a, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut used) = (String::new(), 0);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > columns.saturating_sub(1) {
            break;
        }
        used += wide;
        kept.push(c);
    }
    if columns > 0 {
        kept.push(sign);
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_moves_the_cursor_turns_the_line_or_hides_is_made_visible() {
        assert_eq!(escape("a\u{1b}[2J\rb\u{202e}c"), "a\\u{1b}[2J\\u{d}b\\u{202e}c");
        assert_eq!(escape("one\ntwo\tthree\0"), "one\\ntwo\\tthree\\u{0}");
        assert_eq!(
            escape("\u{9b}31m\u{200b}\u{feff}\u{2028}\u{e0041}"),
            "\\u{9b}31m\\u{200b}\\u{feff}\\u{2028}\\u{e0041}"
        );
    }

    #[test]
    fn what_people_write_is_left_alone() {
        for text in ["plain", "Größe", "任务[3]", "नमस्ते", "e\u{301}", "🚀"] {
            assert_eq!(escape(text), text);
        }
        assert!(matches!(escape("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_tower_of_marks_is_cut_down() {
        let tower = format!("a{}", "\u{301}".repeat(100));
        let escaped = escape(&tower);
        assert_eq!(escaped.chars().filter(|c| *c == '\u{301}').count(), MOST_MARKS, "{escaped}");
    }

    #[test]
    fn a_text_is_cut_by_the_columns_that_it_takes() {
        assert_eq!(cut("abcdef", 4, '…'), "abc…");
        assert_eq!(cut("abcd", 4, '…'), "abcd");
        assert_eq!(cut("任务任务", 6, '…'), "任务…");
        assert_eq!(cut("任务", 1, '…'), "…");
        assert_eq!(cut("abc", 0, '…'), "");
    }

    proptest! {
        #[test]
        fn whatever_comes_no_control_goes_out_and_the_cut_fits(text in any::<String>(), columns in 0_usize..40) {
            let escaped = escape(&text);
            prop_assert!(!escaped.chars().any(is_hostile), "{escaped:?}");
            let cut = cut(&escaped, columns, '…');
            prop_assert!(width(&cut) <= columns, "{cut:?}");
        }
    }
}
