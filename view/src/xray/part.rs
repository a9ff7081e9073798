//! A segment or a subsegment alone, without what is nested in it.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use serde_json::Value as Json;

use super::cause::{self, Cause};
use super::document::{DocumentError, shown};
use super::fields::{Fields, MISREAD, Read, pair};
use super::own::{Own, pairs};
use super::{blocks, resource};
use crate::id;
use crate::map::{Verdict, verdict};
use crate::span::{Link, Origin, Outcome, Span, SpanKind};

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
    let head = Head::take(&mut fields, &mut read);
    let mut metadata = fields.object("metadata", "metadata.", &mut read);
    let mut aws = fields.object("aws", "aws.", &mut read);
    let is_bare = is_segment && !metadata.has("spawn") && is_ours(&aws);
    let origin = is_segment.then(|| resource::of_segment(&head.name, &mut fields, &mut aws, &mut metadata, &mut read));
    let own = Own::take(&mut metadata, &mut read);
    for (namespace, value) in metadata.rest() {
        read.say(&format!("aws.xray.metadata.{namespace}"), value.to_string());
    }
    let operation = aws.text("operation", &mut read);
    if head.is_aws() {
        call_to_aws(&head.name, operation.as_deref(), &mut read);
    }
    let serves = is_segment && !own.is_there && (fields.has("http") || head.parent.is_some());
    blocks::aws(&mut aws, &head.name, operation.as_deref(), &mut read);
    blocks::others(&mut fields, &mut read);
    let error_type = read.text("error.type").map(str::to_owned);
    let cause = cause::read(&mut fields, error_type.as_deref(), head.end.unwrap_or(head.start), &mut read);
    let links = links(&mut fields, &mut read);
    let kind = own.kind.unwrap_or_else(|| head.kind(serves, &mut read));
    head.said.tell(&cause, head.is_aws(), &mut read);
    fields.keep_rest(&mut read);
    let Read { mut attributes, misread, .. } = read;
    if !misread.is_empty() {
        attributes.push(pair(MISREAD, misread.into()));
    }
    let mut span = Span {
        trace_id,
        span_id,
        parent: head.parent,
        name: own.name.unwrap_or_else(|| head.told(operation.as_deref())),
        kind,
        start: head.start,
        end: head.end,
        outcome: if head.said.failed() { Outcome::Error(cause.text) } else { Outcome::Unset },
        attributes,
        events: cause.events.into_iter().chain(own.events).collect(),
        links,
        origin: Arc::default(),
        trace_state: String::new(),
        flags: 0,
        dropped: own.dropped,
    };
    head.said.correct(&mut span);
    Ok(Part { span, origin, is_bare })
}

/// What stands at the beginning of every document.
struct Head {
    parent: Option<SpanId>,
    name: String,
    start: u64,
    end: Option<u64>,
    said: Said,
    namespace: Option<String>,
}

impl Head {
    fn take(fields: &mut Fields, read: &mut Read) -> Self {
        let parent = fields.take("parent_id", read, |value| match &value {
            Json::String(text) if text.is_empty() => Ok(None),
            Json::String(text) => id::span_id(text).map(Some).ok_or(value),
            _ => Err(value),
        });
        ["type", "trace_id"].iter().for_each(|known| drop(fields.any(known)));
        // Without an end it is under way, whether it says so or not.
        fields.flag("in_progress", read);
        Self {
            parent: parent.flatten(),
            name: fields.text("name", read).unwrap_or_default(),
            start: fields.instant("start_time", read).unwrap_or_default(),
            end: fields.instant("end_time", read),
            said: Said::take(fields, read),
            namespace: fields.text("namespace", read),
        }
    }

    fn is_aws(&self) -> bool {
        self.namespace.as_deref() == Some("aws")
    }

    /// The kind that the namespace tells, or that of a program that serves a request.
    fn kind(&self, serves: bool, read: &mut Read) -> SpanKind {
        match self.namespace.as_deref() {
            Some("aws" | "remote") => return SpanKind::Client,
            Some(other) => read.say("aws.xray.namespace", other),
            None => {}
        }
        if serves { SpanKind::Server } else { SpanKind::Internal }
    }

    /// The name as our interceptor would have given it: of a call to AWS, with the operation.
    fn told(&self, operation: Option<&str>) -> String {
        let operation =
            operation.filter(|_| self.is_aws()).map_or_else(String::new, |operation| format!(".{operation}"));
        format!("{}{operation}", self.name)
    }
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

    /// Says in attributes that it failed, as our interceptor does.
    fn tell(&self, cause: &Cause, is_aws: bool, read: &mut Read) {
        if !self.failed() {
            return;
        }
        read.say("error", true);
        cause.kind.iter().for_each(|kind| read.say("error.type", kind.as_str()));
        if self.throttle && is_aws {
            read.say("aws.throttled", true);
        }
        if is_aws && !cause.text.is_empty() {
            read.say("error.message", cause.text.as_str());
        }
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
