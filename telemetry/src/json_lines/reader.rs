//! Spans from lines of OTLP JSON: those that we write, and those of a collector's file exporter.

use std::io::{self, BufRead, Read};
use std::vec::IntoIter;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use crate::otlp_json::{self, SpanError, SpanRead};

/// Most bytes of a line: more than any exporter puts into one.
const LONGEST: u64 = 64 * 1024 * 1024;

/// A span and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanOfLine {
    /// The number of its line, from 1.
    pub line: u64,
    /// The span.
    pub span: SpanData,
    /// The program and the host that made it.
    pub resource: Resource,
}

/// A line, or a span of a line, that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is no span: {problem}")]
pub struct LineError {
    /// The number of the line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: LineProblem,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// The file cannot be read any further.
    #[error("it cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// It is longer than 64 MiB.
    #[error("it is longer than 64 MiB")]
    TooLong,
    /// It was cut off, or something else wrote it.
    #[error("{0}")]
    Foreign(String),
}

impl From<SpanError> for LineProblem {
    fn from(error: SpanError) -> Self {
        Self::Foreign(error.to_string())
    }
}

/// The spans of these lines, in the order in which they stand there. A line that was cut off, or that something else wrote,
/// costs itself alone; an empty one is none. A line may hold many spans.
pub fn read<R: BufRead>(lines: R) -> Lines<R> {
    Lines { lines, number: 0, spans: Vec::new().into_iter(), over: false, longest: LONGEST }
}

/// The spans of some lines; made by [`read`].
#[derive(Debug)]
pub struct Lines<R> {
    lines: R,
    number: u64,
    /// Those of the last line that are still to come.
    spans: IntoIter<SpanRead>,
    over: bool,
    longest: u64,
}

impl<R: BufRead> Lines<R> {
    /// The next line without its end; `None` is the end of all.
    fn line(&mut self) -> Result<Option<Vec<u8>>, LineProblem> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.lines).take(self.longest);
        if bounded.read_until(b'\n', &mut line).map_err(LineProblem::Unreadable)? == 0 {
            return Ok(None);
        }
        if line.len() as u64 == self.longest && !line.ends_with(b"\n") {
            self.lines.skip_until(b'\n').map_err(LineProblem::Unreadable)?;
            return Err(LineProblem::TooLong);
        }
        line.truncate(line.trim_ascii_end().len());
        Ok(Some(line))
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<SpanOfLine, LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.number;
            let failed = |problem| Some(Err(LineError { line, problem }));
            match self.spans.next() {
                Some(Ok((span, resource))) => return Some(Ok(SpanOfLine { line, span, resource })),
                Some(Err(error)) => return failed(error.into()),
                None if self.over => return None,
                None => {}
            }
            self.number += 1;
            let line = self.number;
            let failed = |problem| Some(Err(LineError { line, problem }));
            match self.line() {
                Ok(None) => self.over = true,
                Ok(Some(text)) if text.is_empty() => {}
                Ok(Some(text)) => match otlp_json::spans(&text) {
                    Ok(spans) => self.spans = spans.into_iter(),
                    Err(error) => return failed(error.into()),
                },
                Err(problem) => {
                    // What cannot be read now will not be read by asking again.
                    self.over = matches!(problem, LineProblem::Unreadable(_));
                    return failed(problem);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
