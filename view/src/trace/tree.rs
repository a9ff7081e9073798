//! Who hangs below whom: a tree whatever the spans say.

use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry::trace::SpanId;

use super::notes::{Kind, Notes};
use crate::span::Span;
use crate::xray::is_told_above;

/// Parents and children by the places of the spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tree {
    parents: Vec<Option<usize>>,
    roots: Vec<usize>,
    /// The children of all, those of one span behind each other.
    children: Vec<usize>,
    /// Where those of each span begin, and where the last ones end.
    from: Vec<usize>,
}

impl Tree {
    /// The tree of spans that are in the order in which they began, and whose ids are all different.
    pub(super) fn of(spans: &[Span], notes: &mut Notes) -> Self {
        let places: HashMap<SpanId, usize> = spans.iter().enumerate().map(|(at, span)| (span.span_id, at)).collect();
        let mut parents: Vec<Option<usize>> = Vec::with_capacity(spans.len());
        for span in spans {
            let parent = span.parent.and_then(|id| places.get(&id).copied());
            if span.parent.is_some() && parent.is_none() {
                notes.count(Kind::NoParent, span);
            }
            parents.push(parent);
        }
        for first in rings(&parents) {
            parents[first] = None;
            notes.count(Kind::Ring, &spans[first]);
        }
        Self::with(parents)
    }

    fn with(parents: Vec<Option<usize>>) -> Self {
        let roots = (0..parents.len()).filter(|at| parents[*at].is_none()).collect();
        let mut from = vec![0; parents.len() + 1];
        parents.iter().flatten().for_each(|parent| from[*parent + 1] += 1);
        for at in 1..from.len() {
            from[at] += from[at - 1];
        }
        let mut next = from.clone();
        let mut children = vec![0; from.last().copied().unwrap_or_default()];
        for (at, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[next[*parent]] = at;
                next[*parent] += 1;
            }
        }
        Self { parents, roots, children, from }
    }

    pub(super) fn roots(&self) -> &[usize] {
        &self.roots
    }

    pub(super) fn children(&self, span: usize) -> &[usize] {
        match (self.from.get(span), self.from.get(span.saturating_add(1))) {
            (Some(from), Some(to)) => &self.children[*from..*to],
            _ => &[],
        }
    }

    pub(super) fn parent(&self, span: usize) -> Option<usize> {
        self.parents.get(span).copied().flatten()
    }

    pub(super) fn top_down(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.parents.len());
        let mut open: Vec<usize> = self.roots.iter().rev().copied().collect();
        while let Some(span) = open.pop() {
            order.push(span);
            open.extend(self.children(span).iter().rev());
        }
        order
    }

    /// Gives spans that are part of a program which another document tells the origin of the span above.
    pub(super) fn origins(&self, spans: &mut [Span]) {
        for at in self.top_down() {
            if let Some(parent) = self.parent(at).filter(|_| is_told_above(&spans[at].origin)) {
                spans[at].origin = Arc::clone(&spans[parent].origin);
            }
        }
    }
}

/// The first span of each ring of parents.
fn rings(parents: &[Option<usize>]) -> Vec<usize> {
    // 0: not seen, else the number of the walk that saw it.
    let mut seen = vec![0; parents.len()];
    let mut firsts = Vec::new();
    for start in 0..parents.len() {
        let mut at = start;
        while seen[at] == 0 {
            seen[at] = start + 1;
            match parents[at] {
                Some(parent) if seen[parent] == start + 1 => firsts.push(first_of(parents, parent)),
                Some(parent) => at = parent,
                None => {}
            }
        }
    }
    firsts
}

fn first_of(parents: &[Option<usize>], on_ring: usize) -> usize {
    let (mut first, mut at) = (on_ring, on_ring);
    while let Some(parent) = parents[at].filter(|parent| *parent != on_ring) {
        first = first.min(parent);
        at = parent;
    }
    first
}
