//! Reads traces, and draws them: one model of a trace, whoever wrote it, and the forms in which people look at it.
//!
//! Nothing here calls AWS: whoever reads X-Ray hands the documents over.

mod otlp;
pub mod serve;
mod span;
mod trace;

pub use otlp::{of_resource_spans, to_resource_spans};
pub use span::{Event, Link, Origin, Outcome, Span, SpanKind, text_of};
pub use trace::{Note, Trace};
