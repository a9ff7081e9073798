//! Lines for machines: one JSON object each.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::current_ids;
use super::line::{FieldValue, Line};

/// The format.
#[derive(Debug)]
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Line::default();
        event.record(&mut line);
        let mut object = Map::new();
        let mut set = |name: &str, value: String| object.insert(name.to_owned(), Value::String(value));
        set("timestamp", format!("{:.3}", Timestamp::now()));
        set("level", event.metadata().level().as_str().to_owned());
        set("target", event.metadata().target().to_owned());
        set("message", line.message);
        if let Some((trace_id, span_id)) = current_ids() {
            set("trace_id", trace_id);
            set("span_id", span_id);
        }
        if !line.fields.is_empty() {
            let fields = line.fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            object.insert("fields".to_owned(), Value::Object(fields));
        }
        writeln!(writer, "{}", Value::Object(object))
    }
}

impl From<FieldValue> for Value {
    fn from(value: FieldValue) -> Self {
        match value {
            FieldValue::Bool(value) => value.into(),
            FieldValue::Signed(value) => value.into(),
            FieldValue::Unsigned(value) => value.into(),
            FieldValue::Float(value) => value.into(),
            FieldValue::Text(text) => text.into(),
        }
    }
}
