//! A segment or a subsegment alone, without what is nested in it.

use std::sync::Arc;

use opentelemetry::trace::TraceId;
use serde_json::{Map, Value as Json};

use super::document::{DocumentError, shown};
use super::fields::{Fields, MISREAD, Read, instant, pair};
use super::{blocks, cause, resource};
use crate::id;
use crate::map::{Verdict, verdict};
use crate::span::{Event, Link, Origin, Outcome, Span, SpanKind};

/// What was read.
#[derive(Debug)]
pub(super) struct Part {
    /// The span, whose origin is nobody's.
    pub(super) span: Span,
    /// Who made it, if the document is a segment.
    pub(super) origin: Option<Origin>,
    /// Our exporter wrote it, and says nothing of a span of its own in it.
    pub(super) is_bare: bool,
}

/// The attribute that lists what the exporter had to cut.
pub(crate) const TRUNCATED: &str = "aws.xray.truncated";

/// The attribute that says that X-Ray made a segment of a call.
pub(crate) const INFERRED: &str = "aws.xray.inferred";

/// Reads a segment or a subsegment, of which so many subsegments are none.
pub(super) fn part(mut fields: Fields, trace_id: TraceId, is_segment: bool, odd: usize) -> Result<Part, DocumentError> {
    let id = fields.any("id");
    let span_id = id.as_ref().and_then(Json::as_str).and_then(id::span_id);
    let span_id = span_id.ok_or_else(|| DocumentError::Id { read: shown(id.as_ref()) })?;
    let mut read = Read::default();
    if odd > 0 {
        read.misread.push("subsegments".to_owned());
    }
    let parent = fields.take("parent_id", &mut read, |value| match &value {
        Json::String(text) if text.is_empty() => Ok(None),
        Json::String(text) => id::span_id(text).map(Some).ok_or(value),
        _ => Err(value),
    });
    for known in ["type", "trace_id"] {
        fields.any(known);
    }
    let name = fields.text("name", &mut read).unwrap_or_default();
    let start = fields.instant("start_time", &mut read).unwrap_or_default();
    let end = fields.instant("end_time", &mut read);
    fields.flag("in_progress", &mut read);
    let said = Said::take(&mut fields, &mut read);
    let namespace = fields.text("namespace", &mut read);
    let mut metadata = fields.object("metadata", "metadata.", &mut read);
    let mut aws = fields.object("aws", "aws.", &mut read);
    let is_bare = is_segment && !metadata.has("spawn") && is_ours(&aws);
    let origin = is_segment.then(|| resource::of_segment(&name, &mut fields, &mut aws, &mut metadata, &mut read));
    let mut own = Own::take(&mut metadata, &mut read);
    for (namespace, value) in metadata.rest() {
        read.say(&format!("aws.xray.metadata.{namespace}"), value.to_string());
    }
    let operation = aws.text("operation", &mut read);
    if namespace.as_deref() == Some("aws") {
        call_to_aws(&name, operation.as_deref(), &mut read);
    }
    blocks::aws(&mut aws, &name, operation.as_deref(), &mut read);
    let has_http = fields.has("http");
    blocks::http(&mut fields, &mut read);
    blocks::sql(&mut fields, &mut read);
    blocks::annotations(&mut fields, &mut read);
    blocks::single(&mut fields, &mut read);
    let error_type = read.text("error.type").map(str::to_owned);
    let cause = cause::read(&mut fields, error_type.as_deref(), end.unwrap_or(start), &mut read);
    let links = links(&mut fields, &mut read);
    let kind = match (own.kind, namespace.as_deref()) {
        (Some(kind), _) => kind,
        (None, Some("aws" | "remote")) => SpanKind::Client,
        (None, other) => {
            other.into_iter().for_each(|other| read.say("aws.xray.namespace", other));
            let serves = is_segment && !own.is_there && (has_http || parent.flatten().is_some());
            if serves { SpanKind::Server } else { SpanKind::Internal }
        }
    };
    if said.failed() {
        read.say("error", true);
        cause.kind.into_iter().for_each(|kind| read.say("error.type", kind));
        if said.throttle && namespace.as_deref() == Some("aws") {
            read.say("aws.throttled", true);
        }
        if namespace.as_deref() == Some("aws") && !cause.text.is_empty() {
            read.say("error.message", cause.text.as_str());
        }
    }
    fields.keep_rest(&mut read);
    let Read { mut attributes, misread } = read;
    if !misread.is_empty() {
        attributes.push(pair(MISREAD, misread.into()));
    }
    let told = operation.filter(|_| namespace.as_deref() == Some("aws"));
    let name = own.name.take().unwrap_or_else(|| told.map_or(name.clone(), |operation| format!("{name}.{operation}")));
    let mut events = cause.events;
    events.append(&mut own.events);
    let mut span = Span {
        trace_id,
        span_id,
        parent: parent.flatten(),
        name,
        kind,
        start,
        end,
        outcome: if said.failed() { Outcome::Error(cause.text) } else { Outcome::Unset },
        attributes,
        events,
        links,
        origin: Arc::default(),
        trace_state: String::new(),
        flags: 0,
        dropped: own.dropped,
    };
    said.correct(&mut span);
    Ok(Part { span, origin, is_bare })
}

fn is_ours(aws: &Fields) -> bool {
    aws.get("xray").and_then(|sdk| sdk["sdk"].as_str()) == Some("spawn-telemetry")
}

/// What every call to AWS says, which X-Ray has other fields for.
fn call_to_aws(service: &str, operation: Option<&str>, read: &mut Read) {
    for key in ["rpc.system", "rpc.system.name"] {
        read.say(key, spawn_telemetry::attribute::AWS_API);
    }
    read.say("rpc.service", service);
    operation.into_iter().for_each(|operation| read.say("rpc.method", operation));
}

/// X-Ray's flags.
struct Said {
    error: bool,
    fault: bool,
    throttle: bool,
}

impl Said {
    fn take(fields: &mut Fields, read: &mut Read) -> Self {
        let [error, fault, throttle] = ["error", "fault", "throttle"].map(|flag| fields.flag(flag, read));
        Self { error, fault, throttle }
    }

    fn failed(&self) -> bool {
        self.error || self.fault || self.throttle
    }

    /// Keeps the flag in words where it is not what the span's other fields say.
    fn correct(&self, span: &mut Span) {
        let (said, word) = match self {
            Self { throttle: true, .. } => (Verdict::Throttle, "aws.xray.throttle"),
            Self { fault: true, .. } => (Verdict::Fault, "aws.xray.fault"),
            Self { error: true, .. } => (Verdict::Error, "aws.xray.error"),
            _ => return,
        };
        if verdict(span) != said {
            span.attributes.push(pair(word, true.into()));
        }
    }
}

/// What our exporter keeps in the metadata: that for which X-Ray has no field.
#[derive(Debug, Default)]
struct Own {
    is_there: bool,
    name: Option<String>,
    kind: Option<SpanKind>,
    events: Vec<Event>,
    dropped: [u32; 3],
}

impl Own {
    fn take(metadata: &mut Fields, read: &mut Read) -> Self {
        let is_there = metadata.has("spawn");
        let mut fields = metadata.object("spawn", "metadata.spawn.", read);
        let kind = fields.take("kind", read, |value| match value.as_str() {
            Some("server") => Ok(SpanKind::Server),
            Some("producer") => Ok(SpanKind::Producer),
            Some("consumer") => Ok(SpanKind::Consumer),
            _ => Err(value),
        });
        let mut dropped = fields.object("dropped", "metadata.spawn.dropped.", read);
        let dropped = ["attributes", "events", "links"].map(|what| {
            let count = dropped.take(what, read, |value| value.as_u64().ok_or(value));
            count.map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX))
        });
        let name = fields.text("name", read);
        let events = fields.list("events", read).into_iter().map(event).collect();
        fields.any("truncated").into_iter().for_each(|cut| read.say(TRUNCATED, cut));
        for (key, value) in fields.rest() {
            let plain = key.strip_prefix("attribute.").filter(|plain| {
                plain.starts_with("AWS.") || ["name", "kind", "events", "dropped", "truncated"].contains(plain)
            });
            read.say(plain.unwrap_or(&key), value);
        }
        Self { is_there, name, kind, events, dropped }
    }
}

fn event(mut value: Json) -> Event {
    Event {
        time: instant(&value["time"]).unwrap_or_default(),
        name: value["name"].as_str().unwrap_or_default().to_owned(),
        attributes: pairs(value["attributes"].take()),
        dropped: 0,
    }
}

fn links(fields: &mut Fields, read: &mut Read) -> Vec<Link> {
    let mut links = Vec::new();
    for mut value in fields.list("links", read) {
        let trace_id = value["trace_id"].as_str().and_then(|text| id::trace_id(text).ok());
        match (trace_id, value["id"].as_str().and_then(id::span_id)) {
            (Some(trace_id), Some(span_id)) => links.push(Link {
                trace_id,
                span_id,
                trace_state: String::new(),
                attributes: pairs(value["attributes"].take()),
                dropped: 0,
                flags: 0,
            }),
            _ => read.misread.push("links".to_owned()),
        }
    }
    links
}

fn pairs(value: Json) -> Vec<opentelemetry_proto::tonic::common::v1::KeyValue> {
    let map = if let Json::Object(map) = value { map } else { Map::new() };
    map.into_iter().map(|(key, value)| pair(&key, value)).collect()
}
