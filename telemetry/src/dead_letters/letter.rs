//! A dead letter, as a line of JSON.

use std::io::Write as _;

use opentelemetry_sdk::trace::SpanData;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Found;
use crate::export::Refusal;
use crate::otlp_json::{self, Source};
use crate::redact::redacted;

/// A span that was refused for good, and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Letter {
    /// Name of the file and number of the line, which no other letter of this folder has.
    #[serde(default)]
    pub id: String,
    /// When it was refused, RFC 3339.
    pub at: String,
    /// The exporter's word in settings.
    pub exporter: String,
    /// Host of the back end; empty for the exporter's own.
    pub host: String,
    /// As what it is counted: `rejected` or `too_large`.
    pub reason: String,
    /// The back end's code; empty where it has told none.
    pub code: String,
    /// What it said.
    pub message: String,
    /// The span's trace, 32 digits.
    pub trace_id: String,
    /// The span, 16 digits.
    pub span_id: String,
    /// The span's name.
    pub name: String,
    /// The span with its resource, as a request of OTLP in JSON.
    span: Box<RawValue>,
}

/// What all letters of a batch have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused<'a> {
    pub(crate) at: jiff::Timestamp,
    pub(crate) exporter: &'a str,
    pub(crate) host: &'a str,
}

impl Letter {
    /// The span with its resource: one request of OTLP, in JSON.
    #[must_use]
    pub fn otlp_json(&self) -> &str {
        self.span.get()
    }

    /// The span; `None` if the letter has been tampered with.
    pub(crate) fn span(&self) -> Option<SpanData> {
        let read = otlp_json::spans(self.span.get().as_bytes()).ok()?;
        let (span, _) = read.into_iter().next()?.ok()?;
        Some(span)
    }

    /// The number of its line, from 0.
    pub(super) fn line(&self) -> usize {
        self.id.rsplit_once('.').and_then(|(_, line)| line.parse::<usize>().ok()).unwrap_or_default()
    }
}

/// Writes the letter of a refused span, and the end of the line.
pub(crate) fn write(
    refused: Refused<'_>,
    source: &Source,
    span: &SpanData,
    refusal: &Refusal,
    into: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let mut json = Vec::new();
    otlp_json::write(source, std::slice::from_ref(span), &mut json);
    let json = String::from_utf8(json).map_err(<serde_json::Error as serde::ser::Error>::custom)?;
    let letter = Letter {
        id: String::new(),
        at: format!("{:.3}", refused.at),
        exporter: refused.exporter.to_owned(),
        host: refused.host.to_owned(),
        reason: refusal.reason.to_string(),
        code: refusal.code.clone(),
        message: refusal.what.clone(),
        trace_id: span.span_context.trace_id().to_string(),
        span_id: span.span_context.span_id().to_string(),
        name: redacted(&span.name).into_owned(),
        span: RawValue::from_string(json)?,
    };
    serde_json::to_writer(&mut *into, &letter)?;
    into.write_all(b"\n").map_err(serde_json::Error::io)
}

/// Reads the letters of a file. A line that is none costs itself alone.
pub(super) fn read(file: &str, text: &[u8], into: &mut Found) {
    let stem = file.split('.').next().unwrap_or(file);
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        match serde_json::from_slice::<Letter>(line) {
            Ok(letter) => into.letters.push(Letter { id: format!("{stem}.{number}"), ..letter }),
            Err(_) => into.unreadable += 1,
        }
    }
}

/// Lines that are not empty.
pub(super) fn count(text: &[u8]) -> u64 {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64
}
