//! A message of a queue as a carrier, whoever put it there: a program, a topic or an event bus.

use std::borrow::Cow;
use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::pair::{TRACEPARENT, TRACESTATE};
use super::{PropagationError, from_xray_header, pair};

/// The span that sent a message. `attribute` looks up the text of a message attribute, `trace_header` is the system
/// attribute `AWSTraceHeader`, and `body` is what the message says.
///
/// In this order: the W3C's message attributes, which are the sender's own; the envelope that Amazon SNS and Amazon
/// EventBridge make of their messages, unless AWS's header names another trace; AWS's header, which services on the way may
/// have written. What is malformed is left out with a warning, and the next in the order counts.
///
/// ```
/// use std::collections::HashMap;
/// # use spawn_telemetry::propagation::{from_message, traceparent};
/// let attributes: HashMap<&str, &str> = HashMap::new();
/// let header = "Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=1";
/// let context = from_message(|name| attributes.get(name).copied(), Some(header), "hello").expect("it has a sender");
/// let sender = traceparent(&context);
/// assert_eq!(sender.as_deref(), Some("00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01"));
/// ```
#[must_use]
pub fn from_message<'a>(
    attribute: impl Fn(&str) -> Option<&'a str>,
    trace_header: Option<&str>,
    body: &str,
) -> Option<Context> {
    if let Some(context) = pair::or_warn("a message", pair::read(attribute)) {
        return Some(context);
    }
    let header = trace_header.filter(|header| !header.is_empty()).map(from_xray_header).transpose();
    let header = pair::or_warn("a message's system attribute", header);
    let trace = |context: &Context| context.span().span_context().trace_id();
    let envelope = pair::or_warn("a message's body", from_envelope(body));
    match (envelope, header) {
        (Some(envelope), Some(header)) if trace(&envelope) != trace(&header) => Some(header),
        (Some(envelope), _) => Some(envelope),
        (None, header) => header,
    }
}

/// The span that sent an event of Amazon EventBridge, given as JSON: `traceparent` and `tracestate` of its `detail`, or
/// beside that, where CloudEvents has them. EventBridge itself passes AWS's header on, which is no part of the event.
#[must_use]
pub fn from_event(event: &str) -> Option<Context> {
    pair::or_warn("an event", Parts::read(event).map_or(Ok(None), |parts| parts.event()))
}

/// The parts of an event or an envelope in which a context may be.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Parts<'a> {
    #[serde(borrow, rename = "MessageAttributes")]
    attributes: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(borrow)]
    traceparent: Option<&'a RawValue>,
    #[serde(borrow)]
    tracestate: Option<&'a RawValue>,
}

/// An attribute as SNS writes it into the body.
#[derive(Deserialize)]
struct Attribute<'a> {
    #[serde(borrow, rename = "Value")]
    value: Cow<'a, str>,
}

fn from_envelope(body: &str) -> Result<Option<Context>, PropagationError> {
    let Some(parts) = Parts::read(body) else { return Ok(None) };
    match parts.notification()? {
        None => parts.event(),
        found => Ok(found),
    }
}

impl<'a> Parts<'a> {
    /// `None` for what is no object with a context in it; most bodies are not, and need not be read for that.
    fn read(json: &'a str) -> Option<Self> {
        let may = json.trim_start().starts_with('{') && json.contains(TRACEPARENT);
        may.then(|| serde_json::from_str(json).ok()).flatten()
    }

    /// What a message of SNS has in its body, where raw delivery is off.
    fn notification(&self) -> Result<Option<Context>, PropagationError> {
        let Some(attributes) = self.attributes else { return Ok(None) };
        let attributes: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(attributes.get()).unwrap_or_default();
        let value = |name| serde_json::from_str(attributes.get(name)?.get()).ok().map(|Attribute { value }| value);
        let (traceparent, tracestate) = (value(TRACEPARENT), value(TRACESTATE));
        pair::read(|name| if name == TRACEPARENT { traceparent.as_deref() } else { tracestate.as_deref() })
    }

    fn event(&self) -> Result<Option<Context>, PropagationError> {
        let detail: Option<Self> = self.detail.and_then(|detail| Self::read(detail.get()));
        match detail.map_or(Ok(None), |detail| detail.own())? {
            None => self.own(),
            found => Ok(found),
        }
    }

    fn own(&self) -> Result<Option<Context>, PropagationError> {
        let text = |raw: Option<&'a RawValue>| raw.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        let (traceparent, tracestate) = (text(self.traceparent), text(self.tracestate));
        pair::read(|name| if name == TRACEPARENT { traceparent.as_deref() } else { tracestate.as_deref() })
    }
}
