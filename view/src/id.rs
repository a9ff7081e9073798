//! Ids of traces in every form in which people come by them.

use opentelemetry::trace::{SpanId, TraceId};

/// Why a text is no id of a trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no id of a trace: 32 hexadecimal digits, X-Ray's form `1-` 8 digits `-` 24 digits, a `traceparent` or a \
     `Root=…` header"
)]
pub struct IdError {
    /// What was read.
    pub text: String,
}

/// The trace that a text names: 32 hexadecimal digits, X-Ray's `1-…-…`, a `traceparent`, or an `X-Amzn-Trace-Id` header.
///
/// # Errors
///
/// The text is none of them, or the id is zero.
pub fn trace_id(text: &str) -> Result<TraceId, IdError> {
    let of = |text: &str| w3c(text).or_else(|| xray(text)).or_else(|| traceparent(text));
    let text = text.trim();
    let named = text.split(';').find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        key.trim().eq_ignore_ascii_case("root").then(|| value.trim())
    });
    of(named.unwrap_or(text)).ok_or_else(|| IdError { text: text.chars().take(200).collect() })
}

/// The span that a text of 16 hexadecimal digits names; none if it is another text, or zero.
#[must_use]
pub fn span_id(text: &str) -> Option<SpanId> {
    let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| SpanId::from_hex(text).ok()).flatten().filter(|id| *id != SpanId::INVALID)
}

/// The id as X-Ray writes it: version, eight digits, twenty-four.
#[must_use]
pub fn xray_form(id: TraceId) -> String {
    let digits = id.to_string();
    format!("1-{}-{}", &digits[..8], &digits[8..])
}

/// When the trace began, seconds since 1970, if the id tells it as X-Ray's do; any other id tells some instant too, which
/// is none.
#[must_use]
pub fn seconds_of(id: TraceId) -> u32 {
    let [first, second, third, fourth, ..] = id.to_bytes();
    u32::from_be_bytes([first, second, third, fourth])
}

fn w3c(text: &str) -> Option<TraceId> {
    let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| TraceId::from_hex(text).ok()).flatten().filter(|id| *id != TraceId::INVALID)
}

fn xray(text: &str) -> Option<TraceId> {
    let (time, rest) = text.strip_prefix("1-")?.split_once('-')?;
    (time.len() == 8 && rest.len() == 24).then(|| w3c(&format!("{time}{rest}"))).flatten()
}

fn traceparent(text: &str) -> Option<TraceId> {
    let mut parts = text.split('-');
    let (version, id, span) = (parts.next()?, parts.next()?, parts.next()?);
    (version.len() == 2 && span.len() == 16).then(|| w3c(id)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6b0120b8000000000123456789abcdef";

    #[test]
    fn every_form_names_the_same_trace() {
        let forms = [
            ID,
            "6B0120B8000000000123456789ABCDEF",
            " 6b0120b8000000000123456789abcdef\n",
            "1-6b0120b8-000000000123456789abcdef",
            "00-6b0120b8000000000123456789abcdef-00000000000000a1-01",
            "Root=1-6b0120b8-000000000123456789abcdef",
            "Root=1-6b0120b8-000000000123456789abcdef;Parent=00000000000000a1;Sampled=1",
            "Self=1-6b0120b8-000000000000000000000001; Root=1-6b0120b8-000000000123456789abcdef",
        ];
        for form in forms {
            assert_eq!(trace_id(form).map(|id| id.to_string()), Ok(ID.to_owned()), "{form:?}");
        }
        let id = trace_id(ID).unwrap();
        assert_eq!((xray_form(id).as_str(), seconds_of(id)), ("1-6b0120b8-000000000123456789abcdef", 0x6b01_20b8));
    }

    #[test]
    fn what_is_no_id_is_said_as_it_was_read() {
        let zero = "0".repeat(32);
        let others = [
            "",
            "1-",
            "abc",
            &ID[1..],
            "1-6b0120b8-000000000123456789abcdeg",
            &zero,
            "Root=",
            "+b0120b8000000000123456789abcdef",
            "1-00000000-000000000000000000000000",
            "größe",
        ];
        for text in others {
            assert_eq!(trace_id(text), Err(IdError { text: text.to_owned() }));
        }
        assert_eq!(span_id("00000000000000a1").map(|id| id.to_string()).as_deref(), Some("00000000000000a1"));
        assert_eq!([span_id("0000000000000000"), span_id("a1"), span_id("+0000000000000a1")], [None; 3]);
    }
}
