//! A span as it is looked at, with all that its writer said of it.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

/// A span. One that has no end is under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The trace that it belongs to.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The span that it hangs below, in this trace.
    pub parent: Option<SpanId>,
    /// What it is called.
    pub name: String,
    /// What it is to its peers.
    pub kind: SpanKind,
    /// When it began, nanoseconds since 1970.
    pub start: u64,
    /// When it ended, nanoseconds since 1970; none while it is under way.
    pub end: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was said of it, in the order in which it was said.
    pub attributes: Vec<KeyValue>,
    /// What happened in it.
    pub events: Vec<Event>,
    /// The spans, of this trace or of others, that it has to do with.
    pub links: Vec<Link>,
    /// Who made it.
    pub origin: Arc<Origin>,
    /// The vendors' part of its context.
    pub trace_state: String,
    /// OTLP's flags, of which the lowest byte is W3C's.
    pub flags: u32,
    /// Attributes, events and links that its writer left out.
    pub dropped: [u32; 3],
}

/// Who made a span: the program, and the library within it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The program and its host.
    pub resource: Resource,
    /// Where the resource's attributes are defined.
    pub resource_schema_url: String,
    /// The library.
    pub scope: InstrumentationScope,
    /// Where the span's attributes are defined.
    pub schema_url: String,
}

/// How a span ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody said, which is well.
    #[default]
    Unset,
    /// Its program said that it is well.
    Ok,
    /// It failed, for this reason; empty without one.
    Error(String),
}

/// What a span is to its peers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SpanKind {
    /// It has none.
    #[default]
    Internal,
    /// It answers.
    Server,
    /// It asks.
    Client,
    /// It sends a message.
    Producer,
    /// It takes a message.
    Consumer,
}

/// Something that happened in a span.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When, nanoseconds since 1970.
    pub time: u64,
    /// What it is called.
    pub name: String,
    /// What was said of it.
    pub attributes: Vec<KeyValue>,
    /// Attributes that its writer left out.
    pub dropped: u32,
}

/// Another span that a span has to do with.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its id.
    pub span_id: SpanId,
    /// The vendors' part of its context.
    pub trace_state: String,
    /// What was said of the link.
    pub attributes: Vec<KeyValue>,
    /// Attributes that its writer left out.
    pub dropped: u32,
    /// OTLP's flags.
    pub flags: u32,
}

impl Span {
    /// What is said under this key of the span.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AnyValue> {
        value(&self.attributes, key)
    }

    /// The same as text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Cow<'_, str>> {
        self.attribute(key).map(text_of)
    }

    /// The service that made it; empty if it was not said.
    #[must_use]
    pub fn service(&self) -> &str {
        match value(&self.origin.resource.attributes, "service.name").and_then(|name| name.value.as_ref()) {
            Some(Any::StringValue(name)) => name,
            _ => "",
        }
    }

    /// Nanoseconds from its beginning to its end; none while it is under way. An end before the beginning is no time.
    #[must_use]
    pub fn duration(&self) -> Option<u64> {
        self.end.map(|end| end.saturating_sub(self.start))
    }

    /// Whether it failed.
    #[must_use]
    pub const fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Error(_))
    }
}

impl Origin {
    /// What is said under this key of the program, as text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Cow<'_, str>> {
        value(&self.resource.attributes, key).map(text_of)
    }
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a AnyValue> {
    attributes.iter().find(|pair| pair.key == key)?.value.as_ref()
}

/// A value as people read it: a text without quotes, a list or a map as JSON.
#[must_use]
pub fn text_of(value: &AnyValue) -> Cow<'_, str> {
    match &value.value {
        Some(Any::StringValue(text)) => Cow::Borrowed(text),
        other => Cow::Owned(other.as_ref().map(json_of).unwrap_or_default().to_string()),
    }
}

/// A value as JSON; bytes are base64.
#[must_use]
pub fn json_of(value: &Any) -> serde_json::Value {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let inner = |value: &AnyValue| value.value.as_ref().map(json_of).unwrap_or_default();
    match value {
        Any::StringValue(text) => text.as_str().into(),
        Any::BoolValue(truth) => (*truth).into(),
        Any::IntValue(number) => (*number).into(),
        Any::DoubleValue(number) if number.is_finite() => (*number).into(),
        Any::DoubleValue(number) => number.to_string().into(),
        Any::ArrayValue(list) => list.values.iter().map(inner).collect(),
        Any::KvlistValue(map) => {
            let pairs =
                map.values.iter().map(|pair| (pair.key.clone(), pair.value.as_ref().map(inner).unwrap_or_default()));
            serde_json::Value::Object(pairs.collect())
        }
        Any::BytesValue(bytes) => STANDARD.encode(bytes).into(),
        // An index into a table that only profiles have.
        _ => serde_json::Value::Null,
    }
}
