//! What ties the documents of a trace that was sent in several parts: links from one part to another. Whoever reads the trace
//! makes one of it again by them, so they are never cut, and no setting leaves them out.

use opentelemetry::trace::{SpanId, TraceId};

/// The attribute of such a link: what is on its other side.
pub const TRACE_LINK: &str = "spawn.trace.link";
/// The span that this one hangs below.
pub const PARENT: &str = "parent";
/// Where the trace, or the span, goes on.
pub const CONTINUED: &str = "continued";
/// What the part goes on from.
pub const CONTINUES: &str = "continues";

/// The links of one document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ties {
    /// The part that the parent is in, where it is another one: the document becomes a segment that links to it.
    pub(crate) parent: Option<TraceId>,
    /// Where the trace, or the span, goes on.
    pub(crate) continued: Option<(TraceId, SpanId)>,
    /// What the part goes on from.
    pub(crate) continues: Option<(TraceId, SpanId)>,
}
