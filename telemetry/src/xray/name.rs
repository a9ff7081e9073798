//! Names as X-Ray takes them.

use std::borrow::Cow;

/// Longest name, in characters.
const LONGEST: usize = 200;

/// The name without the characters that X-Ray refuses, cut at its limit; `span` if nothing is left of it.
pub(super) fn sanitised(name: &str) -> Cow<'_, str> {
    if name.len() <= LONGEST && name.bytes().all(is_plain) && !name.trim().is_empty() {
        return Cow::Borrowed(name);
    }
    let cleaned: String = name.chars().filter_map(taken).take(LONGEST).collect();
    if cleaned.trim().is_empty() { Cow::Borrowed("span") } else { Cow::Owned(cleaned) }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b' ' | b'_' | b'.' | b':' | b'/' | b'%' | b'&' | b'#' | b'=' | b'+' | b'-' | b'@')
}

fn taken(character: char) -> Option<char> {
    match character {
        _ if character.is_ascii() && is_plain(character as u8) => Some(character),
        _ if character.is_whitespace() => Some(' '),
        _ if !character.is_ascii() && character.is_alphanumeric() => Some(character),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_x_ray_refuses_is_removed_and_never_costs_the_span() {
        let cases = [
            ("DynamoDB.GetItem", "DynamoDB.GetItem"),
            ("GET /users/{id}?x=*", "GET /users/idx="),
            ("task align[7]", "task align7"),
            ("a\tb\nc", "a b c"),
            ("größe 東京", "größe 東京"),
            ("{}*?!", "span"),
            ("", "span"),
            (" \t ", "span"),
        ];
        for (name, expected) in cases {
            assert_eq!(sanitised(name), expected, "{name:?}");
        }
        assert_eq!(sanitised(&"ü".repeat(300)), "ü".repeat(200));
    }
}
