//! The spans that are kept, by trace, within bounds; the trace that has heard nothing for longest makes room.

mod gone;
mod head;
mod kept;
mod origins;

use std::collections::{BTreeMap, HashMap};

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Message, Status};
use serde::Serialize;

use gone::Gone;
pub use head::Head;
pub use kept::Snapshot;
use kept::{Entry, Kept, Told};
use origins::Origins;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Spans, of all traces.
    pub spans: usize,
    /// Bytes that they take in memory, with all that belongs to them.
    pub bytes: usize,
}

impl Default for Bounds {
    /// What a developer's machine has to spare: a million spans, or a billion bytes less what the program itself takes.
    fn default() -> Self {
        Self { spans: 1_000_000, bytes: 900_000_000 }
    }
}

/// What became of all spans so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Spans that came and were kept at least for a while.
    pub received: u64,
    /// Spans that came once more, or that say less than what is known.
    pub repeated: u64,
    /// Spans that are none, because their ids are not ids.
    pub refused: u64,
    /// Spans that had to make room.
    pub evicted_spans: u64,
    /// Traces that had to make room, each as often as it had to.
    pub evicted_traces: u64,
}

/// Whether what is added has been here before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coming {
    /// It comes from whoever made it.
    Fresh,
    /// It was read from a file that may have been read before: what has made room stays away.
    Again,
}

/// Spans in memory.
#[derive(Debug)]
pub struct Store {
    bounds: Bounds,
    traces: HashMap<TraceId, Kept>,
    /// Traces by their last news, the oldest first.
    order: BTreeMap<u64, TraceId>,
    origins: Origins,
    gone: Gone,
    clock: u64,
    spans: usize,
    bytes: usize,
    tally: Tally,
}

impl Store {
    /// An empty store.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            traces: HashMap::new(),
            order: BTreeMap::new(),
            origins: Origins::default(),
            gone: Gone::default(),
            clock: 0,
            spans: 0,
            bytes: 0,
            tally: Tally::default(),
        }
    }

    /// Keeps these spans; answers how many were refused because their ids are not ids.
    pub fn add(&mut self, message: ResourceSpans, coming: Coming) -> u64 {
        let before = self.tally.refused;
        let ResourceSpans { resource, scope_spans, schema_url: resource_schema_url } = message;
        // What is not said is said as nothing, so that it is the same whichever way it came.
        let resource = Some(resource.unwrap_or_default());
        let mut envelope = ResourceSpans { resource, scope_spans: Vec::new(), schema_url: resource_schema_url };
        for ScopeSpans { scope, spans, schema_url } in scope_spans {
            envelope.scope_spans =
                vec![ScopeSpans { scope: Some(scope.unwrap_or_default()), spans: Vec::new(), schema_url }];
            let origin = self.origins.of(&envelope);
            spans.into_iter().for_each(|span| self.add_span(span, &origin, coming));
            self.origins.release(origin);
        }
        self.tally.refused - before
    }

    /// Counts spans that were none before they came here.
    pub const fn refuse(&mut self, spans: u64) {
        self.tally.refused += spans;
    }

    /// How many spans are kept.
    #[must_use]
    pub const fn spans(&self) -> usize {
        self.spans
    }

    /// How many traces are kept.
    #[must_use]
    pub fn traces(&self) -> usize {
        self.traces.len()
    }

    /// The bytes that they take.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes + self.origins.bytes()
    }

    /// How much may be kept.
    #[must_use]
    pub const fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// What became of all spans so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// A trace as it is now; cheap, because nothing is copied but pointers.
    #[must_use]
    pub fn trace(&self, id: TraceId) -> Option<Snapshot> {
        self.traces.get(&id).map(|kept| kept.snapshot(id))
    }

    /// What is known of each trace without looking into its spans, the newest news first.
    pub fn heads(&self) -> impl Iterator<Item = (TraceId, &Head)> {
        self.order.values().rev().filter_map(|id| self.traces.get(id).map(|kept| (*id, kept.head())))
    }

    /// A number that is another whenever the trace is; none where there is no such trace.
    #[must_use]
    pub fn version(&self, id: TraceId) -> Option<u64> {
        self.traces.get(&id).map(Kept::version)
    }

    fn add_span(&mut self, mut span: Message, origin: &origins::Shared, coming: Coming) {
        let Some((trace_id, span_id)) = ids(&span) else {
            self.tally.refused += 1;
            return;
        };
        span.status = span.status.filter(|status| *status != Status::default());
        let known = self.traces.contains_key(&trace_id);
        let was_here = !known && self.gone.has(trace_id);
        if was_here && coming == Coming::Again {
            return;
        }
        self.clock += 1;
        let kept = self.traces.entry(trace_id).or_insert_with(|| Kept::new(was_here));
        let (size, count) = (kept.size(), kept.len());
        let told = kept.add(Entry::of(&span, span_id, origin), &span, self.clock);
        self.bytes = (self.bytes + kept.size()) - if known { size } else { 0 };
        self.spans += kept.len() - count;
        match told {
            Told::Nothing => {
                self.tally.repeated += 1;
                return;
            }
            Told::New => {}
            // One span of both: what it said at first is told in what it says now.
            Told::Replaced(origin) => self.origins.release(origin),
        }
        self.tally.received += 1;
        self.news(trace_id);
        while self.spans > self.bounds.spans || self.bytes() > self.bounds.bytes {
            if !self.make_room() {
                break;
            }
        }
    }

    /// Puts the trace behind all others in the order in which they make room.
    fn news(&mut self, id: TraceId) {
        let Some(kept) = self.traces.get_mut(&id) else { return };
        if self.order.last_key_value().is_some_and(|(last, _)| *last == kept.place()) {
            return;
        }
        self.order.remove(&kept.place());
        kept.put(self.clock);
        self.order.insert(self.clock, id);
    }

    /// Lets the trace go that has heard nothing for longest; false if there is none.
    fn make_room(&mut self) -> bool {
        let Some((_, id)) = self.order.pop_first() else { return false };
        let Some(kept) = self.traces.remove(&id) else { return true };
        self.bytes -= kept.size();
        self.spans -= kept.len();
        self.tally.evicted_spans += kept.len() as u64;
        self.tally.evicted_traces += 1;
        self.gone.add(id);
        kept.into_origins().for_each(|origin| self.origins.release(origin));
        true
    }
}

fn ids(span: &Message) -> Option<(TraceId, SpanId)> {
    let trace_id = TraceId::from_bytes(span.trace_id.as_slice().try_into().ok()?);
    let span_id = SpanId::from_bytes(span.span_id.as_slice().try_into().ok()?);
    (trace_id != TraceId::INVALID && span_id != SpanId::INVALID).then_some((trace_id, span_id))
}

#[cfg(test)]
mod tests;
