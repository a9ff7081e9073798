//! What writes the spans of a made-up trace.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use spawn_view::{Origin, Outcome, Span, SpanKind};

/// 2026-03-02T09:30:00Z.
pub(crate) const START: u64 = 1_772_443_800_000_000_000;
pub(crate) const MS: u64 = 1_000_000;

/// What makes spans of one trace; ids count up.
pub(crate) struct Pen {
    trace: TraceId,
    next: u64,
    spans: Vec<Span>,
}

impl Pen {
    pub(crate) fn new(trace: u128) -> Self {
        Self { trace: TraceId::from((START as u128 / 1_000_000_000) << 96 | trace), next: 0, spans: Vec::new() }
    }

    /// Adds a span that begins `from` milliseconds after the start and takes `took`, and says its place.
    pub(crate) fn span(
        &mut self,
        of: &Arc<Origin>,
        parent: Option<usize>,
        name: &str,
        kind: SpanKind,
        from: u64,
        took: u64,
    ) -> usize {
        self.next += 1;
        let id = SpanId::from(0xa000_0000_0000_0000 | u64::from(self.trace.to_bytes()[15]) << 32 | self.next);
        self.spans.push(Span {
            trace_id: self.trace,
            span_id: id,
            parent: parent.map(|parent| self.spans[parent].span_id),
            name: name.to_owned(),
            kind,
            start: START + from * MS,
            end: Some(START + (from + took) * MS),
            outcome: Outcome::Unset,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            origin: Arc::clone(of),
            trace_state: String::new(),
            flags: 1,
            dropped: [0; 3],
        });
        self.spans.len() - 1
    }

    pub(crate) fn says(&mut self, span: usize, key: &str, value: impl Into<Value>) -> &mut Self {
        self.spans[span].attributes.push(pair(key, value));
        self
    }

    pub(crate) fn fails(&mut self, span: usize, text: &str) -> &mut Self {
        self.spans[span].outcome = Outcome::Error(text.to_owned());
        self
    }

    /// A call of AWS.
    pub(crate) fn aws(
        &mut self,
        of: &Arc<Origin>,
        parent: usize,
        service: &str,
        operation: &str,
        from: u64,
        took: u64,
    ) -> usize {
        let call = self.span(of, Some(parent), &format!("{service}.{operation}"), SpanKind::Client, from, took);
        self.says(call, "rpc.system", "aws-api").says(call, "rpc.service", service).says(call, "rpc.method", operation);
        self.says(call, "aws.region", "eu-central-1").says(call, "http.response.status_code", 200_i64);
        self.says(call, "aws.request_id", format!("7GQ{:010}EXAMPLE", self.next));
        call
    }

    pub(crate) fn of(&mut self, span: usize) -> &mut Span {
        &mut self.spans[span]
    }

    pub(crate) fn done(self) -> Vec<Span> {
        self.spans
    }
}

/// A value of an attribute.
pub(crate) struct Value(Any);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Any::StringValue(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Any::StringValue(text))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self(Any::IntValue(number))
    }
}

pub(crate) fn pair(key: &str, value: impl Into<Value>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value.into().0) }), ..KeyValue::default() }
}

pub(crate) fn origin(service: &str, host: &str) -> Arc<Origin> {
    let resource = Resource {
        attributes: vec![
            pair("service.name", service),
            pair("host.name", host),
            pair("telemetry.sdk.language", "rust"),
        ],
        ..Resource::default()
    };
    let scope =
        InstrumentationScope { name: format!("{service}-tracing"), version: "1.4.0".to_owned(), ..Default::default() };
    Arc::new(Origin { resource, scope, ..Origin::default() })
}
