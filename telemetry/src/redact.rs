//! Takes secrets of known shapes out of texts that others wrote, such as error messages, before they leave the host.
//!
//! Nearly every text is clean, and every attribute of every span is looked at, so a clean text is read once: a shape is
//! looked for only where two neighbouring bytes stand that every secret of the shape contains.

mod named;
mod shape;

use std::borrow::Cow;
use std::ops::Range;

use shape::{SIGNS, Shape};

/// What stands in place of a value that is not shown.
pub(crate) const REDACTED: &str = "[redacted]";

/// The signs that a byte is the second of, and from bit 32 on those that it is the first of.
static BYTES: [u64; 256] = signs_by_byte();
/// Before the first byte of a text stands none that is the first of a sign.
const START: u64 = 0;
/// A bound for texts that were made to be read again and again; of real ones the second round finds nothing.
const MOST_ROUNDS: usize = 8;

/// The text without user and password of URLs, values of parameters, headers and fields that are named like a secret,
/// AWS's keys and session tokens, JSON web tokens, private keys, and tokens of other services with a published shape.
pub(crate) fn redacted(text: &str) -> Cow<'_, str> {
    let mut before = START;
    for (place, &byte) in text.as_bytes().iter().enumerate() {
        let known = BYTES[usize::from(byte)];
        if (before >> 32) & known & 0xffff_ffff != 0 {
            return without_secrets(text, place).map_or(Cow::Borrowed(text), Cow::Owned);
        }
        before = known;
    }
    Cow::Borrowed(text)
}

/// The text with its secrets replaced, if it has any; everything before `from` is known to be clean.
///
/// What is left is looked at again: where a name was taken for a value, the value may have another name now.
#[cold]
fn without_secrets(text: &str, from: usize) -> Option<String> {
    let mut clean = replaced(text, &secrets(text, from))?;
    for _ in 1..MOST_ROUNDS {
        match replaced(&clean, &secrets(&clean, 0)) {
            Some(cleaner) => clean = cleaner,
            None => break,
        }
    }
    Some(clean)
}

fn replaced(text: &str, secrets: &[Range<usize>]) -> Option<String> {
    if secrets.is_empty() {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for Range { start, end } in secrets {
        clean.push_str(&text[done..*start]);
        clean.push_str(REDACTED);
        done = *end;
    }
    clean.push_str(&text[done..]);
    Some(clean)
}

/// Where secrets stand, in order and apart from each other. What has been redacted before is none.
fn secrets(text: &str, from: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut covered = 0;
    let mut before = from.checked_sub(1).map_or(START, |place| BYTES[usize::from(text.as_bytes()[place])]);
    for (place, &byte) in text.as_bytes().iter().enumerate().skip(from) {
        let known = BYTES[usize::from(byte)];
        let mut hits = (before >> 32) & known & 0xffff_ffff;
        before = known;
        while hits != 0 {
            let shape = &SIGNS[hits.trailing_zeros() as usize].shape;
            hits &= hits - 1;
            // Within a secret another may be named that goes on behind it; everything else there is covered.
            if place < covered && !matches!(shape, Shape::Named) {
                continue;
            }
            if let Some(secret) = shape.secret(text, place, covered) {
                covered = covered.max(secret.end);
                found.push(secret);
            }
        }
    }
    merged(found, text)
}

/// The ranges in order, those that overlap as one.
fn merged(mut found: Vec<Range<usize>>, text: &str) -> Vec<Range<usize>> {
    found.sort_by_key(|secret| secret.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for secret in found {
        match merged.last_mut() {
            Some(last) if secret.start < last.end => last.end = last.end.max(secret.end),
            _ => merged.push(secret),
        }
    }
    merged.retain(|secret| &text[secret.clone()] != REDACTED);
    merged
}

const fn signs_by_byte() -> [u64; 256] {
    assert!(SIGNS.len() <= 32, "a sign has one bit of 32");
    let mut bytes = [0; 256];
    let mut place = 0;
    while place < SIGNS.len() {
        let mut byte = 0;
        while byte < 256 {
            if holds(SIGNS[place].first, byte) {
                bytes[byte] |= 1 << (32 + place);
            }
            if holds(SIGNS[place].second, byte) {
                bytes[byte] |= 1 << place;
            }
            byte += 1;
        }
        place += 1;
    }
    bytes
}

/// Whether the byte is one of these; all are if there are none.
const fn holds(these: &[u8], byte: usize) -> bool {
    let mut place = 0;
    while place < these.len() {
        if these[place] as usize == byte {
            return true;
        }
        place += 1;
    }
    these.is_empty()
}

#[cfg(test)]
mod tests;
