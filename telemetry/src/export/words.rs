//! Error texts as people can read them.

use std::error::Error;

use crate::redact::redacted;

/// Longest text of a stranger's that is shown, in characters.
const LONGEST: usize = 300;

/// The error and its sources, with colons between; a source that repeats what was said is left out.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = error.source();
    }
    text
}

/// The text on one line, without secrets, and not too long.
pub(crate) fn brief(text: &str) -> String {
    let line = redacted(text);
    let line = line.chars().map(|character| if character.is_control() { ' ' } else { character });
    line.take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_words_are_one_short_line_without_secrets() {
        assert_eq!(brief("no\nhttps://kim:pass@host"), "no https://[redacted]@host");
        assert_eq!(brief(&"x".repeat(301)), "x".repeat(300));
    }
}
