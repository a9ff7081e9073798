//! Values that are secret because of their name: `password=…`, `"token": "…"`, `Authorization: …`.

use std::ops::Range;

/// Longest name that is looked at, with what may stand between it and the sign.
const LONGEST_NAME: usize = 64;
/// Least length of a value that is named by a word of everyday language, such as `token`, before a colon.
const LEAST: usize = 16;

/// How far the value of a name goes, and how surely it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    /// Whatever follows, to the end of the word.
    Certain,
    /// The same, if it is as long as a secret or stands behind `=`.
    Likely,
    /// A scheme and a word.
    Header,
    /// The rest of the line.
    Line,
    /// The same as certain, unless it is a path: shells name the current folder so.
    NoPath,
}

/// What a name ends in, without its separators and in lower case; the first that fits counts.
const NAMES: [(&str, Name); 22] = [
    ("password", Name::Certain),
    ("passwd", Name::Certain),
    ("pwd", Name::NoPath),
    ("passphrase", Name::Certain),
    ("secret", Name::Certain),
    ("secretkey", Name::Certain),
    ("secretaccesskey", Name::Certain),
    ("privatekey", Name::Certain),
    ("accountkey", Name::Certain),
    ("sharedkey", Name::Certain),
    ("signingkey", Name::Certain),
    ("encryptionkey", Name::Certain),
    ("apikey", Name::Certain),
    ("xamzcredential", Name::Certain),
    ("xgoogcredential", Name::Certain),
    ("awsaccesskeyid", Name::Certain),
    ("securitytoken", Name::Certain),
    ("sessiontoken", Name::Certain),
    ("signature", Name::Likely),
    ("token", Name::Likely),
    ("authorization", Name::Header),
    ("cookie", Name::Line),
];
/// Names that are secret as a whole, but not as the end of another.
const WHOLE: [(&str, Name); 2] = [("sig", Name::Likely), ("credential", Name::Likely)];
/// Tokens that open nothing: they continue a list, or make a request happen once.
const OPEN: [&str; 6] =
    ["nexttoken", "continuationtoken", "paginationtoken", "clienttoken", "requesttoken", "idempotencytoken"];
/// Schemes of an `Authorization` header.
const SCHEMES: [&str; 8] = ["basic", "bearer", "digest", "negotiate", "token", "apikey", "hmac", "aws4-hmac-sha256"];

/// The value behind the `=` or `:` at `place`, if its name says that it is a secret.
pub(super) fn value(text: &str, place: usize, covered: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let name = name(&bytes[place.saturating_sub(LONGEST_NAME)..place], bytes[place])?;
    // `a => b` and `a == b`.
    let mut start = place + 1;
    while matches!(bytes.get(start), Some(b' ' | b'=' | b'>' | b'\t')) {
        start += 1;
    }
    if text[start..].starts_with("Some(") {
        start += "Some(".len();
    }
    let escaped = bytes.get(start) == Some(&b'\\');
    start += usize::from(escaped);
    if let Some(&quote @ (b'"' | b'\'' | b'`')) = bytes.get(start) {
        start += 1;
        let end = start + closing(&bytes[start..], quote, escaped);
        // Messages quote what they did not expect: "unexpected token: `}`".
        let doubtful = name == Name::Likely && quote == b'`' && end - start < LEAST;
        return (end > start && !doubtful).then_some(start..end);
    }
    let end = match name {
        Name::Line => line_end(bytes, start),
        // An unquoted value within a secret ends where that ends.
        _ if start < covered => covered,
        Name::Header => {
            let word = word_end(bytes, start);
            let is_scheme = SCHEMES.iter().any(|scheme| text[start..word].eq_ignore_ascii_case(scheme));
            if is_scheme && bytes.get(word) == Some(&b' ') {
                start = word + 1;
                word_end(bytes, start)
            } else {
                word
            }
        }
        Name::Certain | Name::Likely | Name::NoPath => word_end(bytes, start),
    };
    let is_path = bytes.get(start) == Some(&b'/') && name == Name::NoPath;
    let doubtful = name == Name::Likely && bytes[place] == b':' && end - start < LEAST;
    (end > start && !doubtful && !is_path).then_some(start..end)
}

/// What the text before the sign is the name of. Between colons it is a part of an ARN, as in `…:secret:name`.
fn name(before: &[u8], sign: u8) -> Option<Name> {
    let trimmed = before.iter().rposition(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b'`'))?;
    let before = &before[..=trimmed];
    // Most texts with a sign are told from secrets by this letter.
    if !matches!(before[trimmed] | 0x20, b'd' | b'e' | b'g' | b'l' | b'n' | b't' | b'y') {
        return None;
    }
    let mut letters = [0; LONGEST_NAME];
    let mut from = LONGEST_NAME;
    for byte in before.iter().rev() {
        match byte {
            byte if byte.is_ascii_alphanumeric() => {
                from -= 1;
                letters[from] = byte.to_ascii_lowercase();
            }
            b'-' | b'_' | b'.' => {}
            b':' if sign == b':' => return None,
            _ => break,
        }
    }
    let name = &letters[from..];
    let whole = WHOLE.iter().find(|(known, _)| name == known.as_bytes());
    let found = whole.or_else(|| NAMES.iter().find(|(known, _)| name.ends_with(known.as_bytes())))?;
    (!OPEN.iter().any(|open| name.ends_with(open.as_bytes()))).then_some(found.1)
}

/// How many bytes stand before the quote that closes. A quote that was opened by `\"` is closed by `\"`.
fn closing(bytes: &[u8], quote: u8, escaped: bool) -> usize {
    let mut place = 0;
    while place < bytes.len() {
        match bytes[place] {
            b'\\' if escaped => return place,
            b'\\' => place += 1,
            byte if byte == quote => return place,
            _ => {}
        }
        place += 1;
    }
    bytes.len()
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`<>,;)}\\&".contains(byte);
    bytes[start..].iter().position(ends).map_or(bytes.len(), |long| start + long)
}

fn line_end(bytes: &[u8], start: usize) -> usize {
    let ends = |byte: &u8| matches!(byte, b'\n' | b'\r' | b'"' | b'\'');
    bytes[start..].iter().position(ends).map_or(bytes.len(), |long| start + long)
}
