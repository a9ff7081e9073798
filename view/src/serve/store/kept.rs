//! One trace in the store: its spans as they were encoded, each under its id.

use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span as Message};
use prost::Message as _;

use super::head::Head;
use super::origins::Shared;
use crate::otlp::of_resource_spans;
use crate::span::Span;

/// What a trace takes without spans: its place in three maps, and its head.
const TRACE: usize = 512;
/// What a span takes beside its bytes: its entry, with room for twice as many, the counts before its bytes, the
/// allocator's own, a place in the map of ids.
const SPAN: usize = 128;
/// Spans from which on a map of ids is quicker than looking at each.
const MANY: usize = 32;

/// A span as it came.
#[derive(Debug)]
pub(super) struct Entry {
    id: SpanId,
    origin: Shared,
    bytes: Arc<[u8]>,
}

impl Entry {
    pub(super) fn of(span: &Message, id: SpanId, origin: &Shared) -> Self {
        Self { id, origin: origin.clone(), bytes: span.encode_to_vec().into() }
    }

    fn size(&self) -> usize {
        self.bytes.len() + SPAN
    }
}

/// What a span was good for.
pub(super) enum Told {
    /// Nothing that was not known.
    Nothing,
    /// A span.
    New,
    /// The end of a span that was under way; the origin of what was known of it.
    Replaced(Shared),
}

#[derive(Debug)]
pub(super) struct Kept {
    spans: Vec<Entry>,
    /// Where each id is; empty as long as there are few.
    places: HashMap<SpanId, usize>,
    head: Head,
    size: usize,
    place: u64,
    version: u64,
}

impl Kept {
    /// A trace of which nothing is here yet, and of which something has made room, or not.
    pub(super) fn new(part: bool) -> Self {
        let head = Head::of_part(part);
        Self { spans: Vec::new(), places: HashMap::new(), head, size: TRACE, place: 0, version: 0 }
    }

    /// Adds a span at this time of the store's clock.
    pub(super) fn add(&mut self, entry: Entry, span: &Message, now: u64) -> Told {
        let Some(at) = self.position(entry.id) else {
            self.push(entry, span, now);
            return Told::New;
        };
        let known = &mut self.spans[at];
        if known.bytes == entry.bytes && known.origin.is(&entry.origin) {
            return Told::Nothing;
        }
        let open = Message::decode(&*known.bytes).ok().filter(|old| old.end_time_unix_nano == 0);
        match (open, span.end_time_unix_nano) {
            (None, 0) => Told::Nothing,
            // Two spans of one id: whoever draws the trace says so.
            (None, _) => {
                self.push(entry, span, now);
                Told::New
            }
            (Some(old), _) => {
                self.head.take_back(&old);
                self.head.add(span, entry.origin.service());
                self.size = self.size + entry.size() - known.size();
                self.version = now;
                Told::Replaced(std::mem::replace(known, entry).origin)
            }
        }
    }

    fn position(&self, id: SpanId) -> Option<usize> {
        match self.places.is_empty() {
            true => self.spans.iter().position(|entry| entry.id == id),
            false => self.places.get(&id).copied(),
        }
    }

    fn push(&mut self, entry: Entry, span: &Message, now: u64) {
        self.head.add(span, entry.origin.service());
        self.size += entry.size();
        self.version = now;
        if !self.places.is_empty() {
            self.places.entry(entry.id).or_insert(self.spans.len());
        }
        self.spans.push(entry);
        if self.places.is_empty() && self.spans.len() > MANY {
            self.places = self.spans.iter().enumerate().rev().map(|(at, entry)| (entry.id, at)).collect();
        }
    }

    pub(super) fn snapshot(&self, id: TraceId) -> Snapshot {
        let spans = self.spans.iter().map(|entry| (entry.origin.clone(), Arc::clone(&entry.bytes))).collect();
        Snapshot { id, head: self.head.clone(), version: self.version, spans }
    }

    pub(super) const fn head(&self) -> &Head {
        &self.head
    }

    pub(super) const fn size(&self) -> usize {
        self.size
    }

    pub(super) const fn len(&self) -> usize {
        self.spans.len()
    }

    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// Its place in the order in which traces make room.
    pub(super) const fn place(&self) -> u64 {
        self.place
    }

    pub(super) const fn put(&mut self, place: u64) {
        self.place = place;
    }

    pub(super) fn into_origins(self) -> impl Iterator<Item = Shared> {
        self.spans.into_iter().map(|entry| entry.origin)
    }
}

/// A trace as it was at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its id.
    pub id: TraceId,
    /// What is known of it without looking into its spans.
    pub head: Head,
    /// The number that it had then.
    pub version: u64,
    spans: Vec<(Shared, Arc<[u8]>)>,
}

impl Snapshot {
    /// How many spans it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether it has none, which the store does not keep.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Its spans as OTLP's messages, at most so many.
    #[must_use]
    pub fn messages(&self, most: usize) -> Vec<ResourceSpans> {
        let mut messages: Vec<ResourceSpans> = Vec::new();
        let mut last: Option<&Shared> = None;
        // What is in here was encoded here, so nothing fails to be decoded.
        for (origin, bytes) in self.spans.iter().take(most) {
            if !last.is_some_and(|last| last.is(origin)) {
                messages.extend(origin.message());
                last = Some(origin);
            }
            let scope = messages.last_mut().and_then(|message| message.scope_spans.last_mut());
            scope.into_iter().for_each(|scope| scope.spans.extend(Message::decode(&**bytes)));
        }
        messages
    }

    /// Its spans, at most so many.
    #[must_use]
    pub fn spans(&self, most: usize) -> Vec<Span> {
        self.messages(most).into_iter().flat_map(|message| of_resource_spans(message).0).collect()
    }
}
