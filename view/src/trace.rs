//! A trace: its spans as a tree, whatever they say of each other, and notes on what they say that cannot be.

use std::collections::HashMap;

use opentelemetry::trace::{SpanId, TraceId};

use crate::span::Span;

/// The spans of one trace. A span is named by its place among them.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    id: TraceId,
    spans: Vec<Span>,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
    notes: Vec<Note>,
}

/// Something about a trace that its spans do not say themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The span that it is about; none if it is about the trace.
    pub span: Option<usize>,
    /// What there is to say, a sentence for people.
    pub text: String,
}

impl Trace {
    /// The traces that these spans belong to, in the order in which they began.
    pub fn gather(spans: impl IntoIterator<Item = Span>) -> Vec<Self> {
        let mut of: HashMap<TraceId, Vec<Span>> = HashMap::new();
        spans.into_iter().for_each(|span| of.entry(span.trace_id).or_default().push(span));
        let mut traces: Vec<Self> = of.into_iter().map(|(id, spans)| Self::of(id, spans)).collect();
        traces.sort_by_key(|trace| (trace.start(), trace.id.to_bytes()));
        traces
    }

    /// The trace of these spans, which are all of this id.
    fn of(id: TraceId, mut spans: Vec<Span>) -> Self {
        let mut notes = Vec::new();
        // Of one id, the one that has ended says more than the one that announced it.
        spans.sort_by_key(|span| (span.span_id.to_bytes(), span.end.is_none()));
        spans.dedup_by_key(|span| span.span_id);
        spans.sort_by_key(|span| (span.start, span.span_id.to_bytes()));
        let places: HashMap<SpanId, usize> = spans.iter().enumerate().map(|(at, span)| (span.span_id, at)).collect();
        let mut parents: Vec<Option<usize>> = Vec::with_capacity(spans.len());
        for (at, span) in spans.iter().enumerate() {
            let parent = span.parent.and_then(|id| places.get(&id).copied());
            if span.parent.is_some() && parent.is_none() {
                notes.push(Note { span: Some(at), text: "its parent is not here".to_owned() });
            }
            parents.push(parent);
        }
        break_cycles(&mut parents, &mut notes);
        let mut children = vec![Vec::new(); spans.len()];
        let mut roots = Vec::new();
        for (at, parent) in parents.iter().enumerate() {
            match parent {
                Some(parent) => children[*parent].push(at),
                None => roots.push(at),
            }
        }
        Self { id, spans, parents, children, roots, notes }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> TraceId {
        self.id
    }

    /// Its spans, in the order in which they began. There is at least one.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The spans that hang below none, in the order in which they began.
    #[must_use]
    pub fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// The spans below this one, in the order in which they began.
    #[must_use]
    pub fn children(&self, span: usize) -> &[usize] {
        self.children.get(span).map_or(&[], Vec::as_slice)
    }

    /// The span above this one.
    #[must_use]
    pub fn parent(&self, span: usize) -> Option<usize> {
        self.parents.get(span).copied().flatten()
    }

    /// All its spans from the top down: each behind the one above it, siblings in the order in which they began.
    #[must_use]
    pub fn top_down(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.spans.len());
        let mut open: Vec<usize> = self.roots.iter().rev().copied().collect();
        while let Some(span) = open.pop() {
            order.push(span);
            open.extend(self.children(span).iter().rev());
        }
        order
    }

    /// When its first span began, nanoseconds since 1970.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.spans.iter().map(|span| span.start).min().unwrap_or_default()
    }

    /// The last instant that its spans know of, nanoseconds since 1970.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.spans.iter().map(|span| span.end.unwrap_or(span.start).max(span.start)).max().unwrap_or_default()
    }

    /// What there is to say about it beside its spans.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// Makes a root of one span of each ring.
fn break_cycles(parents: &mut [Option<usize>], notes: &mut Vec<Note>) {
    // 0: not seen, else the number of the walk that saw it first.
    let mut seen = vec![0; parents.len()];
    for first in 0..parents.len() {
        let mut at = first;
        while seen[at] == 0 {
            seen[at] = first + 1;
            match parents[at] {
                Some(parent) if seen[parent] == first + 1 => {
                    parents[at] = None;
                    notes.push(Note { span: Some(at), text: "its parents lead back to it".to_owned() });
                }
                Some(parent) => at = parent,
                None => {}
            }
        }
    }
}
