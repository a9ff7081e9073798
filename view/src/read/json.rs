//! JSON values behind each other, whatever is between them: lines, a list over many lines, one large document. One value is
//! held at a time, and of a long document of spans a piece.

mod values;

use std::io::{self, BufRead, Read as _};

use serde::Deserialize;
use serde_json::value::RawValue;
use spawn_telemetry::otlp_json;

use super::Draft;
use crate::xray::{self, DocumentError};
use values::{LONG, Piece, Values};

/// Reads every value.
pub(super) fn read(name: &str, bytes: &mut dyn BufRead, into: &mut Draft<'_>) -> io::Result<()> {
    let (before, problems) = (into.count, into.problems.len());
    let mut values = Values::default();
    let (mut part, mut begins_line) = (Vec::new(), true);
    while (&mut *bytes).take(LONG as u64).read_until(b'\n', &mut part)? > 0 {
        let ends_line = part.ends_with(b"\n") || part.len() < LONG;
        match (begins_line, ends_line) {
            (true, true) => values.line(&part, &mut |piece| take(name, piece, into)),
            (begins, _) => {
                if begins {
                    values.begin_line();
                }
                values.part(&part, &mut |piece| take(name, piece, into));
            }
        }
        begins_line = ends_line;
        part.clear();
    }
    values.end(&mut |piece| take(name, piece, into));
    into.tell_foreign();
    if into.count == before && into.problems.len() == problems {
        into.problem(format!("{name} has no spans in it"));
    }
    Ok(())
}

/// How far a text was read that grows.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Bytes that were read for good.
    pub(super) read: u64,
    values: Values,
}

impl Progress {
    /// Reads what is there of further lines. A last line without its end is left for the next time, unless it is whole.
    pub(super) fn read_on(&mut self, name: &str, bytes: &mut dyn BufRead, into: &mut Draft<'_>) -> io::Result<()> {
        let rest = self.read_lines(name, bytes, into)?;
        if !rest.is_empty() && self.values.would_be_whole(&rest) {
            self.values.line(&rest, &mut |piece| take(name, piece, into));
            self.values.goes_on();
            self.read += rest.len() as u64;
        }
        Ok(())
    }

    /// Reads lines that have an end; answers with what is behind them.
    fn read_lines(&mut self, name: &str, bytes: &mut dyn BufRead, into: &mut Draft<'_>) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        while bytes.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            self.read += line.len() as u64;
            self.values.line(&line, &mut |piece| take(name, piece, into));
            line.clear();
        }
        Ok(line)
    }
}

fn take(name: &str, piece: Piece<'_>, into: &mut Draft<'_>) {
    match piece {
        Piece::Value { json, .. } if !into.sink.may_want(json) => into.count += 1,
        Piece::Value { line, json } => value(&format!("{name}, line {line}"), json, into, 0),
        Piece::Cut { line } => {
            into.problem(format!("{name}, line {line}: what begins here was cut off; the others were read"));
        }
        Piece::Foreign { line } => into.foreign(name, line),
        Piece::TooLong { line } => {
            let remedy = "write spans as lines, or each resource before its spans";
            into.problem(format!(
                "{name}, line {line}: what begins here is longer than 256 MiB; the others were read; {remedy}"
            ));
        }
    }
}

/// What holds documents or messages, as far as it can be told without reading all of it.
#[derive(Debug, Default, Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "resourceSpans", alias = "resource_spans")]
    spans: Option<&'a RawValue>,
    #[serde(borrow, rename = "Traces", alias = "traces")]
    traces: Option<&'a RawValue>,
    #[serde(borrow, rename = "Segments", alias = "segments")]
    segments: Option<&'a RawValue>,
    #[serde(borrow, rename = "Document", alias = "document")]
    document: Option<&'a RawValue>,
    #[serde(rename = "LimitExceeded", default)]
    limit_exceeded: bool,
    #[serde(borrow, rename = "UnprocessedTraceIds")]
    unprocessed: Option<&'a RawValue>,
    #[serde(borrow)]
    trace_id: Option<&'a RawValue>,
}

/// Whether this is a document or a message as a whole.
fn is_whole(line: &[u8]) -> bool {
    let head = serde_json::from_slice::<Head<'_>>(line.trim_ascii());
    head.is_ok_and(|head| {
        head.spans.is_some() || head.traces.is_some() || head.document.is_some() || head.trace_id.is_some()
    })
}

/// Deepest lists of lists that are looked into; answers of X-Ray have three.
const DEEPEST: usize = 8;

fn value(place: &str, json: &[u8], into: &mut Draft<'_>, depth: usize) {
    if let Err(error) = within(place, json, into, depth) {
        into.problem(format!("{place}: {error}; it was passed over"));
    }
}

fn within(place: &str, json: &[u8], into: &mut Draft<'_>, depth: usize) -> Result<(), DocumentError> {
    if depth > DEEPEST {
        return Err(DocumentError::Foreign);
    }
    match json.first() {
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_slice(json)?;
            items.iter().for_each(|item| value(place, item.get().as_bytes(), into, depth + 1));
            Ok(())
        }
        // A document within an answer is a text.
        Some(b'"') => within(place, serde_json::from_slice::<String>(json)?.trim().as_bytes(), into, depth + 1),
        _ => object(place, json, into, depth),
    }
}

fn object(place: &str, json: &[u8], into: &mut Draft<'_>, depth: usize) -> Result<(), DocumentError> {
    let head: Head<'_> = serde_json::from_slice(json)?;
    if head.limit_exceeded {
        into.problem(format!("{place}: X-Ray had more of this trace than it takes, and left it out"));
    }
    if let Some(ids) = head.unprocessed.map(RawValue::get).filter(|ids| !matches!(*ids, "[]" | "null")) {
        let ids: String = ids.chars().take(200).collect();
        into.problem(format!("{place}: X-Ray did not answer for {ids}"));
    }
    if head.spans.is_some() {
        let (messages, none) = otlp_json::resource_spans(json)?;
        into.take(place, messages);
        none.into_iter().for_each(|error| into.problem(format!("{place}: {error}; the others were read")));
        return Ok(());
    }
    if let Some(inner) = head.traces.or(head.segments).or(head.document) {
        return within(place, inner.get().as_bytes(), into, depth + 1);
    }
    let document = xray::document(json)?;
    document.spans.into_iter().for_each(|span| into.span(span));
    document
        .problems
        .into_iter()
        .for_each(|error| into.problem(format!("{place}: a subsegment: {error}; the others were read")));
    Ok(())
}
