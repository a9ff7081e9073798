//! A form-encoded request as it came: names, values, and the fields that are put behind them.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What AWS's query protocol leaves as it is (RFC 3986 section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Names and values, still encoded.
pub(super) fn fields(body: &str) -> impl Iterator<Item = (&str, &str)> {
    body.split('&').filter_map(|field| field.split_once('='))
}

/// The text that a value stands for; `None` if that is not text.
pub(super) fn text(value: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(value).decode_utf8().ok()
}

/// Bytes of the text that a value stands for.
pub(super) fn bytes(value: &str) -> usize {
    value.len() - 2 * value.bytes().filter(|byte| *byte == b'%').count().min(value.len() / 3)
}

/// Puts a field behind the others.
pub(super) fn add(body: &mut String, name: &str, value: &str) {
    body.push('&');
    body.push_str(name);
    body.push('=');
    body.extend(utf8_percent_encode(value, ESCAPED));
}
