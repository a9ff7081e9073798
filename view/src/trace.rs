//! A trace: its spans as a tree, whatever they say of each other, and notes on what they say that cannot be.

mod clocks;
mod notes;
pub(crate) mod parts;
mod same;
mod tree;

use std::collections::{BTreeSet, HashMap};

use opentelemetry::trace::TraceId;

use crate::span::Span;
use parts::{Parts, PartsOf};
use tree::Tree;

/// The spans of one trace. A span is named by its place among them.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    id: TraceId,
    parts: BTreeSet<[u8; 16]>,
    spans: Vec<Span>,
    tree: Tree,
    start: u64,
    end: u64,
    notes: Vec<Note>,
}

/// Something about a trace that its spans do not say themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The span that it is about, or the first of those; none if it is about the trace.
    pub span: Option<usize>,
    /// What there is to say, a sentence for people. It may have names from outside in it.
    pub text: String,
}

impl Trace {
    /// The traces that these spans belong to, in the order in which they began.
    ///
    /// What the exporter sent to X-Ray in several parts, because X-Ray takes so much of a trace, is one trace again. Of
    /// spans with one id, one is kept: that which has ended, and of several the one that says most.
    pub fn gather(spans: impl IntoIterator<Item = Span>) -> Vec<Self> {
        let mut spans: Vec<Span> = spans.into_iter().collect();
        let mut parts = Parts::join(&mut spans);
        let mut of: HashMap<TraceId, Vec<Span>> = HashMap::new();
        spans.into_iter().for_each(|span| of.entry(span.trace_id).or_default().push(span));
        let mut traces: Vec<Self> = of.into_iter().map(|(id, spans)| Self::of(id, spans, &parts.of(id))).collect();
        traces.sort_by_key(|trace| (trace.start, trace.id.to_bytes()));
        traces
    }

    /// The trace of these spans, which are all of this id.
    fn of(id: TraceId, spans: Vec<Span>, parts: &PartsOf) -> Self {
        let (mut spans, mut notes) = same::settled(spans);
        spans.sort_by_key(|span| (span.start, span.span_id.to_bytes()));
        let tree = Tree::of(&spans, &mut notes);
        tree.origins(&mut spans);
        clocks::look(&spans, &tree, &mut notes);
        notes.extend(parts.note());
        let start = spans.iter().map(|span| span.start).min().unwrap_or_default();
        let end = spans.iter().map(last).max().unwrap_or_default();
        Self { id, parts: parts.ids.clone(), notes: notes.told(&spans), spans, tree, start, end }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> TraceId {
        self.id
    }

    /// Whether it is known by this id: its own, or that of one of the parts in which it was sent to X-Ray.
    #[must_use]
    pub fn is_called(&self, id: TraceId) -> bool {
        self.id == id || self.parts.contains(&id.to_bytes())
    }

    /// The ids by which it is known, its own first.
    pub fn ids(&self) -> impl Iterator<Item = TraceId> {
        std::iter::once(self.id).chain(self.parts.iter().copied().map(TraceId::from_bytes))
    }

    /// Its spans, in the order in which they began. There is at least one.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The spans that hang below none, in the order in which they began.
    #[must_use]
    pub fn roots(&self) -> &[usize] {
        self.tree.roots()
    }

    /// The spans below this one, in the order in which they began.
    #[must_use]
    pub fn children(&self, span: usize) -> &[usize] {
        self.tree.children(span)
    }

    /// The span above this one.
    #[must_use]
    pub fn parent(&self, span: usize) -> Option<usize> {
        self.tree.parent(span)
    }

    /// All its spans from the top down: each behind the one above it, siblings in the order in which they began.
    #[must_use]
    pub fn top_down(&self) -> Vec<usize> {
        self.tree.top_down()
    }

    /// When its first span began, nanoseconds since 1970.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// The last instant that its spans know of, nanoseconds since 1970.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// What there is to say about it beside its spans; never more than a screen of it.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// The last instant that a span knows of: its end, or the last thing that happened while it is under way.
fn last(span: &Span) -> u64 {
    let happened = || span.events.iter().map(|event| event.time).max().unwrap_or_default();
    span.end.unwrap_or_else(happened).max(span.start)
}
