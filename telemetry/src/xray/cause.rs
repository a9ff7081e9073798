//! The `cause` block: what failed, in the words of whoever said so.

mod stack;

use std::borrow::Cow;

use opentelemetry::trace::{Event, Status};
use opentelemetry_sdk::trace::SpanData;

use super::facts::{Facts, text};
use super::limits::{Cuts, EXCEPTIONS, MESSAGE};
use super::pen::Pen;
use super::shape::derived_id;
use super::table::Slot;
use crate::attribute;
use crate::filter::{Filter, Shown};
use stack::{Frame, Told};

/// Name of the events that record an exception.
const EXCEPTION: &str = "exception";
/// Name of the events that record what caused the exception before them.
const CAUSED_BY: &str = "exception.cause";

/// One exception of a failure.
#[derive(Clone, Debug, Default)]
pub(super) struct Exception<'a> {
    pub(super) id: u64,
    kind: Option<Cow<'a, str>>,
    message: Option<Cow<'a, str>>,
    /// An answer came, so it was the other side that said so.
    remote: bool,
    /// Frames that were left out.
    truncated: usize,
    /// Exceptions that were left out before this one.
    skipped: usize,
    /// Whether it is what caused the one before it.
    is_cause: bool,
    stack: Vec<Frame>,
}

/// Whether the cause tells what the event says.
pub(super) fn is_told(event: &Event) -> bool {
    matches!(event.name.as_ref(), EXCEPTION | CAUSED_BY)
}

/// The exceptions of a span that failed: the error itself, then those that were recorded and say something else, each with
/// what caused it behind it.
pub(super) fn exceptions<'a>(
    span: &'a SpanData,
    facts: &Facts<'a>,
    filter: &Filter,
    cuts: &mut Cuts,
) -> Vec<Exception<'a>> {
    let mut exceptions = Vec::new();
    for event in span.events.iter().filter(|event| is_told(event)) {
        recorded(event, filter, &mut exceptions);
    }
    let message = match &span.status {
        Status::Error { description } if !description.is_empty() => filter.text(attribute::ERROR_MESSAGE, description),
        _ => facts.text(Slot::ErrorMessage).map(Cow::Borrowed),
    };
    let kind = facts.text(Slot::ErrorType).map(Cow::Borrowed);
    let is_repeated = exceptions.iter().any(|known| message.is_none() || known.message == message);
    if (kind.is_some() || message.is_some()) && !is_repeated {
        exceptions.insert(0, Exception { kind, message, remote: facts.known.status.is_some(), ..Exception::default() });
    }
    shorten(&mut exceptions, cuts);
    for (number, exception) in (1..).zip(&mut exceptions) {
        exception.id = derived_id(&span.span_context, number);
        if exception.truncated > 0 {
            cuts.note(Cuts::STACKS);
        }
    }
    exceptions
}

/// Of too many exceptions the first ones stay, and the last one, which is the root of it all.
fn shorten(exceptions: &mut Vec<Exception<'_>>, cuts: &mut Cuts) {
    let too_many = exceptions.len().saturating_sub(EXCEPTIONS);
    if too_many > 0 {
        exceptions.drain(EXCEPTIONS - 1..EXCEPTIONS - 1 + too_many);
        if let Some(last) = exceptions.last_mut() {
            last.skipped = too_many;
        }
        cuts.note(Cuts::EXCEPTIONS);
    }
}

fn recorded<'a>(event: &'a Event, filter: &Filter, into: &mut Vec<Exception<'a>>) {
    let shown = |key: &str| {
        let pair = event.attributes.iter().rev().find(|pair| pair.key.as_str() == key)?;
        match filter.attribute(key, &pair.value) {
            Shown::Whole(value) => text(value).map(Cow::Borrowed),
            Shown::Instead(value) => text(&value).map(|text| Cow::Owned(text.to_owned())),
            Shown::Nothing => None,
        }
    };
    let (kind, message) = (shown("exception.type"), shown("exception.message"));
    let trace = shown("exception.stacktrace").unwrap_or_default();
    let mut told = stack::read(&trace, kind.as_deref(), message.as_deref()).into_iter();
    let Told { frames, left_out, .. } = told.next().unwrap_or_default();
    let is_cause = event.name == CAUSED_BY && !into.is_empty();
    into.push(Exception { kind, message, truncated: left_out, is_cause, stack: frames, ..Exception::default() });
    into.extend(told.map(|Told { kind, message, frames, left_out }| Exception {
        kind: kind.map(Cow::Owned),
        message: message.map(Cow::Owned),
        truncated: left_out,
        is_cause: true,
        stack: frames,
        ..Exception::default()
    }));
}

/// Writes the block.
pub(super) fn write(pen: &mut Pen<'_>, exceptions: &[Exception<'_>]) {
    let most = if pen.level.others == usize::MAX { EXCEPTIONS } else { 3 };
    let block = pen.open("cause");
    let list = pen.open_list("exceptions");
    for (number, exception) in exceptions.iter().enumerate().take(most) {
        pen.comma();
        pen.out.push('{');
        pen.key("id");
        pen.id(exception.id);
        if let Some(kind) = &exception.kind {
            pen.field("type", kind, MESSAGE);
        }
        if let Some(message) = &exception.message {
            pen.field("message", message, MESSAGE);
        }
        if exception.remote {
            pen.flag("remote");
        }
        frames(pen, exception);
        if exception.skipped > 0 {
            pen.count("skipped", exception.skipped as i64);
        }
        // X-Ray's word for it: the id of the exception that caused this one.
        if let Some(cause) = exceptions[..most.min(exceptions.len())].get(number + 1).filter(|next| next.is_cause) {
            pen.key("cause");
            pen.id(cause.id);
        }
        pen.out.push('}');
    }
    pen.close_list(list);
    pen.close(block);
}

fn frames(pen: &mut Pen<'_>, exception: &Exception<'_>) {
    let shown: &[Frame] = if pen.level.stacks { &exception.stack } else { &[] };
    let truncated = exception.truncated + exception.stack.len() - shown.len();
    if truncated > 0 {
        pen.count("truncated", truncated as i64);
    }
    let list = pen.open_list("stack");
    for Frame { path, line, label } in shown {
        pen.comma();
        pen.out.push('{');
        if let Some(path) = path {
            pen.field("path", path, MESSAGE);
        }
        if let Some(line) = line {
            pen.count("line", i64::from(*line));
        }
        if !label.is_empty() {
            pen.field("label", label, MESSAGE);
        }
        pen.out.push('}');
    }
    pen.close_list(list);
}
