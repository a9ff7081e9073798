//! What is remembered of each trace of a large file, so that a search finds the newest without holding any spans.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use opentelemetry::trace::TraceId;

use super::kept::Taken;
use crate::read::Sink;
use crate::search::{Answers, Query, id_has};
use crate::span::Span;

/// Traces that are remembered; of more, the older half is forgotten.
const MOST: usize = 2_000_000;

/// The traces of what was read.
#[derive(Debug, Default)]
pub(super) struct Sketches {
    query: Query,
    of: HashMap<TraceId, Sketch>,
    forgotten: usize,
    hits: HashSet<TraceId>,
    left_out: (usize, usize),
}

#[derive(Clone, Copy, Debug)]
struct Sketch {
    start: u64,
    end: u64,
    spans: usize,
    is_open: bool,
    answers: Answers,
}

impl Sketches {
    pub(super) fn new(query: Query) -> Self {
        Self { query, ..Self::default() }
    }

    /// The newest that the search finds, as many as there is room for; and the others.
    pub(super) fn newest(&mut self, limit: usize, room: usize) -> Taken {
        let all = std::mem::take(&mut self.of);
        let mut found: Vec<(TraceId, Sketch)> =
            all.iter().filter(|(id, sketch)| self.finds(**id, sketch)).map(|(id, sketch)| (*id, *sketch)).collect();
        found.sort_by_key(|(id, sketch)| (Reverse(sketch.start), id.to_bytes()));
        // One more than asked for says that there are more.
        found.truncate(limit.saturating_add(1));
        let mut spans = 0;
        for (number, (id, sketch)) in found.into_iter().enumerate() {
            spans += sketch.spans;
            if number == 0 || spans <= room {
                self.hits.insert(id);
            } else {
                self.left_out = (self.left_out.0 + 1, self.left_out.1 + sketch.spans);
            }
        }
        let others = all.into_keys().filter(|id| !self.hits.contains(id)).collect();
        Taken { hits: self.hits.clone(), others }
    }

    /// The traces that were found.
    pub(super) const fn hits(&self) -> &HashSet<TraceId> {
        &self.hits
    }

    /// What was found and is not held.
    pub(super) fn left_out(&self) -> Vec<String> {
        let (traces, spans) = self.left_out;
        let room = (traces > 0).then(|| {
            format!(
                "{traces} of the older traces that were found are left out, with {spans} spans: more than are held at once; \
                 ask for less with --limit, --since and --until, or for one by its id"
            )
        });
        let forgotten = (self.forgotten > 0).then(|| {
            format!(
                "{} older traces were passed over: more than {MOST} are in it; --until goes back to them",
                self.forgotten
            )
        });
        room.into_iter().chain(forgotten).collect()
    }

    fn finds(&self, id: TraceId, sketch: &Sketch) -> bool {
        let Query { slower_than, from, to, text, .. } = &self.query;
        let mut query = self.query.clone();
        if text.as_deref().is_some_and(|text| id_has(id, &text.to_lowercase())) {
            query.text = None;
        }
        let Sketch { start, end, is_open, answers, .. } = sketch;
        answers.are_all(&query)
            && slower_than.is_none_or(|least| end.saturating_sub(*start) > least)
            && from.is_none_or(|from| *end >= from || *is_open)
            && to.is_none_or(|to| *start < to)
    }

    fn forget_the_older_half(&mut self) {
        let mut starts: Vec<u64> = self.of.values().map(|sketch| sketch.start).collect();
        let middle = starts.len() / 2;
        let (_, median, _) = starts.select_nth_unstable(middle);
        let (median, before) = (*median, self.of.len());
        self.of.retain(|_, sketch| sketch.start >= median);
        self.forgotten += before - self.of.len();
    }
}

impl Sink for Sketches {
    fn take(&mut self, span: Span) {
        let events = || span.events.iter().map(|event| event.time).max().unwrap_or_default();
        let end = span.end.unwrap_or_else(events).max(span.start);
        let new = Sketch { start: u64::MAX, end: 0, spans: 0, is_open: false, answers: Answers::default() };
        let sketch = self.of.entry(span.trace_id).or_insert(new);
        sketch.start = sketch.start.min(span.start);
        sketch.end = sketch.end.max(end);
        sketch.spans += 1;
        sketch.is_open |= span.end.is_none();
        sketch.answers.add(&span, &self.query);
        if self.of.len() > MOST {
            self.forget_the_older_half();
        }
    }
}
