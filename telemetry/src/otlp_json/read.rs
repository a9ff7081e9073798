//! OTLP JSON as spans. What a later version has added is passed over, as OTLP asks for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::write::{HAS_IS_REMOTE, IS_REMOTE};

/// Why something is no span.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpanError {
    /// The text is no JSON, or not OTLP's.
    #[error("it is not OTLP's JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is JSON of something else.
    #[error("it is JSON without `resourceSpans`")]
    Foreign,
    /// An id that is not of 16 or 8 bytes in hexadecimal, or zero.
    #[error("`{field}` is {read:?} and not an id in hexadecimal")]
    Id { field: &'static str, read: String },
}

/// A span with its resource, or why it is none.
pub(crate) type SpanRead = Result<(SpanData, Resource), SpanError>;

/// The spans of one `TracesData`, each with its resource; one that is none costs itself alone.
pub(crate) fn spans(json: &[u8]) -> Result<Vec<SpanRead>, SpanError> {
    let data: Data = serde_json::from_slice(json)?;
    let mut spans = Vec::new();
    for of_resource in data.resource_spans.ok_or(SpanError::Foreign)? {
        let attributes = of_resource.resource.attributes.into_iter().map(KeyValue::from);
        let resource = Resource::builder_empty().with_attributes(attributes).build();
        for of_scope in of_resource.scope_spans {
            let scope = of_scope.scope.with_schema(of_scope.schema_url);
            spans.extend(of_scope.spans.into_iter().map(|span| Ok((span.read(&scope)?, resource.clone()))));
        }
    }
    Ok(spans)
}

/// `null` is as good as nothing in protobuf's JSON form.
fn lenient<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(json: D) -> Result<T, D::Error> {
    Option::deserialize(json).map(Option::unwrap_or_default)
}

/// A number of 64 bits, as a text or, against OTLP's advice, as a number.
#[derive(Debug)]
struct Integer<T>(T);

impl<'de, T: std::str::FromStr + Deserialize<'de>> Deserialize<'de> for Integer<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form<T> {
            Number(T),
            Text(String),
        }
        match Form::deserialize(json)? {
            Form::Number(number) => Ok(Self(number)),
            Form::Text(text) => text
                .parse()
                .map(Self)
                .map_err(|_| serde::de::Error::custom(format_args!("expected an integer of 64 bits, got {text:?}"))),
        }
    }
}

impl<T: Default> Default for Integer<T> {
    fn default() -> Self {
        Self(T::default())
    }
}

/// A number, or the text of one that JSON has not.
#[derive(Debug, Default)]
struct Double(f64);

impl<'de> Deserialize<'de> for Double {
    /// From the digits themselves: the parser's own way to a number loses the last bit of some.
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let digits = Box::<RawValue>::deserialize(json)?;
        let text = digits.get().trim_matches('"');
        text.parse().map(Self).map_err(|_| serde::de::Error::custom(format_args!("expected a number, got {text}")))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    resource_spans: Option<Vec<OfResource>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OfResource {
    #[serde(deserialize_with = "lenient")]
    resource: Attributed,
    #[serde(deserialize_with = "lenient")]
    scope_spans: Vec<OfScope>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attributed {
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Pair>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OfScope {
    #[serde(deserialize_with = "lenient")]
    scope: Scope,
    #[serde(deserialize_with = "lenient")]
    spans: Vec<Span>,
    #[serde(deserialize_with = "lenient")]
    schema_url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scope {
    #[serde(deserialize_with = "lenient")]
    name: String,
    #[serde(deserialize_with = "lenient")]
    version: String,
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Pair>,
}

impl Scope {
    fn with_schema(self, url: String) -> InstrumentationScope {
        let Self { name, version, attributes } = self;
        let mut scope = InstrumentationScope::builder(name).with_attributes(attributes.into_iter().map(KeyValue::from));
        if !version.is_empty() {
            scope = scope.with_version(version);
        }
        if !url.is_empty() {
            scope = scope.with_schema_url(url);
        }
        scope.build()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Span {
    #[serde(deserialize_with = "lenient")]
    trace_id: String,
    #[serde(deserialize_with = "lenient")]
    span_id: String,
    #[serde(deserialize_with = "lenient")]
    trace_state: String,
    #[serde(deserialize_with = "lenient")]
    parent_span_id: String,
    #[serde(deserialize_with = "lenient")]
    flags: u32,
    #[serde(deserialize_with = "lenient")]
    name: String,
    #[serde(deserialize_with = "lenient")]
    kind: i32,
    #[serde(deserialize_with = "lenient")]
    start_time_unix_nano: Integer<u64>,
    #[serde(deserialize_with = "lenient")]
    end_time_unix_nano: Integer<u64>,
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Pair>,
    #[serde(deserialize_with = "lenient")]
    dropped_attributes_count: u32,
    #[serde(deserialize_with = "lenient")]
    events: Vec<SpanEvent>,
    #[serde(deserialize_with = "lenient")]
    dropped_events_count: u32,
    #[serde(deserialize_with = "lenient")]
    links: Vec<SpanLink>,
    #[serde(deserialize_with = "lenient")]
    dropped_links_count: u32,
    #[serde(deserialize_with = "lenient")]
    status: SpanStatus,
}

impl Span {
    fn read(self, scope: &InstrumentationScope) -> Result<SpanData, SpanError> {
        let parent = match self.parent_span_id.as_str() {
            "" | "0000000000000000" => SpanId::INVALID,
            id => span_id("parentSpanId", id)?,
        };
        let mut events = SpanEvents::default();
        events.events = self.events.into_iter().map(Event::from).collect();
        events.dropped_count = self.dropped_events_count;
        let mut links = SpanLinks::default();
        links.links = self.links.into_iter().map(SpanLink::read).collect::<Result<_, _>>()?;
        links.dropped_count = self.dropped_links_count;
        Ok(SpanData {
            span_context: context(&self.trace_id, &self.span_id, self.flags, false, &self.trace_state)?,
            parent_span_id: parent,
            parent_span_is_remote: is_remote(self.flags),
            span_kind: kind(self.kind),
            name: self.name.into(),
            start_time: time(self.start_time_unix_nano.0),
            end_time: time(self.end_time_unix_nano.0),
            attributes: self.attributes.into_iter().map(KeyValue::from).collect(),
            dropped_attributes_count: self.dropped_attributes_count,
            events,
            links,
            status: self.status.into(),
            instrumentation_scope: scope.clone(),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SpanEvent {
    #[serde(deserialize_with = "lenient")]
    time_unix_nano: Integer<u64>,
    #[serde(deserialize_with = "lenient")]
    name: String,
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Pair>,
    #[serde(deserialize_with = "lenient")]
    dropped_attributes_count: u32,
}

impl From<SpanEvent> for Event {
    fn from(event: SpanEvent) -> Self {
        let attributes = event.attributes.into_iter().map(KeyValue::from).collect();
        Self::new(event.name, time(event.time_unix_nano.0), attributes, event.dropped_attributes_count)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SpanLink {
    #[serde(deserialize_with = "lenient")]
    trace_id: String,
    #[serde(deserialize_with = "lenient")]
    span_id: String,
    #[serde(deserialize_with = "lenient")]
    trace_state: String,
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Pair>,
    #[serde(deserialize_with = "lenient")]
    dropped_attributes_count: u32,
    #[serde(deserialize_with = "lenient")]
    flags: u32,
}

impl SpanLink {
    fn read(self) -> Result<Link, SpanError> {
        let context = context(&self.trace_id, &self.span_id, self.flags, is_remote(self.flags), &self.trace_state)?;
        let attributes = self.attributes.into_iter().map(KeyValue::from).collect();
        Ok(Link::new(context, attributes, self.dropped_attributes_count))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpanStatus {
    #[serde(deserialize_with = "lenient")]
    code: i32,
    #[serde(deserialize_with = "lenient")]
    message: String,
}

impl From<SpanStatus> for Status {
    fn from(status: SpanStatus) -> Self {
        match status.code {
            1 => Self::Ok,
            2 => Self::error(status.message),
            _ => Self::Unset,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pair {
    #[serde(deserialize_with = "lenient")]
    key: String,
    #[serde(deserialize_with = "lenient")]
    value: AnyValue,
}

impl From<Pair> for KeyValue {
    fn from(pair: Pair) -> Self {
        Self::new(pair.key, Value::from(pair.value))
    }
}

/// One of these; none is an empty value.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AnyValue {
    string_value: Option<String>,
    bool_value: Option<bool>,
    int_value: Option<Integer<i64>>,
    double_value: Option<Double>,
    array_value: Option<Values>,
    /// Spans have no maps and bytes here: they are kept as the JSON text, or as base64.
    kvlist_value: Option<serde_json::Value>,
    bytes_value: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Values {
    #[serde(deserialize_with = "lenient")]
    values: Vec<AnyValue>,
}

impl From<AnyValue> for Value {
    fn from(value: AnyValue) -> Self {
        match value {
            AnyValue { string_value: Some(text), .. } => text.into(),
            AnyValue { bool_value: Some(truth), .. } => truth.into(),
            AnyValue { int_value: Some(Integer(number)), .. } => number.into(),
            AnyValue { double_value: Some(Double(number)), .. } => number.into(),
            AnyValue { array_value: Some(Values { values }), .. } => {
                Self::Array(array(values.into_iter().map(Self::from).collect()))
            }
            AnyValue { kvlist_value: Some(map), .. } => map.to_string().into(),
            AnyValue { bytes_value: Some(base64), .. } => base64.into(),
            AnyValue { .. } => "".into(),
        }
    }
}

/// Of one kind if the values are; texts otherwise.
fn array(values: Vec<Value>) -> Array {
    fn all<T>(values: &[Value], read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        values.iter().map(read).collect()
    }
    let texts = || values.iter().map(|value| StringValue::from(value.as_str().into_owned())).collect();
    if values.is_empty() {
        return Array::String(Vec::new());
    }
    None.or_else(|| all(&values, |value| if let Value::Bool(it) = value { Some(*it) } else { None }).map(Array::Bool))
        .or_else(|| all(&values, |value| if let Value::I64(it) = value { Some(*it) } else { None }).map(Array::I64))
        .or_else(|| all(&values, |value| if let Value::F64(it) = value { Some(*it) } else { None }).map(Array::F64))
        .unwrap_or_else(|| Array::String(texts()))
}

fn context(trace: &str, span: &str, flags: u32, is_remote: bool, state: &str) -> Result<SpanContext, SpanError> {
    let trace_id = (trace.len() == 32).then(|| TraceId::from_hex(trace).ok()).flatten();
    let trace_id = trace_id.filter(|id| *id != TraceId::INVALID);
    let trace_id = trace_id.ok_or_else(|| SpanError::Id { field: "traceId", read: shortened(trace) })?;
    let state = if state.is_empty() { TraceState::NONE } else { state.parse().unwrap_or_default() };
    let flags = TraceFlags::new(flags.to_le_bytes()[0]);
    Ok(SpanContext::new(trace_id, span_id("spanId", span)?, flags, is_remote, state))
}

fn span_id(field: &'static str, text: &str) -> Result<SpanId, SpanError> {
    let id = (text.len() == 16).then(|| SpanId::from_hex(text).ok()).flatten();
    let id = id.filter(|id| *id != SpanId::INVALID);
    id.ok_or_else(|| SpanError::Id { field, read: shortened(text) })
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

const fn is_remote(flags: u32) -> bool {
    flags & HAS_IS_REMOTE != 0 && flags & IS_REMOTE != 0
}

/// A kind that nobody has heard of is as good as none, which is INTERNAL.
const fn kind(number: i32) -> SpanKind {
    match number {
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn time(nanoseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanoseconds)
}
