//! The shapes of secrets that are known by themselves, whatever stands around them.

use std::ops::Range;

use super::named;

/// Two neighbouring bytes that every secret of a shape contains, each one of several; none stands for any byte.
#[derive(Debug)]
pub(super) struct Sign {
    pub(super) first: &'static [u8],
    pub(super) second: &'static [u8],
    pub(super) shape: Shape,
}

/// How it is found out whether there is a secret at a sign, and where it begins and ends.
#[derive(Debug)]
pub(super) enum Shape {
    /// The value of something with a telling name; the sign is what stands between the two.
    Named,
    /// User and password of a URL; the sign stands before them.
    User,
    /// A private key as PEM.
    PrivateKey,
    /// What follows the scheme in an `Authorization` header.
    Scheme,
    /// An AWS access key id.
    AccessKey,
    /// A JSON web token, signed or encrypted.
    WebToken,
    /// A word with one of these beginnings.
    Tokens(&'static [Token]),
}

/// A kind of token with a published beginning.
#[derive(Debug)]
pub(super) struct Token {
    prefix: &'static str,
    /// Bytes of the prefix up to the second byte of the sign.
    sign: usize,
    /// Least number of characters after the prefix.
    least: usize,
    alphabet: Alphabet,
}

#[derive(Clone, Copy, Debug)]
enum Alphabet {
    /// Letters and digits.
    Plain,
    /// And `-`, `_` and `.`.
    Url,
    /// And `+`, `/`, `=`, `-`, `_` and `%`, which escapes them.
    Base64,
}

const fn token(prefix: &'static str, sign: usize, least: usize, alphabet: Alphabet) -> Token {
    Token { prefix, sign, least, alphabet }
}

const fn sign(first: &'static [u8], second: &'static [u8], shape: Shape) -> Sign {
    Sign { first, second, shape }
}

/// Every sign; what the beginnings belong to stands beside them.
pub(super) const SIGNS: &[Sign] = &[
    sign(b"", b"=", Shape::Named),
    // The last letters of the names, or what may stand between name and colon.
    sign(b"dDeEgGlLnNtTyY\"'\\ ", b":", Shape::Named),
    sign(b":", b"/", Shape::User),
    sign(b"-", b"-", Shape::PrivateKey),
    sign(b"rRcC", b" ", Shape::Scheme),
    sign(b"KSBC", b"IC", Shape::AccessKey),
    sign(b"y", b"J", Shape::WebToken),
    // Session tokens of AWS, and API keys of Bedrock.
    sign(
        b"o",
        b"JG",
        Shape::Tokens(&[
            token("IQoJb3JpZ2lu", 3, 50, Alphabet::Base64),
            token("AgoJb3JpZ2lu", 3, 50, Alphabet::Base64),
            token("FwoGZXIvYXdz", 3, 50, Alphabet::Base64),
            token("FQoGZXIvYXdz", 3, 50, Alphabet::Base64),
        ]),
    ),
    sign(b"S", b"K", Shape::Tokens(&[token("ABSK", 3, 60, Alphabet::Base64)])),
    sign(b"y", b"-", Shape::Tokens(&[token("bedrock-api-key-", 15, 40, Alphabet::Base64)])),
    // GitHub, GitLab.
    sign(
        b"g",
        b"h",
        Shape::Tokens(&[
            token("ghp_", 1, 30, Alphabet::Plain),
            token("gho_", 1, 30, Alphabet::Plain),
            token("ghu_", 1, 30, Alphabet::Plain),
            token("ghs_", 1, 30, Alphabet::Url),
            token("ghr_", 1, 30, Alphabet::Plain),
        ]),
    ),
    sign(b"b", b"_", Shape::Tokens(&[token("github_pat_", 6, 30, Alphabet::Url)])),
    sign(b"g", b"l", Shape::Tokens(&[token("glpat-", 1, 20, Alphabet::Url)])),
    // Slack.
    sign(
        b"x",
        b"o",
        Shape::Tokens(&[
            token("xoxb-", 1, 10, Alphabet::Url),
            token("xoxp-", 1, 10, Alphabet::Url),
            token("xoxa-", 1, 10, Alphabet::Url),
            token("xoxr-", 1, 10, Alphabet::Url),
            token("xoxs-", 1, 10, Alphabet::Url),
            token("xoxe-", 1, 10, Alphabet::Url),
            token("xoxe.", 1, 10, Alphabet::Url),
        ]),
    ),
    sign(b"p", b"-", Shape::Tokens(&[token("xapp-", 4, 20, Alphabet::Url)])),
    sign(b"k", b"s", Shape::Tokens(&[token("hooks.slack.com/services/", 4, 20, Alphabet::Base64)])),
    // Google.
    sign(b"A", b"I", Shape::Tokens(&[token("AIza", 1, 35, Alphabet::Url)])),
    sign(b"y", b"a", Shape::Tokens(&[token("ya29.", 1, 20, Alphabet::Url)])),
    sign(b"G", b"O", Shape::Tokens(&[token("GOCSPX-", 1, 20, Alphabet::Url)])),
    // Stripe, registries, mail, hosting, models, Vault, age, Atlassian.
    sign(
        b"k",
        b"_",
        Shape::Tokens(&[
            token("sk_live_", 2, 16, Alphabet::Plain),
            token("sk_test_", 2, 16, Alphabet::Plain),
            token("rk_live_", 2, 16, Alphabet::Plain),
            token("rk_test_", 2, 16, Alphabet::Plain),
        ]),
    ),
    sign(b"c", b"_", Shape::Tokens(&[token("whsec_", 5, 24, Alphabet::Base64)])),
    sign(b"m", b"_", Shape::Tokens(&[token("npm_", 3, 36, Alphabet::Plain)])),
    sign(b"y", b"p", Shape::Tokens(&[token("pypi-AgEI", 2, 50, Alphabet::Url)])),
    sign(b"G", b".", Shape::Tokens(&[token("SG.", 2, 60, Alphabet::Url)])),
    sign(b"_", b"v", Shape::Tokens(&[token("dop_v1_", 4, 64, Alphabet::Plain)])),
    sign(b"f", b"_", Shape::Tokens(&[token("hf_", 2, 30, Alphabet::Plain)])),
    sign(b"d", b"c", Shape::Tokens(&[token("dckr_pat_", 1, 20, Alphabet::Url)])),
    sign(
        b"k",
        b"-",
        Shape::Tokens(&[
            token("sk-ant-", 2, 20, Alphabet::Url),
            token("sk-proj-", 2, 20, Alphabet::Url),
            token("sk-", 2, 48, Alphabet::Plain),
        ]),
    ),
    sign(b"h", b"v", Shape::Tokens(&[token("hvs.", 1, 24, Alphabet::Url), token("hvb.", 1, 24, Alphabet::Url)])),
    sign(b"E", b"-", Shape::Tokens(&[token("AGE-SECRET-KEY-1", 3, 50, Alphabet::Plain)])),
    sign(b"A", b"T", Shape::Tokens(&[token("ATATT3", 1, 50, Alphabet::Base64)])),
];

impl Shape {
    /// The secret at a sign whose second byte stands at `place`. Everything before `covered` is secret already.
    pub(super) fn secret(&self, text: &str, place: usize, covered: usize) -> Option<Range<usize>> {
        match self {
            Self::Named => named::value(text, place, covered),
            Self::User => user(text, place),
            Self::PrivateKey => private_key(text, place),
            Self::Scheme => after_scheme(text, place),
            Self::AccessKey => access_key(text, place),
            Self::WebToken => web_token(text, place),
            Self::Tokens(tokens) => tokens.iter().find_map(|token| token.range(text.as_bytes(), place)),
        }
    }
}

impl Token {
    fn range(&self, text: &[u8], place: usize) -> Option<Range<usize>> {
        let start = place.checked_sub(self.sign)?;
        let rest = text[start..].strip_prefix(self.prefix.as_bytes())?;
        if start > 0 && text[start - 1].is_ascii_alphanumeric() {
            return None;
        }
        let long = rest.iter().take_while(|byte| self.alphabet.has(**byte)).count();
        let end = start + self.prefix.len() + long;
        // A full stop ends a sentence, not a token.
        let end = end - text[..end].iter().rev().take_while(|byte| **byte == b'.').count();
        (end >= start + self.prefix.len() + self.least).then_some(start..end)
    }
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || match self {
                Self::Plain => false,
                Self::Url => matches!(byte, b'-' | b'_' | b'.'),
                Self::Base64 => matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'%'),
            }
    }
}

/// What stands before the `@` of `https://user:password@host`.
fn user(text: &str, place: usize) -> Option<Range<usize>> {
    let start = place + 2;
    let rest = text.as_bytes().get(place + 1..)?.strip_prefix(b"/")?;
    let ends = |byte: &&u8| byte.is_ascii_whitespace() || b"/?#\"'<>,;)\\".contains(byte);
    let long = rest.iter().take_while(|byte| !ends(byte)).count();
    let at = rest[..long].iter().rposition(|byte| *byte == b'@')?;
    (at > 0).then_some(start..start + at)
}

/// From the line that begins a private key to the one that ends it, or to the end of the text.
fn private_key(text: &str, place: usize) -> Option<Range<usize>> {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    // The longest label is `OPENSSH PRIVATE KEY` or alike.
    const LABEL: usize = 64;
    let start = place.checked_sub(1)?;
    let label = text.get(start..)?.strip_prefix(BEGIN)?;
    let from = text.len() - label.len();
    let until = label.bytes().take(LABEL).position(|byte| byte == b'-')?;
    if !label[..until].ends_with("PRIVATE KEY") && !label[..until].ends_with("PRIVATE KEY BLOCK") {
        return None;
    }
    let Some(end) = label.find(END) else { return Some(start..text.len()) };
    let last = &label[end + END.len()..];
    let end = last.find("-----").map_or(text.len(), |dashes| from + end + END.len() + dashes + 5);
    Some(start..end)
}

/// The word after `Bearer` or `Basic`, where it cannot be one of a language.
fn after_scheme(text: &str, place: usize) -> Option<Range<usize>> {
    const LEAST: usize = 16;
    let scheme = ["bearer", "basic"].into_iter().find(|scheme| {
        let word = place.checked_sub(scheme.len()).and_then(|start| text.get(start..place));
        word.is_some_and(|word| word.eq_ignore_ascii_case(scheme))
    })?;
    let before = place - scheme.len();
    if before > 0 && text.as_bytes()[before - 1].is_ascii_alphanumeric() {
        return None;
    }
    let rest = &text.as_bytes()[place + 1..];
    let word = rest.iter().take_while(|byte| Alphabet::Base64.has(**byte) || matches!(byte, b'.' | b'~')).count();
    let is_word = rest[..word].iter().any(u8::is_ascii_digit) || word >= 2 * LEAST;
    (word >= LEAST && is_word).then_some(place + 1..place + 1 + word)
}

/// Twenty capitals and digits that begin like an id of a key; the ids of users and roles begin otherwise.
fn access_key(text: &str, place: usize) -> Option<Range<usize>> {
    const LONG: usize = 20;
    let bytes = text.as_bytes();
    let start = place.checked_sub(2)?;
    let word = bytes.get(start..start + LONG)?;
    let begins = [b"AKIA", b"ASIA", b"ABIA", b"ACCA"].into_iter().any(|prefix| word.starts_with(prefix));
    let plain = word.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let apart = |place: Option<&u8>| place.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    let alone = apart(start.checked_sub(1).map(|before| &bytes[before])) && apart(bytes.get(start + LONG));
    (begins && plain && alone).then_some(start..start + LONG)
}

/// Header and payload with a dot between and perhaps a signature: both are JSON objects in base64. Encrypted, it has five
/// parts, of which the first is one.
fn web_token(text: &str, place: usize) -> Option<Range<usize>> {
    // What a header may have, so that a text of beginnings is not read again and again.
    const HEADER: usize = 4_096;
    let bytes = text.as_bytes();
    let start = place.checked_sub(1)?.checked_sub(1)?;
    let start = if bytes[start] == b'e' { start } else { return None };
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if start > 0 && (part(&bytes[start - 1]) || bytes[start - 1] == b'.') {
        return None;
    }
    let header = bytes[start..].iter().take(HEADER).take_while(|byte| part(byte)).count();
    let rest = bytes[start + header..].strip_prefix(b".")?;
    let long = rest.iter().take_while(|byte| part(byte) || **byte == b'.').count();
    let dots = rest[..long].iter().filter(|byte| **byte == b'.').count();
    let end = start + header + 1 + long;
    let end = end - bytes[..end].iter().rev().take_while(|byte| **byte == b'.').count();
    (rest.starts_with(b"eyJ") || dots == 3).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_holds_its_sign() {
        for Sign { first, second, shape } in SIGNS {
            let Shape::Tokens(tokens) = shape else { continue };
            for Token { prefix, sign, .. } in *tokens {
                let bytes = prefix.as_bytes();
                assert!(first.contains(&bytes[sign - 1]) && second.contains(&bytes[*sign]), "{prefix}");
            }
        }
    }
}
