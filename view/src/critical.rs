//! The critical path: the spans whose time the trace's length is made of.
//!
//! The way back from the last end: a span that waited for others waited last for the one that ended last before, and so on
//! to the beginning. What had not ended by then was not waited for.

use crate::trace::Trace;

/// A stretch of the critical path: this span's own time, in which it waited for none of its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The span.
    pub span: usize,
    /// From this instant, nanoseconds since 1970.
    pub from: u64,
    /// To this one.
    pub to: u64,
}

/// The critical path of a trace: stretches in the order of time, none overlapping another. Where nobody worked, as between
/// the sending of a message and its receipt, there is none. A span under way lasts until the last instant that the trace
/// knows of.
#[must_use]
pub fn critical_path(trace: &Trace) -> Vec<Stretch> {
    let ends = Ends::of(trace);
    let mut used = vec![false; trace.spans().len()];
    let mut cursor = trace.end();
    let mut path = Vec::new();
    let mut frames = vec![Frame { span: None, waits: ends.waits(trace.roots(), trace) }];
    while let Some(frame) = frames.last_mut() {
        let next = frame.waits.find(|wait| wait.until <= cursor && !used[wait.span]);
        let down_to = next.map_or(0, |wait| wait.until);
        if let Some(span) = frame.span {
            let start = trace.spans()[span].start;
            let (from, to) = (start.max(down_to), cursor.min(ends.own[span]));
            if from < to {
                path.push(Stretch { span, from, to });
            }
            if next.is_none() {
                cursor = cursor.min(start);
            }
        }
        match next {
            Some(wait) => {
                used[wait.span] = true;
                cursor = wait.until;
                let waits = ends.waits(trace.children(wait.span), trace);
                frames.push(Frame { span: Some(wait.span), waits });
            }
            None => {
                frames.pop();
            }
        }
    }
    path.reverse();
    path
}

/// A span on the way from a root to where the path is, and those that it may have waited for.
struct Frame {
    span: Option<usize>,
    waits: std::vec::IntoIter<Wait>,
}

/// Something that was waited for.
#[derive(Clone, Copy)]
struct Wait {
    span: usize,
    until: u64,
}

/// When spans ended: they alone, and with all that is below them.
struct Ends {
    own: Vec<u64>,
    all: Vec<u64>,
}

impl Ends {
    fn of(trace: &Trace) -> Self {
        let last = trace.end();
        let own: Vec<u64> = trace.spans().iter().map(|span| span.end.unwrap_or(last).max(span.start)).collect();
        let mut all = own.clone();
        for span in trace.top_down().into_iter().rev() {
            if let Some(parent) = trace.parent(span) {
                all[parent] = all[parent].max(all[span]);
            }
        }
        Self { own, all }
    }

    /// What a span with these children may have waited for, the last first: each child with all that is below it, or it
    /// alone, if what it left behind went on for longer. Of those that ended together, the one that began first.
    fn waits(&self, children: &[usize], trace: &Trace) -> std::vec::IntoIter<Wait> {
        let mut waits: Vec<Wait> = Vec::with_capacity(children.len());
        for &span in children {
            waits.push(Wait { span, until: self.all[span] });
            if self.own[span] < self.all[span] {
                waits.push(Wait { span, until: self.own[span] });
            }
        }
        waits.sort_by_key(|wait| (std::cmp::Reverse(wait.until), trace.spans()[wait.span].start));
        waits.into_iter()
    }
}
