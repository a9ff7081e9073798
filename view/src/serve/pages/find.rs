//! The traces that a search finds, without looking into more of them than it has to.

use std::time::{Duration, Instant};

use opentelemetry::trace::TraceId;

use super::question::Question;
use crate::serve::live::Live;
use crate::serve::store::{Head, Snapshot};
use crate::{Query, Summary, Trace};

/// Spans of one trace that are looked into.
pub(super) const MOST_SPANS: usize = 100_000;
/// Time that a search may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a search has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The traces, the newest news first.
    pub(super) traces: Vec<Summary>,
    /// Whether there may be more, because the limit was reached or the time was up.
    pub(super) more: bool,
}

/// What the head of a trace tells of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
    /// The spans have to be looked at.
    Look,
}

/// The traces that `question` finds.
pub(super) fn find(live: &Live, question: &Question) -> Found {
    let Question { query, limit } = question;
    let (candidates, more) = candidates(live, query, *limit);
    let began = Instant::now();
    let mut found = Found { traces: Vec::new(), more };
    for (id, verdict) in candidates {
        if found.traces.len() == *limit || (verdict == Verdict::Look && began.elapsed() > PATIENCE) {
            found.more = true;
            break;
        }
        let Some(snapshot) = live.store().trace(id) else { continue };
        if verdict == Verdict::Yes || trace(&snapshot).is_some_and(|trace| query.matches(&trace)) {
            found.traces.push(summary(id, &snapshot.head));
        }
    }
    found
}

/// The traces that have to be looked at, and whether some may be left: none of those that follow `limit` that are certain.
fn candidates(live: &Live, query: &Query, limit: usize) -> (Vec<(TraceId, Verdict)>, bool) {
    let (mut candidates, mut certain) = (Vec::new(), 0);
    for (id, head) in live.store().heads() {
        let verdict = verdict(query, head);
        if certain == limit {
            return (candidates, true);
        }
        certain += usize::from(verdict == Verdict::Yes);
        if verdict != Verdict::No {
            candidates.push((id, verdict));
        }
    }
    (candidates, false)
}

fn verdict(query: &Query, head: &Head) -> Verdict {
    let Query { service, error, slower_than, array, from, to, text } = query;
    let out = (*error && head.errors == 0)
        || slower_than.is_some_and(|least| head.duration() <= least)
        || from.is_some_and(|from| head.end < from && head.open == 0)
        || to.is_some_and(|to| head.start >= to)
        || array.as_ref().is_some_and(|array| head.has_all_arrays() && !head.arrays.contains(array));
    if out {
        return Verdict::No;
    }
    let is = |name: &String, asked: &str| name.to_lowercase() == asked.to_lowercase();
    let service = service.as_ref().is_none_or(|asked| head.services.iter().any(|name| is(name, asked)));
    let array = array.as_ref().is_none_or(|array| head.arrays.contains(array));
    let text = text.as_ref().is_none_or(|text| head.name().to_lowercase().contains(&text.to_lowercase()));
    if service && array && text { Verdict::Yes } else { Verdict::Look }
}

/// The trace, as far as one is looked into.
pub(super) fn trace(snapshot: &Snapshot) -> Option<Trace> {
    Trace::gather(snapshot.spans(MOST_SPANS)).pop()
}

/// What a list tells of a trace.
fn summary(id: TraceId, head: &Head) -> Summary {
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort();
        names
    };
    Summary {
        id,
        name: head.name().to_owned(),
        service: head.service().to_owned(),
        start: head.start,
        duration: head.duration(),
        spans: usize::try_from(head.spans).unwrap_or(usize::MAX),
        errors: usize::try_from(head.errors).unwrap_or(usize::MAX),
        open: usize::try_from(head.open).unwrap_or(usize::MAX),
        services: sorted(&head.services),
        arrays: sorted(head.array_names()),
        notes: usize::from(head.part),
    }
}
