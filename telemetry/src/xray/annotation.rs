//! Annotations: the few values that traces are searched by. X-Ray indexes 50 a trace, so there are no others.

use std::fmt::Write as _;

use opentelemetry::{Array, KeyValue, Value};
use wildmatch::WildMatch;

use super::facts::{Facts, Known};
use super::limits::{ANNOTATION, ANNOTATIONS, Cuts, TEXT};
use super::pen::Pen;
use super::scratch::Scratch;
use super::table::{OF_HOST, PLACES, SEARCHED, Slot};
use super::translator::Grant;

/// Which annotations of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// All of them.
    All,
    /// Instance, array, command.
    Host,
}

fn key(slot: Slot) -> &'static str {
    match slot {
        Slot::Operation => "aws_operation",
        _ => &PLACES[slot as usize].field["annotations.".len()..],
    }
}

/// Asks for each annotation, in order of importance, whether the trace has room for it.
pub(super) fn plan(
    scratch: &mut Scratch,
    known: Known,
    attributes: &[KeyValue],
    globs: &[WildMatch],
    grant: Grant<'_>,
) {
    let mut written = std::mem::take(&mut scratch.text);
    for (number, slot) in SEARCHED.into_iter().enumerate() {
        let facts = Facts::new(known, attributes, scratch);
        let granted = match (slot, known.is_aws) {
            (Slot::Operation, false) => false,
            (Slot::Operation, true) => facts.operation().is_some_and(|name| grant(key(slot), start(name))),
            (Slot::AwsService, true) if facts.get(slot).is_none() => facts.service().is_some_and(|name| {
                written.clear();
                written.extend(in_lower_case(name));
                grant(key(slot), start(&written))
            }),
            _ => facts.get(slot).is_some_and(|value| grant(key(slot), as_text(value, &mut written))),
        };
        scratch.searched[number] = granted;
    }
    scratch.wanted.clear();
    scratch.keys.clear();
    if !globs.is_empty() || scratch.shown(attributes, Slot::Annotations).is_some() {
        plan_wanted(scratch, attributes, globs, grant, &mut written);
    }
    scratch.text = written;
}

/// Those that the settings list, and those that the span itself lists.
fn plan_wanted(
    scratch: &mut Scratch,
    attributes: &[KeyValue],
    globs: &[WildMatch],
    grant: Grant<'_>,
    written: &mut String,
) {
    for (number, pair) in (0..).zip(attributes) {
        let name = pair.key.as_str();
        let is_listed = match scratch.shown(attributes, Slot::Annotations) {
            Some(Value::Array(Array::String(names))) => names.iter().any(|listed| listed.as_str() == name),
            _ => false,
        };
        if !is_listed && !globs.iter().any(|glob| glob.matches(name)) {
            continue;
        }
        let Some(handle) = scratch.handle(number) else { continue };
        let start = scratch.keys.len();
        let Scratch { keys, wanted, .. } = scratch;
        keys.extend(name.chars().take(TEXT).map(|each| if each.is_ascii_alphanumeric() { each } else { '_' }));
        let (before, key) = keys.split_at(start);
        let is_there = SEARCHED.into_iter().any(|slot| self::key(slot) == key) || known_key(before, wanted, key);
        let has_room = wanted.len() + SEARCHED.len() < ANNOTATIONS && !is_there && !key.is_empty();
        let value = scratch.value(attributes, handle);
        if has_room && grant(&scratch.keys[start..], as_text(value, written)) {
            scratch.wanted.push((handle, scratch.keys.len()));
            scratch.take_from_rest(handle);
        } else {
            scratch.keys.truncate(start);
        }
    }
}

fn known_key(keys: &str, wanted: &[(u32, usize)], key: &str) -> bool {
    let mut start = 0;
    wanted.iter().any(|(_, end)| {
        let known = &keys[start..*end];
        start = *end;
        known == key
    })
}

/// Writes what was granted.
pub(super) fn write(pen: &mut Pen<'_>, facts: &Facts<'_>, of: Of) {
    let block = pen.open("annotations");
    let most = if of == Of::Host { OF_HOST } else { SEARCHED.len() };
    for (slot, granted) in SEARCHED.into_iter().zip(facts.scratch.searched).take(most) {
        if !granted {
            continue;
        }
        pen.key(key(slot));
        match (slot, facts.get(slot)) {
            (Slot::Operation, _) => text(pen, facts.operation().unwrap_or_default()),
            (_, Some(found)) => value(pen, found),
            (_, None) => {
                pen.out.push('"');
                pen.out.extend(in_lower_case(facts.service().unwrap_or_default()).take(ANNOTATION - 1));
                pen.out.push('"');
            }
        }
    }
    let mut start = 0;
    for (handle, end) in facts.scratch.wanted.iter().filter(|_| of == Of::All) {
        pen.key(&facts.scratch.keys[start..*end]);
        value(pen, facts.at(*handle));
        start = *end;
    }
    pen.close(block);
}

/// Annotations are text, numbers and booleans; a list becomes text.
fn value(pen: &mut Pen<'_>, value: &Value) {
    match value {
        Value::String(found) => text(pen, found.as_str()),
        Value::Bool(_) | Value::I64(_) | Value::F64(_) => {
            pen.value(value, ANNOTATION, 1);
        }
        other => text(pen, &other.as_str()),
    }
}

fn text(pen: &mut Pen<'_>, text: &str) {
    if pen.cut_text(text, ANNOTATION - 1) {
        pen.cuts.note(Cuts::ANNOTATIONS);
    }
}

fn as_text<'a>(value: &'a Value, written: &'a mut String) -> &'a str {
    if let Value::String(text) = value {
        return start(text.as_str());
    }
    written.clear();
    // Writing to a text cannot fail.
    write!(written, "{value}").unwrap_or_default();
    start(written)
}

/// As much of the text as an annotation has.
fn start(text: &str) -> &str {
    match text.len() < ANNOTATION {
        true => text,
        false => &text[..text.char_indices().nth(ANNOTATION - 1).map_or(text.len(), |(end, _)| end)],
    }
}

/// `CloudWatch Logs` as `cloudwatchlogs`; what JSON would want escaped is in no service's name.
fn in_lower_case(service: &str) -> impl Iterator<Item = char> {
    let is_part = |character: &char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.');
    service.chars().filter(is_part).map(|character| character.to_ascii_lowercase())
}
