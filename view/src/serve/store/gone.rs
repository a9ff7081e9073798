//! The ids of traces that have made room, so that what comes of them later is known to be a part.

use std::collections::{HashSet, VecDeque};

use opentelemetry::trace::TraceId;

/// Ids that are remembered: two megabytes of them.
const MOST: usize = 32_768;

#[derive(Debug, Default)]
pub(super) struct Gone {
    known: HashSet<TraceId>,
    order: VecDeque<TraceId>,
}

impl Gone {
    pub(super) fn add(&mut self, id: TraceId) {
        if !self.known.insert(id) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub(super) fn has(&self, id: TraceId) -> bool {
        self.known.contains(&id)
    }
}
