//! One line of OTLP JSON for each span, on stderr or at the end of a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use opentelemetry_proto::tonic::trace::v1::TracesData;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use crate::counters::DropReason;
use crate::export::{BatchLimits, Delivering, Exporter, Fate, Outcome, Trouble};
use crate::filter::Filter;

/// Writes spans as lines. Each line is an object of its own, `{"resourceSpans":[…]}`, as OTLP receivers take it.
#[derive(Debug)]
pub(crate) struct JsonLines {
    sink: Sink,
    resource: ResourceAttributesWithSchema,
    filter: Filter,
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
        Self { sink: Sink::Stderr, resource: resource.into(), filter }
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
        Ok(Self { sink: Sink::File { path: path.to_owned(), file }, resource: resource.into(), filter })
    }

    fn write(&mut self, spans: &[SpanData]) -> Outcome {
        let mut fates = Vec::with_capacity(spans.len());
        for span in spans {
            let Ok(line) = line(self.filter.span(span).into_owned(), &self.resource) else {
                fates.push(Fate::Refused(DropReason::ExporterError));
                continue;
            };
            match self.sink.write(&line) {
                Ok(()) => fates.push(Fate::Delivered),
                Err(error) => {
                    let path = match &self.sink {
                        Sink::Stderr => "stderr",
                        Sink::File { path, .. } => path,
                    };
                    return Outcome { fates, trouble: Some(unwritable(path, &error)), refusal: None };
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

fn line(span: SpanData, resource: &ResourceAttributesWithSchema) -> serde_json::Result<Vec<u8>> {
    let data = TracesData { resource_spans: group_spans_by_resource_and_scope(vec![span], resource) };
    let mut line = serde_json::to_vec(&data)?;
    line.push(b'\n');
    Ok(line)
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
    use opentelemetry::KeyValue;
    use serde_json::json;

    use super::*;
    use crate::samples;

    #[test]
    fn a_span_is_one_line_of_otlp_json_with_ids_in_hex() {
        let resource = Resource::builder_empty().with_attribute(KeyValue::new("service.name", "spored")).build();
        let mut span = samples::span("boot");
        span.attributes = vec![KeyValue::new("text", "two\nlines"), KeyValue::new("number", 7)];
        let line = line(span, &(&resource).into()).unwrap();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(line.last(), Some(&b'\n'));
        let read: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let span = &read["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(read["resourceSpans"][0]["resource"]["attributes"][0]["value"], json!({"stringValue": "spored"}));
        assert_eq!(span["traceId"], json!("6b0120b8000000000123456789abcdef"));
        assert_eq!(span["spanId"], json!("00000000000000a1"));
        assert_eq!(span["name"], json!("boot"));
        assert_eq!(span["startTimeUnixNano"], json!("1795236024000000000"));
        assert_eq!(
            span["attributes"],
            json!([
                {"key": "text", "value": {"stringValue": "two\nlines"}},
                {"key": "number", "value": {"intValue": "7"}}
            ])
        );
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
