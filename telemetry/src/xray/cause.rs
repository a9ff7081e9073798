//! The `cause` block: what failed, in the words of whoever said so.

use opentelemetry::trace::{Event, Status};
use opentelemetry_sdk::trace::SpanData;

use super::document::{Exception, Frame};
use super::facts::Facts;
use super::translate::derived_id;
use super::value::cut;

/// Name of the events that record an exception.
pub(super) const EXCEPTION: &str = "exception";
/// Longest message, in characters.
const LONGEST: usize = 4096;
/// Most exceptions of a span.
const MOST: usize = 10;
/// Most frames of a stack.
const DEEPEST: usize = 50;

/// The exceptions of a span that failed: the error itself, then those that were recorded and say something else.
pub(super) fn exceptions(span: &SpanData, facts: &Facts<'_>) -> Vec<Exception> {
    let said = match &span.status {
        Status::Error { description } if !description.is_empty() => Some(description.as_ref()),
        _ => facts.error_message.as_deref(),
    };
    let recorded = span.events.iter().filter(|event| event.name == EXCEPTION).map(recorded);
    let mut exceptions: Vec<Exception> = recorded.take(MOST).collect();
    let own = Exception {
        id: String::new(),
        kind: facts.error_type.as_deref().map(|kind| cut(kind, LONGEST)),
        message: said.map(|said| cut(said, LONGEST)),
        // An answer came, so it was the other side that said so.
        remote: facts.status.is_some(),
        truncated: 0,
        stack: Vec::new(),
    };
    let repeated = exceptions.iter().any(|known| own.message.is_none() || known.message == own.message);
    if (own.kind.is_some() || own.message.is_some()) && !repeated {
        exceptions.insert(0, own);
    }
    for (place, exception) in exceptions.iter_mut().enumerate() {
        exception.id = derived_id(&span.span_context, 1 + place as u64);
    }
    exceptions
}

fn recorded(event: &Event) -> Exception {
    let text = |key: &str| {
        let pair = event.attributes.iter().rev().find(|pair| pair.key.as_str() == key)?;
        Some(pair.value.as_str().into_owned())
    };
    let (stack, truncated) = stack(text("exception.stacktrace").as_deref().unwrap_or_default());
    Exception {
        id: String::new(),
        kind: text("exception.type").map(|kind| cut(&kind, LONGEST)),
        message: text("exception.message").map(|message| cut(&message, LONGEST)),
        remote: false,
        truncated,
        stack,
    }
}

/// Frames of a Rust backtrace: a line with a number and a label, then one with `at PATH:LINE:COLUMN`. Lines of any other
/// form are labels as they stand. The second value is how many frames were left out.
fn stack(text: &str) -> (Vec<Frame>, usize) {
    let mut frames: Vec<Frame> = Vec::new();
    let mut left_out = 0;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix("at ").and_then(location) {
            Some((path, line)) => {
                if let Some(frame) = frames.last_mut().filter(|frame| frame.path.is_none() && left_out == 0) {
                    frame.path = Some(cut(path, LONGEST));
                    frame.line = Some(line);
                }
            }
            None if frames.len() == DEEPEST => left_out += 1,
            None => {
                let numbered =
                    line.split_once(": ").filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
                let label = numbered.map_or(line, |(_, label)| label);
                frames.push(Frame { label: cut(label, LONGEST), ..Frame::default() });
            }
        }
    }
    (frames, left_out)
}

fn location(text: &str) -> Option<(&str, u32)> {
    let (before, last) = text.rsplit_once(':')?;
    match before.rsplit_once(':') {
        Some((path, line)) if line.parse::<u32>().is_ok() => Some((path, line.parse().ok()?)),
        _ => Some((before, last.parse().ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rust_backtrace_becomes_frames() {
        let text = "   0: std::panicking::begin\n             at /rustc/abc/library/std/src/panicking.rs:698:5\n   1: spored::task::run\n             at ./src/task.rs:12\n   2: main\n";
        let frame = |label: &str, path: Option<&str>, line| Frame {
            label: label.to_owned(),
            path: path.map(str::to_owned),
            line,
        };
        let expected = vec![
            frame("std::panicking::begin", Some("/rustc/abc/library/std/src/panicking.rs"), Some(698)),
            frame("spored::task::run", Some("./src/task.rs"), Some(12)),
            frame("main", None, None),
        ];
        assert_eq!(stack(text), (expected, 0));
    }

    #[test]
    fn a_deep_stack_says_how_much_was_left_out() {
        let text: String = (0..70).map(|depth| format!("{depth}: f{depth}\n")).collect();
        let (frames, left_out) = stack(&text);
        assert_eq!((frames.len(), left_out), (DEEPEST, 20));
    }
}
