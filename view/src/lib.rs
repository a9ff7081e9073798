//! Reads traces, and draws them: one model of a trace, whoever wrote it, and the forms in which people look at it.
//!
//! Nothing here calls AWS: whoever reads X-Ray hands the documents over.

mod array;
mod compare;
mod critical;
mod export;
mod files;
mod fold;
mod id;
mod map;
mod otlp;
pub mod page;
mod read;
mod search;
pub mod serve;
mod span;
pub mod text;
mod trace;
pub mod ui;
mod xray;

pub use array::{ArrayView, AttemptRow, HostRow, TaskRow, arrays, cause};
pub use compare::{Comparison, Difference, Side, compare, compare_spans};
pub use critical::{Stretch, critical_path};
pub use export::otlp_json;
pub use files::{Files, Wanted};
pub use fold::{Row, rows, uncounted};
pub use id::{IdError, seconds_of, span_id, trace_id, xray_form};
pub use map::{Edge, Node, NodeKind, ServiceMap, Stats, Verdict, service_map, verdict};
pub use otlp::{of_resource_spans, to_resource_spans};
pub use read::{Gathered, PathError, Reader, Sink, read_bytes, read_path};
pub use search::{Query, Summary, summary};
pub use span::{Event, Link, Origin, Outcome, Span, SpanKind, json_of, text_of};
pub use trace::parts::is_of_parts;
pub use trace::{Note, Trace};
pub use xray::{DocumentError, of_document};
