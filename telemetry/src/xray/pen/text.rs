//! Texts as JSON takes them.

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES << 7;

/// Appends the text with what JSON wants escaped.
#[inline]
pub(super) fn escaped(out: &mut String, text: &str) {
    if is_clean(text.as_bytes()) {
        out.push_str(text);
    } else {
        escape(out, text);
    }
}

/// Whether nothing has to be escaped: eight bytes at a time.
#[inline]
fn is_clean(bytes: &[u8]) -> bool {
    if bytes.len() < 8 {
        return bytes.iter().all(|byte| !needs_escape(*byte));
    }
    let (words, _) = bytes.as_chunks::<8>();
    // The last eight bytes may overlap the words before them.
    let last = bytes.last_chunk::<8>().into_iter();
    words.iter().chain(last).fold(0, |found, word| found | hits(u64::from_le_bytes(*word))) == 0
}

/// Not zero if a byte of the word is a quote, a backslash or a control character.
#[inline]
fn hits(word: u64) -> u64 {
    let quote = word ^ (ONES * 0x22);
    let backslash = word ^ (ONES * 0x5c);
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    (zero(quote) | zero(backslash) | (word.wrapping_sub(ONES * 0x20) & !word)) & HIGHS
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn escape(out: &mut String, text: &str) {
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !needs_escape(byte) {
            continue;
        }
        out.push_str(&text[start..at]);
        start = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(char::from(DIGITS[usize::from(other >> 4)]));
                out.push(char::from(DIGITS[usize::from(other & 15)]));
            }
        }
    }
    out.push_str(&text[start..]);
}

/// Where the text ends after so many characters.
pub(super) fn end_of(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(end, _)| end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(text in "[\\x00-\\x7f\"\\\\é東\u{2028}]{0,40}") {
            let mut json = String::from("\"");
            escaped(&mut json, &text);
            json.push('"');
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }

    #[test]
    fn a_character_that_needs_an_escape_is_seen_wherever_it_stands() {
        for length in 0..40 {
            for at in 0..length {
                for byte in [b'"', b'\\', 0, 0x1f] {
                    let mut bytes = vec![b'a'; length];
                    bytes[at] = byte;
                    assert!(!is_clean(&bytes), "{byte} at {at} of {length}");
                }
            }
            assert!(is_clean(&vec![0x7f; length]) && is_clean("é".repeat(length).as_bytes()));
        }
    }
}
