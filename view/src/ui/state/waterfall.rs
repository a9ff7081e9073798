//! The waterfall of one trace: which rows it has, and which is chosen.

mod keys;
mod time;

use std::collections::{HashMap, HashSet};

use opentelemetry::trace::{SpanId, TraceId};

use crate::critical::critical_path;
use crate::fold::{Row, rows};
use crate::trace::Trace;
use crate::ui::cursor::Cursor;
use crate::ui::state::details::Details;

/// More siblings that are alike than these are one row.
const REPEATS: usize = 3;

/// The waterfall of one trace.
#[derive(Debug)]
pub(crate) struct Waterfall {
    pub(crate) id: TraceId,
    /// The trace's place among those that were read.
    pub(crate) trace: usize,
    /// When it begins and ends, nanoseconds since 1970.
    pub(crate) bounds: (u64, u64),
    pub(crate) cursor: Cursor,
    /// The rows that can be scrolled to.
    pub(crate) rows: Vec<Row>,
    /// All rows, before anything is folded by hand.
    all: Vec<Row>,
    folded: HashSet<SpanId>,
    /// Repeated calls that are shown each, by the first of them.
    opened: HashSet<SpanId>,
    folds_repeats: bool,
    chosen: Option<SpanId>,
    /// The part of the time that is shown, in nanoseconds from the trace's beginning; none is all of it.
    pub(crate) window: Option<(u64, u64)>,
    pub(crate) shows_path: bool,
    /// Each span's stretches of the critical path.
    pub(crate) path: HashMap<usize, Vec<(u64, u64)>>,
    pub(crate) details: Option<Details>,
}

impl Waterfall {
    /// A trace as it is shown first.
    pub(crate) fn new(place: usize, trace: &Trace) -> Self {
        let mut new = Self {
            id: trace.id(),
            trace: place,
            bounds: (0, 0),
            cursor: Cursor::default(),
            rows: Vec::new(),
            all: Vec::new(),
            folded: HashSet::new(),
            opened: HashSet::new(),
            folds_repeats: true,
            chosen: None,
            window: None,
            shows_path: true,
            path: HashMap::new(),
            details: None,
        };
        new.renew(place, trace, 1);
        new
    }

    /// The same trace with other spans; what was chosen and folded stays so.
    pub(crate) fn renew(&mut self, place: usize, trace: &Trace, page: usize) {
        self.trace = place;
        self.bounds = (trace.start(), trace.end());
        self.path.clear();
        for stretch in critical_path(trace) {
            self.path.entry(stretch.span).or_default().push((stretch.from, stretch.to));
        }
        self.all = rows(trace, if self.folds_repeats { REPEATS } else { usize::MAX });
        self.arrange(trace, page);
    }

    /// The chosen span; of repeated calls the first.
    pub(crate) fn span(&self) -> Option<usize> {
        self.rows.get(self.cursor.at).map(first)
    }

    /// Whether what is below this row is hidden, where there is something.
    pub(crate) fn is_folded(&self, row: &Row, trace: &Trace) -> Option<bool> {
        let id = trace.spans()[first(row)].span_id;
        match row {
            Row::Folded { .. } => Some(!self.opened.contains(&id)),
            Row::Span { span, .. } => (!trace.children(*span).is_empty()).then(|| self.folded.contains(&id)),
        }
    }

    /// Whether a row says its service: where it is another than that of the span above.
    pub(crate) fn names_service(&self, row: &Row, trace: &Trace) -> bool {
        let spans = trace.spans();
        let above = trace.parent(first(row)).map_or("", |parent| spans[parent].service());
        spans[first(row)].service() != above
    }

    pub(crate) fn keep_in_view(&mut self, page: usize) {
        self.cursor.go(self.cursor.at, self.rows.len(), page);
    }

    /// Shows a span and chooses it, whatever was folded over it.
    pub(crate) fn reveal(&mut self, span: usize, trace: &Trace, page: usize) {
        let mut way = HashSet::from([span]);
        let mut above = trace.parent(span);
        while let Some(parent) = above {
            self.folded.remove(&trace.spans()[parent].span_id);
            way.insert(parent);
            above = trace.parent(parent);
        }
        for row in &self.all {
            if let Row::Folded { spans, .. } = row
                && spans.iter().any(|span| way.contains(span))
            {
                self.opened.insert(trace.spans()[spans[0]].span_id);
            }
        }
        self.chosen = trace.spans().get(span).map(|span| span.span_id);
        self.arrange(trace, page);
        // The head of repeated calls has the id of the first of them, which is a row of its own now.
        let own = |row: &Row| matches!(row, Row::Span { span: other, .. } if *other == span);
        if let Some(at) = self.rows.iter().position(own) {
            self.cursor.go(at, self.rows.len(), page);
        }
    }

    /// Makes the rows anew from what is folded.
    fn arrange(&mut self, trace: &Trace, page: usize) {
        self.rows = self.unfolded(trace);
        let chosen = self.chosen;
        let at = self.rows.iter().position(|row| Some(trace.spans()[first(row)].span_id) == chosen);
        self.cursor.go(at.unwrap_or(self.cursor.at), self.rows.len(), page);
        self.remember(trace);
    }

    fn unfolded(&self, trace: &Trace) -> Vec<Row> {
        let id = |span: usize| trace.spans()[span].span_id;
        let mut rows = Vec::with_capacity(self.all.len());
        let mut hidden_below = usize::MAX;
        for row in &self.all {
            let depth = depth(row);
            if depth > hidden_below {
                continue;
            }
            hidden_below = usize::MAX;
            rows.push(row.clone());
            match row {
                Row::Span { span, .. } if self.folded.contains(&id(*span)) => hidden_below = depth,
                Row::Folded { spans, .. } if self.opened.contains(&id(spans[0])) => {
                    spans.iter().for_each(|span| self.each(*span, depth + 1, trace, &mut rows));
                }
                _ => {}
            }
        }
        rows
    }

    /// A span of repeated calls, with what is below it.
    fn each(&self, span: usize, depth: usize, trace: &Trace, rows: &mut Vec<Row>) {
        let mut left = vec![(span, depth)];
        while let Some((span, depth)) = left.pop() {
            rows.push(Row::Span { span, depth });
            if !self.folded.contains(&trace.spans()[span].span_id) {
                left.extend(trace.children(span).iter().rev().map(|child| (*child, depth + 1)));
            }
        }
    }

    fn remember(&mut self, trace: &Trace) {
        self.chosen = self.span().and_then(|span| trace.spans().get(span)).map(|span| span.span_id);
    }
}

/// The span of a row, the first of repeated calls.
pub(crate) fn first(row: &Row) -> usize {
    match row {
        Row::Span { span, .. } => *span,
        Row::Folded { spans, .. } => spans.first().copied().unwrap_or_default(),
    }
}

/// How many spans a row hangs below.
pub(crate) const fn depth(row: &Row) -> usize {
    match row {
        Row::Span { depth, .. } | Row::Folded { depth, .. } => *depth,
    }
}
