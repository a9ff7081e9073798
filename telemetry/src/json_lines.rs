//! One line of OTLP JSON for each span, on stderr or at the end of a file, and the way back from lines to spans.

mod reader;

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use crate::export::{BatchLimits, Delivering, Exporter, Fate, Outcome, Trouble};
use crate::filter::Filter;
use crate::otlp_json::{self, Source};

pub use reader::{LineError, LineProblem, Lines, SpanOfLine, read};

/// Writes spans as lines. Each line is an object of its own, `{"resourceSpans":[…]}`, as OTLP receivers take it.
#[derive(Debug)]
pub(crate) struct JsonLines {
    sink: Sink,
    source: Source,
    /// The last line, for its memory.
    line: Vec<u8>,
}

/// Where the lines go.
#[derive(Debug)]
enum Sink {
    Stderr,
    File { path: String, file: File },
}

impl JsonLines {
    /// Lines on stderr. The resource is filtered already.
    pub(crate) fn on_stderr(resource: &Resource, filter: Filter) -> Self {
        Self { sink: Sink::Stderr, source: Source::new(resource, filter), line: Vec::new() }
    }

    /// Lines at the end of a file, which is made if need be, readable by its owner alone. A line that was cut off, by a full
    /// disk or by the end of a program, is ended, so that it costs itself alone.
    pub(crate) fn in_file(path: &str, resource: &Resource, filter: Filter) -> Result<Self, Trouble> {
        use std::os::unix::fs::OpenOptionsExt;
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        let mut file = file.map_err(|error| unwritable(path, &error))?;
        if is_cut_off(path).unwrap_or(false) {
            file.write_all(b"\n").map_err(|error| unwritable(path, &error))?;
        }
        let sink = Sink::File { path: path.to_owned(), file };
        Ok(Self { sink, source: Source::new(resource, filter), line: Vec::new() })
    }

    fn write(&mut self, spans: &[SpanData]) -> Outcome {
        let mut fates = Vec::with_capacity(spans.len());
        for span in spans {
            self.line.clear();
            otlp_json::write(&self.source, std::slice::from_ref(span), &mut self.line);
            self.line.push(b'\n');
            match self.sink.write(&self.line) {
                Ok(()) => fates.push(Fate::Delivered),
                Err(error) => {
                    let path = match &self.sink {
                        Sink::Stderr => "stderr",
                        Sink::File { path, .. } => path,
                    };
                    return Outcome { fates, trouble: Some(unwritable(path, &error)), ..Outcome::default() };
                }
            }
        }
        Outcome { fates, ..Outcome::default() }
    }
}

impl Sink {
    /// One write for the whole line, so that lines of several writers do not mix.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Stderr => io::stderr().lock().write_all(line),
            Self::File { file, .. } => file.write_all(line),
        }
    }
}

impl Exporter for JsonLines {
    fn limits(&self) -> BatchLimits {
        BatchLimits { spans: 500, bytes: 1024 * 1024, patience: None }
    }

    fn deliver<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, Outcome> {
        Box::pin(async { self.write(spans) })
    }
}

/// Whether the file ends within a line.
fn is_cut_off(path: &str) -> io::Result<bool> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn unwritable(path: &str, error: &io::Error) -> Trouble {
    Trouble {
        lasting: true,
        after: None,
        what: format!("spans cannot be written to {path}: {error}"),
        remedy: "make room, or let the program write there, or set `exporter_file` to another path".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Event, Link, SpanKind, Status};
    use opentelemetry::{Array, KeyValue, Value};
    use serde_json::json;

    use super::*;
    use crate::samples;

    #[test]
    fn a_span_is_one_line_of_otlp_json_to_the_letter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spans.jsonl");
        let resource = Resource::builder_empty().with_attribute(KeyValue::new("service.name", "spored")).build();
        let mut span = samples::child("boot", SpanKind::Client);
        span.parent_span_is_remote = true;
        span.attributes = vec![
            KeyValue::new("text", "two\nlines"),
            KeyValue::new("number", 7),
            KeyValue::new("share", f64::NEG_INFINITY),
            KeyValue::new("flags", Value::Array(Array::Bool(vec![true, false]))),
        ];
        span.events.events = vec![Event::new("exception", samples::at(1), vec![], 3)];
        span.links.links = vec![Link::new(samples::context(0xc3), vec![KeyValue::new("share", 0.5)], 0)];
        span.status = Status::error("no");
        JsonLines::in_file(path.to_str().unwrap(), &resource, Filter::default()).unwrap().write(&[span]);
        let text = std::fs::read_to_string(&path).unwrap();
        let reference = include_str!("../../docs/reference/otlp.md");
        let (_, table) = reference.split_once("<!-- json:begin -->").unwrap();
        for row in table.split_once("<!-- json:end -->").unwrap().0.trim().lines().skip(2) {
            let example = row.rsplit('`').nth(1).unwrap();
            assert!(text.contains(example), "{example}: {text}");
        }
        let line: serde_json::Value = serde_json::from_str(text.strip_suffix('\n').unwrap()).unwrap();
        let span = json!({
            "traceId": "6b0120b8000000000123456789abcdef",
            "spanId": "00000000000000b2",
            "parentSpanId": "00000000000000a1",
            "flags": 0x301,
            "name": "boot",
            "kind": 3,
            "startTimeUnixNano": "1795236024000000000",
            "endTimeUnixNano": "1795236024250000000",
            "attributes": [
                {"key": "text", "value": {"stringValue": "two\nlines"}},
                {"key": "number", "value": {"intValue": "7"}},
                {"key": "share", "value": {"doubleValue": "-Infinity"}},
                {"key": "flags", "value": {"arrayValue": {"values": [{"boolValue": true}, {"boolValue": false}]}}},
            ],
            "events": [{
                "timeUnixNano": "1795236024000001000",
                "name": "exception",
                "attributes": [],
                "droppedAttributesCount": 3,
            }],
            "links": [{
                "traceId": "6b0120b8000000000123456789abcdef",
                "spanId": "00000000000000c3",
                "flags": 0x101,
                "attributes": [{"key": "share", "value": {"doubleValue": 0.5}}],
            }],
            "status": {"code": 2, "message": "no"},
        });
        let resource = json!({"attributes": [{"key": "service.name", "value": {"stringValue": "spored"}}]});
        let scope = json!({"scope": {"name": "spawn-telemetry"}, "spans": [span]});
        assert_eq!(line, json!({"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}));
    }

    #[test]
    fn lines_are_added_to_a_file_that_its_owner_alone_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spans.jsonl");
        let resource = Resource::builder_empty().build();
        for name in ["first", "second"] {
            let mut exporter = JsonLines::in_file(path.to_str().unwrap(), &resource, Filter::default()).unwrap();
            assert_eq!(exporter.write(&[samples::span(name)]), Outcome::delivered(1));
        }
        let names: Vec<String> = std::fs::read_to_string(&path)
            .unwrap()
            .lines()
            .map(|line| {
                let read: serde_json::Value = serde_json::from_str(line).unwrap();
                read["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(names, ["first", "second"]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_line_that_was_cut_off_costs_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spans.jsonl");
        std::fs::write(&path, "{\"resourceSp").unwrap();
        let resource = Resource::builder_empty().build();
        let mut exporter = JsonLines::in_file(path.to_str().unwrap(), &resource, Filter::default()).unwrap();
        exporter.write(&[samples::span("whole")]);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).collect();
        assert_eq!(lines, [false, true]);
    }
}
