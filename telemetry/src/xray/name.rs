//! Names as X-Ray takes them.

use super::limits::NAME;
use super::pen::Pen;

/// Whether X-Ray takes the name as it is.
pub(super) fn is_plain(name: &str) -> bool {
    name.len() <= NAME && !name.is_empty() && name.bytes().all(is_taken) && name.bytes().any(|byte| byte != b' ')
}

/// Writes the name without the characters that X-Ray refuses, cut at its limit; `span` if nothing is left of it.
pub(super) fn write(pen: &mut Pen<'_>, name: &str) {
    if is_plain(name) {
        return pen.plain("name", name);
    }
    pen.key("name");
    pen.out.push('"');
    let start = pen.out.len();
    pen.out.extend(name.chars().filter_map(taken).take(NAME));
    if pen.out[start..].trim().is_empty() {
        pen.out.truncate(start);
        pen.out.push_str("span");
    }
    pen.out.push('"');
}

#[inline]
fn is_taken(byte: u8) -> bool {
    const TAKEN: [bool; 256] = {
        let mut taken = [false; 256];
        let mut byte = 0;
        while byte < 128 {
            taken[byte] = (byte as u8).is_ascii_alphanumeric()
                || matches!(
                    byte as u8,
                    b' ' | b'_' | b'.' | b':' | b'/' | b'%' | b'&' | b'#' | b'=' | b'+' | b'-' | b'@'
                );
            byte += 1;
        }
        taken
    };
    TAKEN[usize::from(byte)]
}

fn taken(character: char) -> Option<char> {
    match character {
        _ if character.is_ascii() && is_taken(character as u8) => Some(character),
        _ if character.is_whitespace() => Some(' '),
        _ if !character.is_ascii() && character.is_alphanumeric() => Some(character),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xray::limits::{Cuts, LEVELS};

    fn written(name: &str) -> String {
        let mut out = String::new();
        write(&mut Pen { out: &mut out, start: 0, level: LEVELS[0], number: 0, cuts: Cuts::default() }, name);
        out
    }

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
            ("  ", "span"),
        ];
        for (name, expected) in cases {
            assert_eq!(written(name), format!("\"name\":\"{expected}\""), "{name:?}");
        }
        assert_eq!(written(&"ü".repeat(300)), format!("\"name\":\"{}\"", "ü".repeat(200)));
        assert_eq!(written(&"a".repeat(10_000)), format!("\"name\":\"{}\"", "a".repeat(200)));
    }
}
