//! One trace and its parts.
//!
//! Spans end before their parents, so documents come before those that they hang below. Who comes first decides: a span that
//! a document names as its parent is awaited in that document's part, and goes there when it comes. So a document
//! has its parent in its own part, or it is told in which part its parent is.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;
use sha2::{Digest, Sha256};

use super::Limits;
use super::annotations::Annotations;
use super::part::{Need, Part};
use crate::hash::Keyed;

/// What is known of one trace.
#[derive(Debug)]
pub(crate) struct Trace {
    id: TraceId,
    pub(super) touched: u64,
    parts: Vec<Part>,
    placed: HashMap<SpanId, Placed, Keyed>,
    /// Ids of documents that were sent, oldest first.
    sent: VecDeque<SpanId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placed {
    part: usize,
    sent: bool,
    /// Room is set aside for it.
    reserved: bool,
}

/// Where a document goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) part: usize,
    pub(crate) parent: Parent,
}

/// A part that has awaited a span and does not get it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Released {
    pub(crate) part: usize,
    reserved: bool,
}

/// Where the span is that a document hangs below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    /// There is none.
    None,
    /// In the same part, now or when it comes.
    Here,
    /// In this part, another one.
    In(usize),
}

impl Trace {
    pub(crate) fn new(id: TraceId, now: Instant) -> Self {
        Self { id, touched: 0, parts: vec![Part::new(now)], placed: HashMap::default(), sent: VecDeque::new() }
    }

    /// The id of a part. The first has the trace's own; that of another follows from it, and from who sends it, since each
    /// program splits a trace by what it has sent itself. The second at which the trace began stays in front.
    pub(crate) fn part_id(&self, part: usize, sender: &str) -> TraceId {
        if part == 0 {
            return self.id;
        }
        let mut hash = Sha256::new();
        hash.update(self.id.to_bytes());
        hash.update((part as u64).to_be_bytes());
        hash.update(sender);
        let mut bytes = self.id.to_bytes();
        bytes[4..].copy_from_slice(&hash.finalize()[..12]);
        TraceId::from_bytes(bytes)
    }

    /// Where a span's document goes, if there is room.
    pub(crate) fn spot(&self, span: &SpanData) -> Spot {
        let part = self.part_of(span.span_context.span_id()).unwrap_or_else(|| self.open_part());
        let parent = match self.part_of(span.parent_span_id) {
            _ if span.parent_span_id == SpanId::INVALID => return Spot { part, parent: Parent::None },
            Some(parent) => parent,
            // What other programs have sent is in the trace that they know.
            None if span.parent_span_is_remote => 0,
            None => part,
        };
        Spot { part, parent: if parent == part { Parent::Here } else { Parent::In(parent) } }
    }

    /// The same with the parent elsewhere, where it has not come yet and so can still go elsewhere.
    pub(crate) fn spot_apart(&self, span: &SpanData) -> Option<Spot> {
        let Spot { part, parent } = self.spot(span);
        let is_free = parent == Parent::Here && self.part_of(span.parent_span_id).is_none();
        (is_free && part != self.open_part()).then(|| Spot { part, parent: Parent::In(self.open_part()) })
    }

    /// Whether the part of a span's document is settled: others there hang below it, or it has been there before.
    pub(crate) fn is_placed(&self, span: SpanId) -> bool {
        self.placed.contains_key(&span)
    }

    /// Whether there is room for a document of this size.
    pub(crate) fn has_room(&self, span: &SpanData, spot: Spot, bytes: usize, more: More<'_>) -> bool {
        let More { under_way, now, limits } = more;
        let need = self.need(span, spot, bytes, under_way);
        let part = &self.parts[spot.part];
        match self.placed.get(&span.span_context.span_id()) {
            // It is there already, and counted.
            Some(Placed { sent: true, .. }) => true,
            Some(_) => part.holds(need, limits),
            None => part.welcomes(need, now, limits),
        }
    }

    /// Whether the open part can still await something.
    pub(crate) fn can_await_more(&self, limits: &Limits) -> bool {
        self.parts[self.open_part()].holds(Need { bytes: 0, was_awaited: false, will_await: 1 }, limits)
    }

    /// Opens a part for what has no room any more, and says which one it is that goes on there.
    pub(crate) fn open(&mut self, now: Instant) -> usize {
        self.parts.push(Part::new(now));
        self.parts.len() - 2
    }

    /// Takes a document; whether it is there for the first time.
    pub(crate) fn take(&mut self, span: &SpanData, spot: Spot, bytes: usize, under_way: bool) -> bool {
        let id = span.span_context.span_id();
        if matches!(self.placed.get(&id), Some(Placed { sent: true, .. })) {
            self.parts[spot.part].annotations.settle();
            return false;
        }
        let need = self.need(span, spot, bytes, under_way);
        self.parts[spot.part].take(need);
        self.parts[spot.part].annotations.settle();
        self.await_parent(span, spot);
        self.placed.insert(id, Placed { part: spot.part, sent: !under_way, reserved: under_way });
        if !under_way {
            self.sent.push_back(id);
        }
        !under_way
    }

    /// Lets a span go where there is room, from the part that awaits it. That one keeps what it has set aside.
    pub(crate) fn release(&mut self, span: SpanId) -> Option<Released> {
        let Placed { part, reserved, .. } = self.placed.remove(&span)?;
        Some(Released { part, reserved })
    }

    /// Takes the short document that stands for a span in the part that has awaited it.
    pub(crate) fn take_stand_in(&mut self, released: &Released, bytes: usize) {
        let Released { part, reserved } = *released;
        self.parts[part].take(Need { bytes, was_awaited: reserved, will_await: 0 });
    }

    /// The part, another than this one, in which a span is or will be.
    pub(crate) fn elsewhere(&self, span: SpanId, than: usize) -> Option<usize> {
        self.part_of(span).filter(|part| *part != than)
    }

    /// Takes the document that names the next part, which was opened for this span.
    pub(crate) fn close(&mut self, part: usize, bytes: usize, opener: SpanId, tie: SpanId) {
        self.parts[part].close(bytes);
        self.parts[part + 1].opener = Some((opener, tie));
    }

    /// Where the part goes on from, if it was opened for this span: the part before, and the document there that says so.
    pub(crate) fn continues(&self, part: usize, span: SpanId) -> Option<(usize, SpanId)> {
        let (opener, tie) = self.parts[part].opener?;
        (opener == span).then(|| (part - 1, tie))
    }

    /// A span that a part has or will have, for what is to hang below something there.
    pub(crate) fn any_in(&self, part: usize, rather: SpanId) -> Option<SpanId> {
        let here = |id: &SpanId| self.part_of(*id) == Some(part);
        let sent = || self.sent.iter().rev().copied().find(here);
        here(&rather).then_some(rather).or_else(sent)
    }

    pub(crate) fn annotations(&mut self, part: usize) -> &mut Annotations {
        &mut self.parts[part].annotations
    }

    /// Ids that are remembered.
    pub(super) fn ids(&self) -> usize {
        self.placed.len()
    }

    /// Forgets the oldest documents that were sent. A span that ends after its parent and after so many others would hang
    /// below nothing; there is no other harm.
    pub(super) fn forget_down_to(&mut self, ids: usize) {
        while self.placed.len() > ids {
            let Some(oldest) = self.sent.pop_front() else { break };
            self.placed.remove(&oldest);
        }
    }

    fn need(&self, span: &SpanData, spot: Spot, bytes: usize, under_way: bool) -> Need {
        let was_awaited = self.placed.get(&span.span_context.span_id()).is_some_and(|placed| placed.reserved);
        let awaits_parent = self.will_await(span, spot) == Some(spot.part);
        Need { bytes, was_awaited, will_await: usize::from(awaits_parent) + usize::from(under_way) }
    }

    /// The part that awaits the parent because of this document.
    fn will_await(&self, span: &SpanData, spot: Spot) -> Option<usize> {
        let part = match spot.parent {
            Parent::None => return None,
            Parent::Here => spot.part,
            Parent::In(part) => part,
        };
        // Nothing is set aside for another program's span.
        (!span.parent_span_is_remote && !self.is_placed(span.parent_span_id)).then_some(part)
    }

    fn await_parent(&mut self, span: &SpanData, spot: Spot) {
        if span.parent_span_is_remote && !self.is_placed(span.parent_span_id) {
            // It may be for this program to send all the same, as the span of a job array is for the last to work in it.
            self.placed.insert(span.parent_span_id, Placed { part: 0, sent: false, reserved: false });
        }
        let Some(part) = self.will_await(span, spot) else { return };
        self.placed.insert(span.parent_span_id, Placed { part, sent: false, reserved: true });
        if part != spot.part {
            self.parts[part].take(Need { bytes: 0, was_awaited: false, will_await: 1 });
        }
    }

    fn part_of(&self, span: SpanId) -> Option<usize> {
        self.placed.get(&span).map(|placed| placed.part)
    }

    fn open_part(&self) -> usize {
        self.parts.len() - 1
    }
}

/// What else decides whether there is room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct More<'a> {
    /// Whether the span has not ended, and so comes again.
    pub(crate) under_way: bool,
    pub(crate) now: Instant,
    pub(crate) limits: &'a Limits,
}
