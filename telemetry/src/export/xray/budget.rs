//! What X-Ray has been sent of each trace: how much of its room is used, which annotations it has, and, where a trace was
//! split, which part holds which document.
//!
//! All of it is bounded: [`TRACES`] traces of about 200 bytes and 50 annotations of 16 bytes, and [`IDS`] ids of
//! documents that take at most 44 bytes each in their table and their queue. That is 1.3 MB when all of it is full, and a few
//! kilobytes on a host that works a task or two. What has not been touched for longest is forgotten first.

mod annotations;
mod part;
mod trace;

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use opentelemetry::trace::TraceId;
use opentelemetry_sdk::trace::SpanData;

use super::Document;
use crate::hash::Keyed;
pub(super) use trace::{More, Parent, Released, Spot, Trace};

/// Most traces that are remembered.
const TRACES: usize = 512;
/// Most ids of documents that are remembered, of all traces together.
const IDS: usize = 16_384;
/// Touches of traces after which the ids are counted again. Each adds two at most, so there are never many more.
const COUNT_EVERY: u64 = 256;
/// Most documents that wait beside the spans, such as those that tie the parts of a trace together.
const BESIDE: usize = 256;

/// How much a part of a trace takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of a part, as long as it is young. X-Ray keeps 500 KB of a trace that comes in batches, and other programs
    /// send to the same trace.
    pub(super) quick: usize,
    /// Bytes of a part that is not young any more: X-Ray keeps 100 KB of a trace that trickles in.
    pub(super) slow: usize,
    /// How long a part is young.
    pub(super) young: Duration,
    /// Bytes of a part when what others in it hang below has come as well.
    pub(super) most: usize,
    /// Bytes that are set aside for each document that others hang below and that has not come yet.
    pub(super) reserve: usize,
    /// Bytes that are set aside for the document that names the next part.
    pub(super) closing: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            quick: 400_000,
            slow: 80_000,
            young: Duration::from_secs(60),
            most: 480_000,
            reserve: 2_048,
            closing: 1_024,
        }
    }
}

/// What the exporters of one pipeline remember of the traces.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    pub(super) limits: Limits,
    traces: HashMap<TraceId, Trace, Keyed>,
    touches: u64,
    /// As of which touch the ids were counted.
    counted: u64,
    beside: VecDeque<Document>,
    remarks: Remarks,
}

/// What was counted since the last time that somebody asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remarks {
    /// Documents from which something was cut to fit.
    pub(crate) cut: u64,
    /// Documents that went to another part of their trace than the first.
    pub(crate) split: u64,
    /// Refused spans that were set aside as dead letters.
    pub(crate) set_aside: u64,
    /// Dead letters that made room for others.
    pub(crate) letters_evicted: u64,
    /// Seconds by which the back end's clock is ahead of ours, if that has just been found out.
    pub(crate) skew: Option<i64>,
}

impl Budget {
    /// What is known of the trace of a span.
    pub(super) fn trace(&mut self, span: &SpanData, now: Instant) -> &mut Trace {
        self.touches += 1;
        let id = span.span_context.trace_id();
        let trace = self.traces.entry(id).or_insert_with(|| Trace::new(id, now));
        trace.touched = self.touches;
        trace
    }

    /// Forgets what was not touched for longest, as far as there is too much.
    pub(super) fn make_room(&mut self) {
        while self.traces.len() > TRACES {
            let oldest = self.traces.iter().min_by_key(|(_, trace)| trace.touched).map(|(id, _)| *id);
            oldest.and_then(|oldest| self.traces.remove(&oldest));
        }
        if self.touches - self.counted >= COUNT_EVERY {
            self.counted = self.touches;
            self.make_room_for_ids();
        }
    }

    fn make_room_for_ids(&mut self) {
        let mut ids: usize = self.traces.values().map(Trace::ids).sum();
        if ids <= IDS {
            return;
        }
        let mut oldest: Vec<_> = self.traces.iter().map(|(id, trace)| (trace.touched, *id, trace.ids())).collect();
        oldest.sort_unstable_by_key(|(touched, ..)| *touched);
        for (_, id, its) in oldest {
            if ids <= IDS {
                return;
            }
            if self.traces.len() == 1 {
                self.traces.values_mut().for_each(|trace| trace.forget_down_to(IDS / 2));
                return;
            }
            self.traces.remove(&id);
            ids -= its;
        }
    }

    /// Keeps a document that belongs to no span of a batch until it is taken.
    pub(super) fn keep_beside(&mut self, document: Document) {
        if self.beside.len() == BESIDE {
            self.beside.pop_front();
        }
        self.beside.push_back(document);
    }

    /// The documents that wait beside the spans.
    pub(super) fn take_beside(&mut self) -> Vec<Document> {
        self.beside.drain(..).collect()
    }

    /// Counts a document that was written for the first time.
    pub(super) fn remark(&mut self, cut: bool, split: bool) {
        self.remarks.cut += u64::from(cut);
        self.remarks.split += u64::from(split);
    }

    /// What was counted; counting begins anew.
    pub(super) fn take_remarks(&mut self) -> Remarks {
        std::mem::take(&mut self.remarks)
    }
}

#[cfg(test)]
mod tests;
