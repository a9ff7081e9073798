//! Spans that are written down in a line.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use spawn_view::{Link, Origin, Outcome, Span, SpanKind, Trace};

/// The instant from which the spans count, nanoseconds since 1970.
pub(crate) const START: u64 = 1_795_236_000_000_000_000;
pub(crate) const MS: u64 = 1_000_000;
pub(crate) const TRACE: u128 = 0x6b01_20b8_0000_0000_0123_4567_89ab_cdef;

/// A span of the service `shop` from one millisecond to another; the parent is zero for none.
pub(crate) fn span(id: u64, parent: u64, name: &str, from: u64, to: u64) -> Span {
    Span {
        trace_id: TraceId::from(TRACE),
        span_id: SpanId::from(id),
        parent: (parent > 0).then(|| SpanId::from(parent)),
        name: name.to_owned(),
        kind: SpanKind::Internal,
        start: START + from * MS,
        end: Some(START + to * MS),
        outcome: Outcome::Unset,
        attributes: Vec::new(),
        events: Vec::new(),
        links: Vec::new(),
        origin: origin("shop"),
        trace_state: String::new(),
        flags: 0,
        dropped: [0; 3],
    }
}

/// What makes one span another.
pub(crate) trait With: Sized {
    fn of(self, service: &str) -> Self;
    fn kind(self, kind: SpanKind) -> Self;
    fn said(self, key: &str, value: impl Into<Value>) -> Self;
    fn failed(self, text: &str) -> Self;
    fn open(self) -> Self;
    fn in_trace(self, trace: u128) -> Self;
    fn linked(self, trace: u128, span: u64, attributes: Vec<KeyValue>) -> Self;
}

impl With for Span {
    fn of(self, service: &str) -> Self {
        Self { origin: origin(service), ..self }
    }

    fn kind(self, kind: SpanKind) -> Self {
        Self { kind, ..self }
    }

    fn said(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.attributes.push(pair(key, value));
        self
    }

    fn failed(self, text: &str) -> Self {
        Self { outcome: Outcome::Error(text.to_owned()), ..self }
    }

    fn open(self) -> Self {
        Self { end: None, ..self }
    }

    fn in_trace(self, trace: u128) -> Self {
        Self { trace_id: TraceId::from(trace), ..self }
    }

    fn linked(mut self, trace: u128, span: u64, attributes: Vec<KeyValue>) -> Self {
        let (trace_id, span_id) = (TraceId::from(trace), SpanId::from(span));
        self.links.push(Link { trace_id, span_id, trace_state: String::new(), attributes, dropped: 0, flags: 0 });
        self
    }
}

pub(crate) struct Value(Any);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Any::StringValue(text.to_owned()))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self(Any::IntValue(number))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self(Any::DoubleValue(number))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self(Any::BoolValue(truth))
    }
}

impl From<&[&str]> for Value {
    fn from(texts: &[&str]) -> Self {
        let values = texts.iter().map(|text| AnyValue { value: Some(Value::from(*text).0) });
        Self(Any::ArrayValue(ArrayValue { values: values.collect() }))
    }
}

pub(crate) fn pair(key: &str, value: impl Into<Value>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value.into().0) }), ..KeyValue::default() }
}

pub(crate) fn origin(service: &str) -> Arc<Origin> {
    resource(vec![pair("service.name", service)])
}

pub(crate) fn resource(attributes: Vec<KeyValue>) -> Arc<Origin> {
    let scope = InstrumentationScope::default();
    Arc::new(Origin { resource: Resource { attributes, ..Resource::default() }, scope, ..Origin::default() })
}

/// The one trace of these spans.
pub(crate) fn trace(spans: impl IntoIterator<Item = Span>) -> Trace {
    let mut traces = Trace::gather(spans);
    assert_eq!(traces.len(), 1);
    traces.remove(0)
}

/// The notes as texts.
pub(crate) fn notes(trace: &Trace) -> Vec<&str> {
    trace.notes().iter().map(|note| note.text.as_str()).collect()
}

/// The names of spans.
pub(crate) fn names<'a>(trace: &'a Trace, spans: &[usize]) -> Vec<&'a str> {
    spans.iter().map(|span| trace.spans()[*span].name.as_str()).collect()
}
