//! What was found: traces, and what there is to say about the looking.

use super::Wanted;
use opentelemetry::trace::TraceId;
use spawn_view::{Span, Trace};
use std::collections::{HashMap, HashSet};

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
    /// The id by which the X-Ray console has this trace, or the first part of it that it has.
    pub(crate) fn in_xray(&self, trace: &Trace) -> Option<TraceId> {
        trace.ids().find(|id| self.in_xray.contains(id))
    }

    /// Makes traces of the spans, and leaves those that are wanted.
    pub(super) fn narrow(&mut self, wanted: &Wanted, links: u32) {
        let traces = Trace::gather(std::mem::take(&mut self.spans));
        self.traces = match wanted {
            Wanted::These(ids) => linked(traces, &ids.iter().copied().collect(), links),
            Wanted::Search { query, limit } => {
                let hits: Vec<&Trace> = traces.iter().filter(|trace| query.matches(trace)).collect();
                let left_out = hits.len().saturating_sub(*limit);
                self.more |= left_out > 0;
                let ids = hits.into_iter().skip(left_out).map(Trace::id).collect();
                linked(traces, &ids, links)
            }
        };
    }
}

/// Of these traces, those that are wanted by any of their ids, and what they link to.
fn linked(traces: Vec<Trace>, named: &HashSet<TraceId>, links: u32) -> Vec<Trace> {
    let of: HashMap<TraceId, &Trace> = traces.iter().flat_map(|trace| trace.ids().map(move |id| (id, trace))).collect();
    let mut wanted: HashSet<TraceId> = HashSet::new();
    let mut new: Vec<&Trace> = named.iter().filter_map(|id| of.get(id).copied()).collect();
    for round in 0..=links {
        new.retain(|trace| wanted.insert(trace.id()));
        if round < links {
            new = new.into_iter().flat_map(targets).filter_map(|id| of.get(&id).copied()).collect();
        }
    }
    traces.into_iter().filter(|trace| wanted.contains(&trace.id())).collect()
}

/// The traces that a trace links to.
fn targets(trace: &Trace) -> impl Iterator<Item = TraceId> {
    let links = trace.spans().iter().flat_map(|span| &span.links);
    links.map(|link| link.trace_id).filter(|id| *id != trace.id())
}
