//! What was read, with all that is worked out from it once, away from the keys.

use std::collections::HashMap;

use opentelemetry::trace::TraceId;

use crate::array::{ArrayView, arrays};
use crate::search::{Summary, summary};
use crate::trace::Trace;

/// Traces as they were read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The traces, in the order in which they began.
    pub traces: Vec<Trace>,
    /// What was wrong with what was read, a sentence each.
    pub problems: Vec<String>,
}

/// Traces, and what is said of them.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) traces: Vec<Trace>,
    pub(crate) summaries: Vec<Summary>,
    pub(crate) arrays: Vec<ArrayView>,
    pub(crate) problems: Vec<String>,
    places: HashMap<TraceId, usize>,
}

impl Loaded {
    /// Everything of these traces.
    pub(crate) fn of(reading: Reading) -> Self {
        let Reading { traces, problems } = reading;
        let summaries = traces.iter().map(summary).collect();
        let arrays = arrays(&traces);
        let places =
            traces.iter().enumerate().flat_map(|(place, trace)| trace.ids().map(move |id| (id, place))).collect();
        Self { traces, summaries, arrays, problems, places }
    }

    /// Where the trace is that is known by this id.
    pub(crate) fn place_of(&self, id: TraceId) -> Option<usize> {
        self.places.get(&id).copied()
    }
}
