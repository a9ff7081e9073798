//! Spans from files, folders and standard input, whatever wrote them.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, TracesData};
use prost::Message;

use crate::span::Span;
use crate::{of_resource_spans, xray};

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    /// The spans.
    pub spans: Vec<Span>,
    /// What could not be read: what, where, and what became of the rest.
    pub problems: Vec<String>,
}

impl Gathered {
    fn problem(&mut self, text: String) {
        self.problems.push(text);
    }

    fn take(&mut self, name: &str, messages: impl IntoIterator<Item = ResourceSpans>) {
        let mut none = 0;
        for message in messages {
            let (spans, wrong) = of_resource_spans(message);
            self.spans.extend(spans);
            none += wrong;
        }
        if none > 0 {
            self.problem(format!("{name}: {none} spans have no valid id; the others were read"));
        }
    }
}

/// The spans of a file or a folder; `-` is standard input.
///
/// # Errors
///
/// The path cannot be read at all.
pub fn read_path(path: &Path) -> io::Result<Gathered> {
    let name = path.display().to_string();
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(read_bytes("standard input", &bytes));
    }
    if !path.is_dir() {
        return Ok(read_bytes(&name, &fs::read(path)?));
    }
    let mut gathered = Gathered::default();
    let mut files: Vec<_> = fs::read_dir(path)?.collect::<io::Result<_>>()?;
    files.sort_by_key(fs::DirEntry::path);
    for file in files.iter().filter(|file| file.path().is_file()) {
        let Gathered { spans, problems } = read_path(&file.path())?;
        gathered.spans.extend(spans);
        gathered.problems.extend(problems);
    }
    Ok(gathered)
}

/// The spans of these bytes; what they are is found out from themselves. The name is that by which problems speak of them.
#[must_use]
pub fn read_bytes(name: &str, bytes: &[u8]) -> Gathered {
    let mut gathered = Gathered::default();
    let text = bytes.trim_ascii();
    if text.is_empty() {
        gathered.problem(format!("{name} is empty"));
    } else if !matches!(text[0], b'{' | b'[') {
        match TracesData::decode(bytes) {
            Ok(data) => gathered.take(name, data.resource_spans),
            Err(error) => {
                gathered.problem(format!("{name} is neither JSON nor OTLP's protobuf: {error}; nothing was read"))
            }
        }
    } else if serde_json::from_slice::<&serde_json::value::RawValue>(text).is_ok() {
        json(name, text, &mut gathered);
    } else {
        for (number, line) in
            text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty())
        {
            json(&format!("{name}, line {}", number + 1), line, &mut gathered);
        }
    }
    gathered
}

fn json(name: &str, text: &[u8], gathered: &mut Gathered) {
    match resource_spans(text) {
        Ok(messages) if !messages.is_empty() => return gathered.take(name, messages),
        _ => {}
    }
    match xray::document(text) {
        Ok(document) => gathered.spans.extend(document.spans),
        Err(error) => gathered.problem(format!("{name}: {error}; it was passed over")),
    }
}

/// The messages of OTLP's JSON.
fn resource_spans(json: &[u8]) -> Result<Vec<ResourceSpans>, serde_json::Error> {
    serde_json::from_slice::<TracesData>(json).map(|data| data.resource_spans)
}
