//! Ids of traces: in texts that were not looked into yet, and along links.

use std::collections::{HashMap, HashSet};

use opentelemetry::trace::TraceId;

use crate::span::Span;
use crate::trace::parts::is_of_parts;

/// Hexadecimal digits of a trace's id.
const DIGITS: usize = 32;

/// Whether a text names one of these traces, in one form of ids or the other.
pub(super) fn names_any(text: &[u8], ids: &HashSet<TraceId>) -> bool {
    let mut digits = [0_u8; DIGITS];
    let (mut count, mut before) = (0, 0);
    for byte in text.iter().chain(b" ") {
        match byte {
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => {
                if count < DIGITS {
                    digits[count] = *byte;
                }
                count += 1;
            }
            // `1-6b021b31-0123456789abcdef01234567`
            b'-' if count == 1 && before == b'1' => count = 0,
            b'-' if count == 8 => {}
            // A digit may be written as an escape: then nothing is known before it is read.
            b'u' if before == b'\\' => return true,
            _ => {
                if count == DIGITS && is_any(&digits, ids) {
                    return true;
                }
                count = 0;
            }
        }
        before = *byte;
    }
    false
}

fn is_any(digits: &[u8; DIGITS], ids: &HashSet<TraceId>) -> bool {
    let id = str::from_utf8(digits).ok().and_then(|digits| TraceId::from_hex(digits).ok());
    id.is_some_and(|id| ids.contains(&id))
}

/// These traces, what they are parts of and their parts, and what they link to, so many links far.
pub(super) fn linked<'a>(
    spans: impl Iterator<Item = &'a Span>,
    base: HashSet<TraceId>,
    links: u32,
) -> HashSet<TraceId> {
    let (mut near, mut far): (HashMap<TraceId, Vec<TraceId>>, HashMap<TraceId, Vec<TraceId>>) = Default::default();
    for span in spans {
        for link in span.links.iter().filter(|link| link.trace_id != span.trace_id) {
            if is_of_parts(link) {
                near.entry(span.trace_id).or_default().push(link.trace_id);
                near.entry(link.trace_id).or_default().push(span.trace_id);
            } else {
                far.entry(span.trace_id).or_default().push(link.trace_id);
            }
        }
    }
    let mut all = base.clone();
    let mut new: Vec<TraceId> = base.into_iter().collect();
    for round in 0..=links {
        // A trace and its parts are one, however many there are.
        let mut at = 0;
        while at < new.len() {
            let parts = near.get(&new[at]).into_iter().flatten().copied();
            new.extend(parts.filter(|id| all.insert(*id)).collect::<Vec<_>>());
            at += 1;
        }
        if round < links {
            let linked = new.iter().filter_map(|id| far.get(id)).flatten().copied();
            new = linked.filter(|id| all.insert(*id)).collect();
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_a_trace_in_either_form_and_an_escape_is_looked_into() {
        let ids = HashSet::from([TraceId::from_hex("6b021b310123456789abcdef01234567").unwrap()]);
        let names = |text: &str| names_any(text.as_bytes(), &ids);
        for text in [
            r#"{"traceId":"6b021b310123456789abcdef01234567"}"#,
            r#"{"traceId":"6B021B310123456789ABCDEF01234567"}"#,
            r#"{"trace_id":"1-6b021b31-0123456789abcdef01234567"}"#,
            "6b021b310123456789abcdef01234567",
            r"\u0036b021b310123456789abcdef01234567",
        ] {
            assert!(names(text), "{text}");
        }
        for text in [
            r#"{"traceId":"6b021b310123456789abcdef01234568","spanId":"0123456789abcdef"}"#,
            "06b021b310123456789abcdef01234567",
            "6b021b310123456789abcdef0123456",
            "",
        ] {
            assert!(!names(text), "{text}");
        }
    }
}
