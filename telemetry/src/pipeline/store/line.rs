//! The spans of one writer: this process, or one that is gone. The oldest are in memory, the others on disk alone.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::spool::{Chunk, Class, Fate, Gone, Left, Place, Record, Spool};

use super::batch::{Item, Label};

/// Bytes of records that are read ahead at a time.
const AHEAD: usize = 128 * 1024;

/// Which line.
pub(super) type LineId = u64;

/// A span in memory.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) number: u64,
    pub(super) size: usize,
    pub(super) span: SpanData,
    /// Where it is on disk.
    pub(super) place: Option<Place>,
    /// Whether the spool would take it at all.
    pub(super) fits: bool,
}

/// Where a line's records are.
#[derive(Debug)]
pub(in crate::pipeline) enum Source {
    /// This process's own writer.
    Own(Box<Spool>),
    /// One that is gone.
    Left(Box<Left>),
}

impl Source {
    fn read(&mut self, class: Class, from: u64, bytes: usize) -> Chunk {
        match self {
            Self::Own(spool) => spool.read(class, from, bytes),
            Self::Left(left) => left.read(class, from, bytes),
        }
    }

    pub(super) fn done(&mut self, places: &[Place], fate: Fate) {
        match self {
            Self::Own(spool) => spool.done(places, fate),
            Self::Left(left) => left.done(places, fate),
        }
    }

    pub(super) fn hold(&mut self, class: Class, ordinals: Range<u64>) {
        match self {
            Self::Own(spool) => spool.hold(class, ordinals),
            Self::Left(left) => left.hold(class, ordinals),
        }
    }

    fn gone(&mut self) -> Option<Gone> {
        match self {
            Self::Own(spool) => spool.gone(),
            Self::Left(left) => left.gone(),
        }
    }

    /// Gives the folder back, and waits for the disk for that.
    pub(in crate::pipeline) fn close(self) {
        match self {
            Self::Own(spool) => spool.close(),
            Self::Left(left) => left.close(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: LineId,
    pub(super) source: Source,
    queues: [Queue; 2],
    /// Under which resource the next spans were made, where that is not this process's own.
    pub(super) header: Option<Arc<[u8]>>,
    /// Spans that had begun and not ended, each with its resource. They come first.
    pub(super) closing: VecDeque<(Arc<[u8]>, Held)>,
    /// Records that the disk has not kept, since the last time that somebody asked.
    pub(super) lost: u64,
}

#[derive(Debug, Default)]
struct Queue {
    /// Spans in memory that are on disk too, by number.
    front: VecDeque<Held>,
    /// Bytes of them.
    bytes: usize,
    /// Records that follow, read and not made spans yet.
    ahead: VecDeque<Record>,
    /// How many are on disk alone, and the ordinal from which on they are.
    behind: u64,
    from: u64,
    /// No number of those on disk is below this one.
    oldest: u64,
}

impl Queue {
    fn len(&self) -> usize {
        self.front.len() + self.ahead.len() + usize::try_from(self.behind).unwrap_or(usize::MAX)
    }

    fn is_on_disk_alone(&self) -> bool {
        self.behind > 0 || !self.ahead.is_empty()
    }
}

impl Line {
    pub(super) fn own(id: LineId, spool: Spool) -> Self {
        let (source, queues) = (Source::Own(Box::new(spool)), Default::default());
        Self { id, source, queues, header: None, closing: VecDeque::new(), lost: 0 }
    }

    /// All that a writer has left, from its first record on.
    pub(super) fn of(id: LineId, left: Left) -> Self {
        let queues = Class::ALL.map(|class| Queue { behind: left.waiting(class), ..Queue::default() });
        let source = Source::Left(Box::new(left));
        Self { id, source, queues, header: Some(Arc::default()), closing: VecDeque::new(), lost: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.queues.iter().map(Queue::len).sum::<usize>() + self.closing.len()
    }

    /// Spans of this class that wait.
    pub(super) fn waiting(&self, class: Class) -> usize {
        self.queues[class as usize].len()
    }

    /// Bytes of the spans in memory.
    pub(super) fn bytes(&self) -> usize {
        self.queues.iter().map(|queue| queue.bytes).sum()
    }

    /// Whether a span of this class can stay in memory without overtaking another.
    pub(super) fn is_in_memory(&self, class: Class) -> bool {
        !self.queues[class as usize].is_on_disk_alone()
    }

    /// Adds a span that is on disk, and keeps it in memory.
    pub(super) fn push(&mut self, class: Class, held: Held) {
        let queue = &mut self.queues[class as usize];
        queue.bytes += held.size;
        // Nearly always the last: only what had to wait for the disk comes late.
        match queue.front.back() {
            Some(last) if last.number > held.number => {
                let place = queue.front.partition_point(|it| it.number < held.number);
                queue.front.insert(place, held);
            }
            _ => queue.front.push_back(held),
        }
    }

    /// Adds a span that is on disk alone.
    pub(super) fn push_behind(&mut self, place: Place, number: u64) {
        let queue = &mut self.queues[place.class as usize];
        if queue.behind == 0 {
            queue.from = place.ordinal;
        }
        if !queue.is_on_disk_alone() {
            queue.oldest = number;
        }
        queue.behind += 1;
        queue.oldest = queue.oldest.min(number);
    }

    /// The number of the oldest span of this class; reads on where none is in memory.
    pub(super) fn head(&mut self, class: Class) -> Option<u64> {
        let queue = &self.queues[class as usize];
        if queue.front.is_empty() && queue.ahead.is_empty() && queue.behind > 0 {
            self.read_on(class);
        }
        let queue = &self.queues[class as usize];
        let front = queue.front.front().map(|held| held.number);
        front.or_else(|| queue.ahead.front().map(|record| record.order))
    }

    /// Takes the oldest of this class, if it has no more than these bytes.
    pub(super) fn take(&mut self, class: Class, room: usize) -> Option<(Label, Item)> {
        let queue = &mut self.queues[class as usize];
        if !queue.front.is_empty() {
            let Held { number, size, span, place, fits } = queue.front.pop_front_if(|held| held.size <= room)?;
            queue.bytes -= size;
            return Some((Label { number, size, place, fits }, Item::Span(span)));
        }
        let Record { place, order, payload } = queue.ahead.pop_front_if(|record| in_memory(record) <= room)?;
        let label = Label { number: order, size: payload.len() * 2, place: Some(place), fits: true };
        Some((label, Item::Bytes(payload)))
    }

    fn read_on(&mut self, class: Class) {
        let queue = &mut self.queues[class as usize];
        while queue.behind > 0 && queue.ahead.is_empty() {
            let chunk = self.source.read(class, queue.from, AHEAD);
            let is_over = chunk.next <= queue.from && chunk.trouble.is_none();
            let (read, corrupt) = (chunk.records.len() as u64, chunk.corrupt.min(queue.behind));
            queue.from = chunk.next.max(queue.from);
            queue.behind = queue.behind.saturating_sub(read + corrupt);
            self.lost += corrupt;
            queue.ahead.extend(chunk.records);
            if let Some(header) = &mut self.header
                && read > 0
            {
                *header = chunk.header;
            }
            if is_over && queue.ahead.is_empty() {
                // What the spool does not know of is not there any more.
                self.lost += std::mem::take(&mut queue.behind);
            }
            if chunk.trouble.is_some() {
                break;
            }
        }
    }

    /// Has the spans back that are to be tried again.
    pub(super) fn give_back(&mut self, class: Class, held: Held) {
        let queue = &mut self.queues[class as usize];
        queue.bytes += held.size;
        let place = queue.front.partition_point(|it| it.number < held.number);
        queue.front.insert(place, held);
    }

    /// Forgets what had to make room on disk; how many they were, and how many bytes of memory that has freed.
    pub(super) fn forget_gone(&mut self) -> (u64, usize) {
        let (mut records, mut freed) = (0, 0);
        while let Some(gone) = self.source.gone() {
            let queue = &mut self.queues[gone.class as usize];
            let is_gone = |place: Place| gone.ordinals.contains(&place.ordinal);
            let before = queue.len() as u64 - queue.behind;
            let bytes = queue.bytes;
            queue.front.retain(|held| !held.place.is_some_and(is_gone));
            queue.ahead.retain(|record| !is_gone(record.place));
            queue.bytes = queue.front.iter().map(|held| held.size).sum();
            freed += bytes - queue.bytes;
            let of_memory = before - (queue.len() as u64 - queue.behind);
            if queue.behind > 0 {
                queue.from = queue.from.max(gone.ordinals.end);
                queue.behind = queue.behind.saturating_sub(gone.records.saturating_sub(of_memory));
            }
            records += gone.records;
        }
        (records, freed)
    }

    pub(super) fn holds_any_before(&self, number: u64) -> bool {
        self.queues.iter().any(|queue| {
            let front = queue.front.front().is_some_and(|held| held.number < number);
            front || (queue.is_on_disk_alone() && queue.oldest < number)
        })
    }

    /// The spans in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> impl Iterator<Item = &Held> {
        self.queues.iter().flat_map(|queue| &queue.front)
    }
}

/// Bytes that the span will take in memory, near enough.
fn in_memory(record: &Record) -> usize {
    record.payload.len() * 2
}
