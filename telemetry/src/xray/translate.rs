//! One span into one document.

use std::collections::BTreeMap;

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, TraceId};
use opentelemetry_sdk::trace::SpanData;
use serde_json::{Map, Value as Json, json};

use super::document::{Cause, Document, Link, ServiceVersion};
use super::facts::Facts;
use super::fit::{self, OWN};
use super::service::Service;
use super::translator::Place;
use super::value::{self, cut};
use super::verdict::verdict;
use super::{annotation, aws, cause, http, name, time};

/// Namespace of the metadata that holds the resource.
const RESOURCE: &str = "otel.resource";

/// The document of a span, and the id by which X-Ray speaks of it.
pub(super) fn document(span: &SpanData, place: &Place, service: &Service) -> (SpanId, String) {
    let facts = Facts::read(&span.attributes);
    // What no span of this process is the parent of stands for the program itself.
    let is_top = span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote || place.apart;
    let is_call = matches!(span.span_kind, SpanKind::Client | SpanKind::Producer);
    let mut document = match (is_top, is_call) {
        (true, true) => segment_around(span, &facts, service),
        (true, false) => segment(span, &facts, service),
        (false, _) => subsegment(span, &facts),
    };
    put(&mut document, span, place);
    let id = u64::from_str_radix(&document.id, 16).unwrap_or_default();
    (SpanId::from(id), fit::text(document))
}

fn put(document: &mut Document, span: &SpanData, place: &Place) {
    document.trace_id = Some(trace_id(place.trace_id));
    if place.apart {
        let id = document.parent_id.take();
        let of = trace_id(span.span_context.trace_id());
        document.links.extend(id.map(|id| Link { trace_id: of, id, attributes: Map::new() }));
    }
    if place.under_way {
        document.end_time = None;
        document.in_progress = true;
    }
}

/// What segments and subsegments have in common.
fn part(span: &SpanData, facts: &Facts<'_>) -> Document {
    let (start_time, end_time) = time::seconds(span.start_time, span.end_time);
    let verdict = verdict(facts, &span.status);
    let exceptions = if verdict.failed() { cause::exceptions(span, facts) } else { Vec::new() };
    let mut annotations = annotation::of_host(facts);
    annotations.extend(annotation::of_call(facts));
    let mut metadata = BTreeMap::new();
    let own = own_metadata(span, facts, verdict.failed());
    if !own.is_empty() {
        metadata.insert(OWN, own);
    }
    Document {
        name: name::sanitised(&span.name).into_owned(),
        id: hex(span.span_context.span_id()),
        trace_id: Some(trace_id(span.span_context.trace_id())),
        parent_id: (span.parent_span_id != SpanId::INVALID).then(|| hex(span.parent_span_id)),
        kind: None,
        start_time,
        end_time: Some(end_time),
        in_progress: false,
        namespace: None,
        origin: None,
        user: None,
        service: None,
        error: verdict.error,
        fault: verdict.fault,
        throttle: verdict.throttle,
        cause: (!exceptions.is_empty()).then_some(Cause::Told { exceptions }),
        http: http::block(facts),
        aws: aws::block(facts),
        links: span.links.iter().filter(|link| link.span_context.is_valid()).map(link).collect(),
        annotations,
        metadata,
        subsegments: Vec::new(),
    }
}

fn segment(span: &SpanData, facts: &Facts<'_>, service: &Service) -> Document {
    let mut segment = part(span, facts);
    // The segment bears the service's name, so what was done goes where it can be read.
    segment.metadata.entry(OWN).or_default().insert("name".to_owned(), Json::from(span.name.as_ref()));
    dress(&mut segment, facts, service);
    segment
}

fn dress(segment: &mut Document, facts: &Facts<'_>, service: &Service) {
    segment.name.clone_from(&service.name);
    segment.origin = service.origin;
    segment.service = service.version.clone().map(|version| ServiceVersion { version });
    segment.user = facts.user.as_deref().map(|user| cut(user, 249));
    segment.aws.extend(service.aws.clone());
    segment.metadata.insert(RESOURCE, service.resource.clone());
}

fn subsegment(span: &SpanData, facts: &Facts<'_>) -> Document {
    let mut part = part(span, facts);
    part.kind = Some("subsegment");
    call(&mut part, span, facts);
    part
}

/// Names the other side, so that it becomes a node of the service map. A single attempt is part of a call that has done so.
fn call(part: &mut Document, span: &SpanData, facts: &Facts<'_>) {
    if !matches!(span.span_kind, SpanKind::Client | SpanKind::Producer) || facts.is_attempt {
        return;
    }
    part.namespace = Some(if facts.is_aws_call() { "aws" } else { "remote" });
    let other = if facts.is_aws_call() { facts.service() } else { facts.peer.as_deref() };
    if let Some(other) = other {
        part.name = name::sanitised(other).into_owned();
    }
}

/// The segment of the program with the call as its one subsegment. The call keeps the span's id, because what was passed on
/// with the call names it as its parent; the segment gets an id that follows from it, the same at every attempt to send it.
fn segment_around(span: &SpanData, facts: &Facts<'_>, service: &Service) -> Document {
    let mut inner = part(span, facts);
    call(&mut inner, span, facts);
    let told = match &inner.cause {
        Some(Cause::Told { exceptions }) => exceptions.first().map(|first| Cause::Elsewhere(first.id.clone())),
        _ => None,
    };
    let mut segment = Document {
        id: derived_id(&span.span_context, 0),
        trace_id: inner.trace_id.take(),
        parent_id: inner.parent_id.take(),
        annotations: annotation::of_host(facts),
        metadata: BTreeMap::new(),
        namespace: None,
        aws: Map::new(),
        http: None,
        links: Vec::new(),
        cause: told,
        subsegments: Vec::new(),
        ..inner.clone()
    };
    dress(&mut segment, facts, service);
    segment.subsegments.push(inner);
    segment
}

/// What X-Ray has no field for.
fn own_metadata(span: &SpanData, facts: &Facts<'_>, failed: bool) -> Map<String, Json> {
    let rest = facts.rest.iter().map(|pair| (pair.key.to_string(), value::json(&pair.value)));
    let mut metadata: Map<String, Json> = rest.collect();
    // The exceptions of a failure are its cause.
    let events = span.events.iter().filter(|event| !(failed && event.name == cause::EXCEPTION));
    let events: Vec<Json> = events
        .map(|event| {
            let attributes = event.attributes.iter().map(|pair| (pair.key.to_string(), value::json(&pair.value)));
            let attributes: Map<String, Json> = attributes.collect();
            json!({"name": event.name, "time": time::instant(event.timestamp), "attributes": attributes})
        })
        .collect();
    if !events.is_empty() {
        metadata.insert("events".to_owned(), Json::Array(events));
    }
    metadata
}

fn link(link: &opentelemetry::trace::Link) -> Link {
    let attributes = link.attributes.iter().map(|pair| (pair.key.to_string(), value::json(&pair.value)));
    Link {
        trace_id: trace_id(link.span_context.trace_id()),
        id: hex(link.span_context.span_id()),
        attributes: attributes.collect(),
    }
}

/// An id that follows from the span's: FNV-1a over a number, its trace id and its own.
pub(super) fn derived_id(context: &SpanContext, number: u64) -> String {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let (trace, span) = (context.trace_id().to_bytes(), context.span_id().to_bytes());
    let bytes = number.to_be_bytes().into_iter().chain(trace).chain(span);
    let id = bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{:016x}", id.max(1))
}

fn hex(id: SpanId) -> String {
    format!("{:016x}", u64::from_be_bytes(id.to_bytes()))
}

/// X-Ray's form of a trace id: version, the seconds that it begins with, the rest.
fn trace_id(id: TraceId) -> String {
    let id = format!("{:032x}", u128::from_be_bytes(id.to_bytes()));
    format!("1-{}-{}", &id[..8], &id[8..])
}
