//! The `metadata` block: what X-Ray has no field for, under a namespace for each source.

use opentelemetry::trace::{Event, SpanKind};
use opentelemetry::{KeyValue, Value};
use serde_json::value::RawValue;

use super::cause;
use super::facts::text;
use super::limits::{Cuts, LEVELS, NAME};
use super::pen::Pen;
use super::scratch::FOREIGN;
use super::segment::Parts;
use super::service::Service;
use super::time::instant;
use crate::filter::{Filter, Shown};
use crate::redact::redacted;

/// Namespace of the span's own.
const OWN: &str = "spawn";
/// Namespace of the resource.
const RESOURCE: &str = "otel.resource";
/// Fields of our namespace; an attribute of that name gets another.
const RESERVED: [&str; 5] = ["name", "kind", "events", "dropped", "truncated"];
/// Most attributes of an event or a link: the SDKs' default limit.
const ATTRIBUTES: usize = 128;

/// The whole block; `name` is the span's, where the document does not tell it otherwise.
pub(super) fn write(pen: &mut Pen<'_>, parts: &Parts<'_>, name: Option<&str>, with_resource: bool) {
    let block = pen.open("metadata");
    let own = pen.open(OWN);
    if let Some(name) = name {
        let longest = if pen.level.rest { pen.level.metadata } else { NAME };
        pen.key("name");
        pen.cut_text(name, longest);
    }
    if let Some(kind) = kind(&parts.span.span_kind) {
        pen.plain("kind", kind);
    }
    if pen.level.rest {
        rest(pen, parts);
        events(pen, parts);
        dropped(pen, parts);
    }
    truncated(pen);
    pen.close(own);
    foreign(pen, parts);
    if with_resource {
        write_resource(pen, parts.service);
    }
    pen.close(block);
}

/// The block of a segment around a call: the resource alone.
pub(super) fn resource(pen: &mut Pen<'_>, service: &Service) {
    let block = pen.open("metadata");
    write_resource(pen, service);
    pen.close(block);
}

fn write_resource(pen: &mut Pen<'_>, service: &Service) {
    if let Some(resource) = service.resource(pen.number) {
        pen.key(RESOURCE);
        pen.out.push_str(resource);
    }
}

/// The kind, where neither form nor namespace tells it.
fn kind(kind: &SpanKind) -> Option<&'static str> {
    match kind {
        SpanKind::Server => Some("server"),
        SpanKind::Producer => Some("producer"),
        SpanKind::Consumer => Some("consumer"),
        SpanKind::Client | SpanKind::Internal => None,
    }
}

fn rest(pen: &mut Pen<'_>, parts: &Parts<'_>) {
    for (key, value) in parts.facts.rest() {
        if pen.is_full() {
            return;
        }
        if !parts.facts.known.has_foreign || of_foreign(pen, key.as_str(), value).is_none() {
            field(pen, key.as_str(), value);
        }
    }
}

/// A field of our namespace. Keys that begin with `AWS.` are AWS's own.
fn field(pen: &mut Pen<'_>, key: &str, value: &Value) {
    if key.len() < 10 && RESERVED.contains(&key) || key.starts_with("AWS.") {
        pen.foreign_key(&format!("attribute.{key}"));
    } else {
        pen.foreign_key(key);
    }
    pen.value(value, pen.level.metadata, pen.level.metadata);
}

/// Namespace and text of an attribute that fills one.
fn of_foreign<'a>(pen: &Pen<'_>, key: &'a str, value: &'a Value) -> Option<(&'a str, &'a str)> {
    let namespace = key.strip_prefix(FOREIGN).filter(|name| ![OWN, RESOURCE, ""].contains(name))?;
    let text = text(value).filter(|text| text.starts_with('{') && text.len() <= pen.level.metadata)?;
    serde_json::from_str::<&RawValue>(text).is_ok().then_some((namespace, text))
}

fn foreign(pen: &mut Pen<'_>, parts: &Parts<'_>) {
    if !pen.level.rest || !parts.facts.known.has_foreign {
        return;
    }
    for (key, value) in parts.facts.rest() {
        if let Some((namespace, text)) = of_foreign(pen, key.as_str(), value) {
            pen.foreign_key(namespace);
            pen.out.push_str(text);
        }
    }
}

/// Events, but for the exceptions of a failure, which are its cause.
fn events(pen: &mut Pen<'_>, parts: &Parts<'_>) {
    let is_cause = |event: &&Event| parts.verdict.failed() && cause::is_told(event);
    let list = pen.open_list("events");
    for event in parts.span.events.iter().filter(|event| !is_cause(event)) {
        if pen.is_full() {
            break;
        }
        pen.comma();
        pen.out.push('{');
        pen.key("name");
        pen.cut_text(&redacted(&event.name), pen.level.metadata);
        pen.key("time");
        pen.instant(instant(event.timestamp).0);
        attributes(pen, parts.filter, &event.attributes);
        pen.out.push('}');
    }
    pen.close_list(list);
}

/// The attributes of an event or a link; of two with one name the later one.
pub(super) fn attributes(pen: &mut Pen<'_>, filter: &Filter, attributes: &[KeyValue]) {
    let block = pen.open("attributes");
    let attributes = &attributes[..attributes.len().min(ATTRIBUTES)];
    for (number, pair) in attributes.iter().enumerate() {
        if attributes[number + 1..].iter().any(|later| later.key == pair.key) {
            continue;
        }
        let shown = filter.attribute(pair.key.as_str(), &pair.value);
        let shown = match &shown {
            Shown::Whole(value) => value,
            Shown::Instead(value) => value,
            Shown::Nothing => continue,
        };
        pen.foreign_key(pair.key.as_str());
        pen.value(shown, pen.level.metadata, pen.level.metadata);
    }
    pen.close(block);
}

/// What the span itself had no room for, and attributes that are not shown.
fn dropped(pen: &mut Pen<'_>, parts: &Parts<'_>) {
    let span = parts.span;
    let counts = [
        ("attributes", span.dropped_attributes_count.saturating_add(parts.facts.known.hidden)),
        ("events", span.events.dropped_count),
        ("links", span.links.dropped_count),
    ];
    let block = pen.open("dropped");
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        pen.count(name, i64::from(count));
    }
    pen.close(block);
}

/// Says what was cut or mended.
fn truncated(pen: &mut Pen<'_>) {
    if pen.number == 0 && pen.cuts.is_empty() {
        return;
    }
    let list = pen.open_list("truncated");
    let levels = &LEVELS[1..=pen.number];
    let words =
        levels.iter().enumerate().filter(|(place, level)| levels[..*place].iter().all(|one| one.word != level.word));
    let cuts = pen.cuts;
    let words = words.map(|(_, level)| level.word);
    for word in Cuts::ALL.into_iter().filter(|(cut, _)| cuts.has(*cut)).map(|(_, word)| word).chain(words) {
        pen.comma();
        pen.out.push('"');
        pen.out.push_str(word);
        pen.out.push('"');
    }
    pen.close_list(list);
}
