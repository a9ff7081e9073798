//! `X-Amzn-Trace-Id`, the header that AWS services and load balancers pass on among themselves.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

use super::{PropagationError, Undecided, excerpt, hex, remote};

/// Longest header that is read. AWS itself sends well under 256 bytes; `Lineage` grows with each hop.
const MOST_BYTES: usize = 1024;

/// The current span of `context` as an `X-Amzn-Trace-Id`; `None` without one.
#[must_use]
pub fn xray_header(context: &Context) -> Option<String> {
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| header_value(span.trace_id(), Some(span.span_id()), span.is_sampled()))
}

/// Reads an `X-Amzn-Trace-Id` or the value of `_X_AMZN_TRACE_ID`.
///
/// A header that leaves the sampling decision open (`Sampled=?`, or no `Sampled`) leaves it to our own rate.
///
/// # Errors
/// When trace id or parent are missing or malformed.
pub fn from_xray_header(text: &str) -> Result<Context, PropagationError> {
    parse(text).ok_or_else(|| PropagationError::XRay(excerpt(text)))
}

fn parse(text: &str) -> Option<Context> {
    let (mut root, mut parent, mut sampled) = (None, None, None);
    if text.len() > MOST_BYTES {
        return None;
    }
    for field in text.split(';').map(str::trim).filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once('=')?;
        match name {
            "Root" => root = Some(trace_id(value)?),
            "Parent" => parent = Some(u64::try_from(hex(value, 16)?).ok()?),
            "Sampled" => {
                sampled = match value {
                    "1" => Some(true),
                    "0" => Some(false),
                    "?" => None,
                    _ => return None,
                }
            }
            // `Self`, `Lineage` and what AWS may add are its own affair.
            _ => {}
        }
    }
    let (trace_id, parent) = (root?, parent.filter(|id| *id != 0)?);
    let flags = TraceFlags::default().with_sampled(sampled == Some(true));
    let context = remote(SpanContext::new(trace_id, SpanId::from(parent), flags, true, TraceState::NONE));
    Some(if sampled.is_none() { context.with_value(Undecided) } else { context })
}

/// `1-58406520-a006649127e371903a2de979`: version, then the 32 digits of the id with a hyphen after the eighth.
pub(crate) fn trace_id(text: &str) -> Option<TraceId> {
    let (seconds, unique) = text.strip_prefix("1-")?.split_once('-')?;
    let id = hex(seconds, 8)? << 96 | hex(unique, 24)?;
    (id != 0).then(|| TraceId::from(id))
}

/// Writes the header. A trace that is not recorded from its start on has no parent span to name.
pub(crate) fn header_value(trace_id: TraceId, parent: Option<SpanId>, sampled: bool) -> String {
    let mut header = *b"Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0";
    let [a, b, c, d, unique @ ..] = trace_id.to_bytes();
    put_hex(&mut header[7..15], &[a, b, c, d]);
    put_hex(&mut header[16..40], &unique);
    if let Some(parent) = parent {
        put_hex(&mut header[48..64], &parent.to_bytes());
    }
    if let Some(last) = header.last_mut() {
        *last = if sampled { b'1' } else { b'0' };
    }
    let mut header = String::from_utf8(header.to_vec()).expect("the template and the digits are ASCII");
    if parent.is_none() {
        header.replace_range(40..64, "");
    }
    header
}

/// In place, because the header is written for every attempt and formatting takes several times as long.
fn put_hex(into: &mut [u8], bytes: &[u8]) {
    for (digits, four) in into.chunks_exact_mut(8).zip(bytes.chunks_exact(4)) {
        digits.copy_from_slice(&hex_digits(four.iter().fold(0, |word, byte| word << 8 | u32::from(*byte))));
    }
}

/// The eight digits of a word, all at once: each half byte is moved into a byte of its own, where `0` is added to it, and to
/// what is above nine the way from there to `a`.
const fn hex_digits(word: u32) -> [u8; 8] {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let mut halves = word as u64;
    halves = (halves | halves << 16) & 0x0000_ffff_0000_ffff;
    halves = (halves | halves << 8) & 0x00ff_00ff_00ff_00ff;
    halves = (halves | halves << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = (halves + 6 * EACH) >> 4 & EACH;
    (halves + b'0' as u64 * EACH + letters * (b'a' - b'9' - 1) as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn a_header_is_written_as_it_was_read() {
        for header in [HEADER, &HEADER.replace("Sampled=1", "Sampled=0")] {
            assert_eq!(xray_header(&from_xray_header(header).unwrap()).as_deref(), Some(header));
        }
    }

    #[test]
    fn what_aws_adds_is_no_hindrance() {
        let header =
            format!("Self=1-67891234-12456789abcdef012345678; {HEADER} ;Lineage=1:a87bd80c:1|68fd508a:5|c512fbe3:2");
        assert_eq!(xray_header(&from_xray_header(&header).unwrap()).as_deref(), Some(HEADER));
    }

    #[test]
    fn an_open_decision_is_marked_as_such() {
        for sampled in [";Sampled=?", ""] {
            let context = from_xray_header(&HEADER.replace(";Sampled=1", sampled)).unwrap();
            assert_eq!(context.get::<Undecided>(), Some(&Undecided));
        }
        assert_eq!(from_xray_header(HEADER).unwrap().get::<Undecided>(), None);
    }

    #[test]
    fn a_trace_without_a_recorded_span_names_no_parent() {
        let id = TraceId::from(0x5840_6520_a006_6491_27e3_7190_3a2d_e979);
        assert_eq!(header_value(id, None, false), "Root=1-58406520-a006649127e371903a2de979;Sampled=0");
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for text in [
            "",
            "Root",
            "Root=1-58406520-a006649127e371903a2de979;Sampled=1",
            "Parent=53995c3f42cd8ad8;Sampled=1",
            &HEADER.replace("1-", "2-"),
            &HEADER.replace("a006", "A006"),
            &HEADER.replace("5399", "539"),
            &HEADER.replace("53995c3f42cd8ad8", "0000000000000000"),
            &HEADER.replace("Sampled=1", "Sampled=yes"),
            &format!("{HEADER};Lineage={}", "x".repeat(1024)),
        ] {
            assert_eq!(from_xray_header(text).unwrap_err(), PropagationError::XRay(excerpt(text)), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn digits_are_those_of_the_word(word: u32) {
            prop_assert_eq!(hex_digits(word).to_vec(), format!("{word:08x}").into_bytes());
        }

        #[test]
        fn no_text_panics(text in "(Root=|Parent=|1-|;|[0-9a-f]|.){0,60}") {
            if let Ok(context) = from_xray_header(&text) {
                prop_assert!(xray_header(&context).is_some());
            }
        }
    }
}
