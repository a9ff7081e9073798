//! What was found: traces, and what there is to say about the looking.

use super::Wanted;
use opentelemetry::trace::TraceId;
use spawn_view::{Span, Trace};
use std::collections::{BTreeMap, HashSet};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The traces, in the order in which they began.
    pub(crate) traces: Vec<Trace>,
    /// What could not be read.
    pub(crate) problems: Vec<String>,
    /// Whether there are more than were asked for.
    pub(crate) more: bool,
    pub(super) spans: Vec<Span>,
    /// Traces that X-Ray has something of.
    pub(super) in_xray: HashSet<TraceId>,
}

impl Found {
    /// Whether the X-Ray console has something of this trace to show.
    pub(crate) fn is_in_xray(&self, id: TraceId) -> bool {
        self.in_xray.contains(&id)
    }

    /// Makes traces of the spans, and leaves those that are wanted.
    pub(super) fn narrow(&mut self, wanted: &Wanted, links: u32) {
        let traces = Trace::gather(std::mem::take(&mut self.spans));
        self.traces = match wanted {
            Wanted::These(ids) => linked(traces, ids.iter().copied().collect(), links),
            Wanted::Search { query, limit } => {
                let hits: Vec<&Trace> = traces.iter().filter(|trace| query.matches(trace)).collect();
                let left_out = hits.len().saturating_sub(*limit);
                self.more |= left_out > 0;
                let ids = hits.into_iter().skip(left_out).map(Trace::id).collect();
                linked(traces, ids, links)
            }
        };
    }
}

/// Of these traces, those that are wanted and what they link to.
fn linked(traces: Vec<Trace>, mut wanted: HashSet<TraceId>, links: u32) -> Vec<Trace> {
    let of: BTreeMap<[u8; 16], &Trace> = traces.iter().map(|trace| (trace.id().to_bytes(), trace)).collect();
    let mut new: Vec<TraceId> = wanted.iter().copied().collect();
    for _ in 0..links {
        let here = new.iter().filter_map(|id| of.get(&id.to_bytes()));
        let links: Vec<TraceId> = here.flat_map(|trace| targets(trace)).collect();
        new = links.into_iter().filter(|id| wanted.insert(*id)).collect();
    }
    traces.into_iter().filter(|trace| wanted.contains(&trace.id())).collect()
}

/// The traces that a trace links to.
fn targets(trace: &Trace) -> impl Iterator<Item = TraceId> {
    let links = trace.spans().iter().flat_map(|span| &span.links);
    links.map(|link| link.trace_id).filter(|id| *id != trace.id())
}
