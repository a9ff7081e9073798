//! Lines for people: time, level, message, fields, and the trace at the end.

use std::fmt;

use jiff::Timestamp;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::current_ids;
use super::line::{FieldValue, Line};

/// The format.
#[derive(Debug)]
pub(super) struct Human;

impl<S, N> FormatEvent<S, N> for Human
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Line::default();
        event.record(&mut line);
        write!(writer, "{:.3} {:>5} {}", Timestamp::now(), event.metadata().level().as_str(), line.message)?;
        for (name, value) in &line.fields {
            write!(writer, " {name}={value}")?;
        }
        if let Some((trace_id, span_id)) = current_ids() {
            write!(writer, " trace_id={trace_id} span_id={span_id}")?;
        }
        writer.write_char('\n')
    }
}

impl fmt::Display for FieldValue {
    /// Text with spaces is put in quotes, so that it is seen where a value ends.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Signed(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(text) if text.is_empty() || text.contains(' ') => write!(f, "\"{text}\""),
            Self::Text(text) => f.write_str(text),
        }
    }
}
