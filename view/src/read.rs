//! Spans from files, folders and standard input, whatever wrote them: what they hold is found out from themselves.

mod again;
mod folder;
mod json;
mod protobuf;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

pub use again::{PathError, Reader};

use flate2::bufread::MultiGzDecoder;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;

use crate::of_resource_spans;
use crate::span::{Origin, Span};

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    /// The spans.
    pub spans: Vec<Span>,
    /// What could not be read: what, where, and what became of the rest. At most 100, and how many more there are.
    pub problems: Vec<String>,
}

/// Takes spans as they are read.
pub trait Sink {
    /// The spans that come are of this file; those that came of it before are read anew, or are no more.
    fn anew(&mut self, _file: &Path) {}

    /// Further spans of this file come.
    fn further(&mut self, _file: &Path) {}

    /// Whether this JSON may have something that is wanted: what has not is not looked into.
    fn may_want(&self, _json: &[u8]) -> bool {
        true
    }

    /// Takes a span.
    fn take(&mut self, span: Span);
}

impl Sink for Vec<Span> {
    fn take(&mut self, span: Span) {
        self.push(span);
    }
}

/// What is being read.
struct Draft<'a> {
    sink: &'a mut dyn Sink,
    /// How many spans there were, and texts that were not looked into.
    count: usize,
    problems: Vec<String>,
    /// How many problems there was no room for.
    left: usize,
    /// Lines that are no JSON: whose, the first of them, and how many.
    foreign: Option<(String, u64, u64)>,
    /// The last origins: most writers say the same of each of their spans, and here it is held once.
    origins: VecDeque<Arc<Origin>>,
}

/// How many programs may take turns in a file, and their origins be held once.
const ORIGINS: usize = 16;

/// Most problems that are told one by one: a file of something else has one in each line.
const PROBLEMS: usize = 100;

/// The spans of a file or a folder; `-` is standard input. A folder may be a spool, or have files in it.
///
/// Files may hold JSON lines, OTLP's JSON or protobuf (one message, or each with its length before it, as a collector writes
/// them), X-Ray's documents alone or in lists, and answers of `BatchGetTraces`; all of it may be packed with gzip.
///
/// # Errors
///
/// The path cannot be read at all.
pub fn read_path(path: &Path) -> io::Result<Gathered> {
    let mut spans = Vec::new();
    let mut draft = Draft::new(&mut spans);
    if path == Path::new("-") {
        read("standard input", io::stdin().lock(), &mut draft);
    } else if path.is_dir() {
        folder::read(path, &mut draft)?;
    } else {
        file(path, &mut draft)?;
    }
    let problems = draft.told();
    Ok(Gathered { spans, problems })
}

fn file(path: &Path, into: &mut Draft<'_>) -> io::Result<()> {
    read(&path.display().to_string(), BufReader::with_capacity(1 << 16, File::open(path)?), into);
    Ok(())
}

/// The spans of these bytes. The name is that by which problems speak of them.
#[must_use]
pub fn read_bytes(name: &str, bytes: &[u8]) -> Gathered {
    let mut spans = Vec::new();
    let mut draft = Draft::new(&mut spans);
    read(name, bytes, &mut draft);
    let problems = draft.told();
    Gathered { spans, problems }
}

/// Reads what is there, in the form that it has.
fn read(name: &str, mut bytes: impl BufRead, into: &mut Draft<'_>) {
    let outcome = match bytes.fill_buf() {
        Ok([0x1f, 0x8b, ..]) => plain(name, &mut BufReader::new(MultiGzDecoder::new(bytes)), into),
        Ok(_) => plain(name, &mut bytes, into),
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        into.problem(format!("{name} cannot be read to its end: {error}; what came before was read"));
    }
}

fn plain(name: &str, bytes: &mut dyn BufRead, into: &mut Draft<'_>) -> io::Result<()> {
    // A mark of UTF-8 says nothing.
    if bytes.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        bytes.consume(3);
    }
    match bytes.fill_buf()? {
        [] => into.problem(format!("{name} is empty")),
        [b'(', 0xb5, 0x2f, 0xfd, ..] => {
            into.problem(format!("{name} is packed with zstd, which is not read; unpack it first"))
        }
        [0x1f, 0x8b, ..] => into.problem(format!("{name} is packed with gzip twice; unpack it first")),
        start if is_binary(start) => protobuf::read(name, bytes, into)?,
        _ => json::read(name, bytes, into)?,
    }
    Ok(())
}

/// Whether what begins like this is no text. A message of protobuf may begin with what is white space in a text.
fn is_binary(start: &[u8]) -> bool {
    let start = &start[..start.len().min(4096)];
    let mut signs = start.iter().filter(|byte| !byte.is_ascii_whitespace());
    match (signs.next(), signs.next()) {
        (Some(b'{'), Some(b'"' | b'}'))
        | (Some(b'['), Some(b'{' | b'[' | b'"' | b']'))
        | (Some(b'"' | b'[' | b'{'), None) => false,
        _ => start.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()) || !is_text(start),
    }
}

/// Whether it is UTF-8, but for a character that is cut at the end.
fn is_text(start: &[u8]) -> bool {
    str::from_utf8(start).map_or_else(|error| error.error_len().is_none(), |_| true)
}

impl<'a> Draft<'a> {
    fn new(sink: &'a mut dyn Sink) -> Self {
        Self { sink, count: 0, problems: Vec::new(), left: 0, foreign: None, origins: VecDeque::new() }
    }

    fn problem(&mut self, text: String) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(text);
        } else {
            self.left += 1;
        }
    }

    /// A line that is no JSON. A file of something else has one in each line, which is one thing to tell.
    fn foreign(&mut self, name: &str, line: u64) {
        match &mut self.foreign {
            Some((known, _, count)) if known == name => *count += 1,
            _ => {
                self.tell_foreign();
                self.foreign = Some((name.to_owned(), line, 1));
            }
        }
    }

    fn tell_foreign(&mut self) {
        match self.foreign.take() {
            Some((name, line, 1)) => self.problem(format!("{name}, line {line}: it is no JSON; it was passed over")),
            Some((name, line, count)) => self.problem(format!(
                "{name}: {count} lines are no JSON, the first of them line {line}; they were passed over"
            )),
            None => {}
        }
    }

    fn span(&mut self, mut span: Span) {
        self.count += 1;
        match self.origins.iter().find(|origin| Arc::ptr_eq(origin, &span.origin) || **origin == span.origin) {
            Some(origin) => span.origin = Arc::clone(origin),
            None => {
                self.origins.push_front(Arc::clone(&span.origin));
                self.origins.truncate(ORIGINS);
            }
        }
        self.sink.take(span);
    }

    /// Takes the spans of messages that stand here.
    fn take(&mut self, place: &str, messages: impl IntoIterator<Item = ResourceSpans>) {
        let mut none = 0;
        for message in messages {
            let (spans, wrong) = of_resource_spans(message);
            spans.into_iter().for_each(|span| self.span(span));
            none += wrong;
        }
        if none > 0 {
            self.problem(format!("{place}: the ids of {none} spans are none; the others were read"));
        }
    }

    fn told(mut self) -> Vec<String> {
        self.tell_foreign();
        let Self { mut problems, left, .. } = self;
        if left > 0 {
            problems.push(format!("and {left} more of the like"));
        }
        problems
    }
}
