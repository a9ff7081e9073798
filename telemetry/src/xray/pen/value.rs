//! Attribute values, ids and instants as JSON.

use std::fmt::Write as _;

use opentelemetry::trace::TraceId;
use opentelemetry::{Array, Value};

use super::Pen;
use crate::xray::limits::{Cuts, ITEMS};
use crate::xray::time::Instant;

impl Pen<'_> {
    /// A value with its type kept; numbers that JSON lacks become text. Texts have at most so many characters. Whether
    /// something was cut.
    pub(in crate::xray) fn value(&mut self, value: &Value, longest: usize, most: usize) -> bool {
        match value {
            Value::Bool(flag) => self.boolean(*flag),
            Value::I64(number) => self.integer(*number),
            Value::F64(number) => self.float(*number),
            Value::String(text) => return self.cut_text(text.as_str(), longest),
            Value::Array(Array::Bool(items)) => return self.list(items, most, |pen, item| pen.boolean(*item)),
            Value::Array(Array::I64(items)) => return self.list(items, most, |pen, item| pen.integer(*item)),
            Value::Array(Array::F64(items)) => return self.list(items, most, |pen, item| pen.float(*item)),
            Value::Array(Array::String(items)) => {
                let mut is_cut = false;
                let cut = self.list(items, most, |pen, item| is_cut |= pen.cut_text(item.as_str(), longest));
                return cut || is_cut;
            }
            other => return self.cut_text(&other.as_str(), longest),
        }
        false
    }

    /// A value in a block of its own limits; a cut is noted.
    pub(in crate::xray) fn detail(&mut self, value: &Value, longest: usize) {
        let most = if self.level.others == usize::MAX { ITEMS } else { 3 };
        if self.value(value, longest, most) {
            self.cuts.note(Cuts::TEXTS);
        }
    }

    fn list<T>(&mut self, items: &[T], most: usize, mut write: impl FnMut(&mut Self, &T)) -> bool {
        self.out.push('[');
        for item in items.iter().take(most) {
            self.comma();
            write(self, item);
        }
        self.out.push(']');
        items.len() > most
    }

    pub(in crate::xray) fn boolean(&mut self, flag: bool) {
        self.out.push_str(if flag { "true" } else { "false" });
    }

    pub(in crate::xray) fn integer(&mut self, number: i64) {
        if number < 0 {
            self.out.push('-');
        }
        digits(self.out, number.unsigned_abs(), 1);
    }

    fn float(&mut self, number: f64) {
        let quote = if number.is_finite() { "" } else { "\"" };
        self.out.push_str(quote);
        // The debug form has an exponent where the plain form would have hundreds of digits. Writing to a text cannot fail.
        write!(self.out, "{number:?}").unwrap_or_default();
        self.out.push_str(quote);
    }

    /// Seconds since 1970 with six decimals.
    pub(in crate::xray) fn instant(&mut self, at: Instant) {
        digits(self.out, at.seconds, 1);
        self.out.push('.');
        digits(self.out, u64::from(at.microseconds), 6);
    }

    /// An id as 16 hexadecimal digits, quoted.
    pub(in crate::xray) fn id(&mut self, id: u64) {
        let mut text = *b"\"................\"";
        hex(&mut text[1..17], &id.to_be_bytes());
        self.ascii(&text);
    }

    /// X-Ray's form of a trace id, quoted: version, the seconds that it begins with, the rest.
    pub(in crate::xray) fn trace_id(&mut self, id: TraceId) {
        let mut text = *b"\"1-........-........................\"";
        let bytes = id.to_bytes();
        hex(&mut text[3..11], &bytes[..4]);
        hex(&mut text[12..36], &bytes[4..]);
        self.ascii(&text);
    }

    fn ascii(&mut self, text: &[u8]) {
        self.out.push_str(str::from_utf8(text).unwrap_or_default());
    }
}

fn hex(into: &mut [u8], bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in into.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

/// Appends the number, with zeros before it up to so many digits.
fn digits(out: &mut String, mut number: u64, least: usize) {
    let mut text = [b'0'; 20];
    let mut start = text.len();
    while number >= 10 {
        let pair = 2 * (number % 100) as usize;
        start -= 2;
        text[start..start + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
        number /= 100;
    }
    if number > 0 {
        start -= 1;
        text[start] = b'0' + number as u8;
    }
    let start = start.min(text.len() - least);
    out.push_str(str::from_utf8(&text[start..]).unwrap_or_default());
}

/// The numbers up to 99 with two digits each.
const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut number = 0;
    while number < 100 {
        pairs[2 * number] = b'0' + (number / 10) as u8;
        pairs[2 * number + 1] = b'0' + (number % 10) as u8;
        number += 1;
    }
    pairs
};
