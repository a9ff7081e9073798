//! Two traces beside each other, or two parts of traces: what one did and the other did not, and what took longer.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::fold::uncounted;
use crate::trace::Trace;

/// Two traces, or two spans with all below them, beside each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Nanoseconds that the left one takes.
    pub left: u64,
    /// Nanoseconds that the right one takes.
    pub right: u64,
    /// What they are made of: a tree from the top down. Spans of one service and name below spans of one row are one row.
    pub rows: Vec<Difference>,
}

/// Spans of one name in one place of the tree, on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What they are called, without what counts them (`task align[*]`).
    pub name: String,
    /// The service that made them.
    pub service: String,
    /// How many rows this one hangs below.
    pub depth: usize,
    /// The row above, a place among the rows.
    pub parent: Option<usize>,
    /// Those on the left.
    pub left: Side,
    /// Those on the right.
    pub right: Side,
}

/// The spans of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// How many there are.
    pub calls: u64,
    /// How many of them failed.
    pub errors: u64,
    /// How many of them are under way.
    pub open: u64,
    /// Nanoseconds that they took together; those under way, until the last instant that their trace knows of.
    pub total: u64,
    /// Nanoseconds that the longest took.
    pub longest: u64,
    /// The longest of them, in its trace.
    pub span: Option<usize>,
}

impl Difference {
    /// How many nanoseconds more the right side took; less than none if it took less.
    #[must_use]
    pub fn slower_by(&self) -> i128 {
        i128::from(self.right.total) - i128::from(self.left.total)
    }
}

/// Two traces beside each other.
#[must_use]
pub fn compare(left: &Trace, right: &Trace) -> Comparison {
    let mut draft = Draft::default();
    draft.add(left, left.roots(), false, true);
    draft.add(right, right.roots(), true, true);
    let length = |trace: &Trace| trace.end().saturating_sub(trace.start());
    draft.finish(length(left), length(right))
}

/// Two spans beside each other, with all below them: two tasks, for example. The two are one row whatever they are called.
#[must_use]
pub fn compare_spans(left: &Trace, left_span: usize, right: &Trace, right_span: usize) -> Comparison {
    let mut draft = Draft::default();
    draft.add(left, &[left_span], false, false);
    draft.add(right, &[right_span], true, false);
    let [first, second] = draft.drafts.first().map_or([0; 2], |row| [row.left.total, row.right.total]);
    draft.finish(first, second)
}

/// A row above, a service and a name.
type Key<'a> = (Option<usize>, &'a str, Cow<'a, str>);

#[derive(Default)]
struct Draft<'a> {
    places: HashMap<Key<'a>, usize>,
    drafts: Vec<Difference>,
    below: Vec<Vec<usize>>,
    tops: Vec<usize>,
}

impl<'a> Draft<'a> {
    /// Adds these spans and all below them; `by_name`: the topmost are told apart by service and name too.
    fn add(&mut self, trace: &'a Trace, tops: &[usize], is_right: bool, by_name: bool) {
        let mut open: Vec<(usize, Option<usize>)> = tops.iter().rev().map(|top| (*top, None)).collect();
        while let Some((at, above)) = open.pop() {
            let Some(span) = trace.spans().get(at) else { continue };
            let name = uncounted(&span.name);
            let key =
                if above.is_none() && !by_name { (None, "", "".into()) } else { (above, span.service(), name.clone()) };
            let row = *self.places.entry(key).or_insert_with(|| {
                let row = self.drafts.len();
                let depth = above.map_or(0, |above| self.drafts[above].depth + 1);
                let (name, service) = (name.into_owned(), span.service().to_owned());
                let [left, right] = [Side::default(); 2];
                self.drafts.push(Difference { name, service, depth, parent: above, left, right });
                self.below.push(Vec::new());
                above.map_or(&mut self.tops, |above| &mut self.below[above]).push(row);
                row
            });
            let draft = &mut self.drafts[row];
            let time = span.end.unwrap_or_else(|| trace.end()).saturating_sub(span.start);
            let side = if is_right { &mut draft.right } else { &mut draft.left };
            side.add(at, time, span.failed(), span.end.is_none());
            open.extend(trace.children(at).iter().rev().map(|child| (*child, Some(row))));
        }
    }

    fn finish(self, left: u64, right: u64) -> Comparison {
        let mut places = vec![0; self.drafts.len()];
        let mut open: Vec<usize> = self.tops.iter().rev().copied().collect();
        let mut rows: Vec<Difference> = Vec::with_capacity(self.drafts.len());
        let mut drafts: Vec<Option<Difference>> = self.drafts.into_iter().map(Some).collect();
        while let Some(row) = open.pop() {
            let Some(mut draft) = drafts[row].take() else { continue };
            places[row] = rows.len();
            draft.parent = draft.parent.map(|parent| places[parent]);
            rows.push(draft);
            open.extend(self.below[row].iter().rev());
        }
        Comparison { left, right, rows }
    }
}

impl Side {
    fn add(&mut self, span: usize, time: u64, failed: bool, open: bool) {
        self.calls += 1;
        self.errors += u64::from(failed);
        self.open += u64::from(open);
        self.total = self.total.saturating_add(time);
        if self.span.is_none() || time > self.longest {
            (self.longest, self.span) = (time, Some(span));
        }
    }
}
