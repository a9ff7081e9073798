//! Where spans wait for delivery: in memory, bounded in bytes, and on disk where there is a spool.
//!
//! [`append`](Store::append) a span, [`lease`](Store::lease) the oldest ones, [`settle`](Store::settle) a lease, giving back
//! what is to be tried again. What is leased still belongs to the store: it leaves only when it is settled, so a failed export
//! loses nothing. A span that is on disk stays in memory too as long as there is room, so that the usual way reads nothing
//! back; when the disk refuses, spans wait in memory alone until it takes them.

mod batch;
mod disk;
mod keeping;
mod lease;
mod line;
mod numbers;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::disk::Disk;
use spawn_delivery::spool::{Class, Fate, Unkept};

use super::size;
use crate::storage::Storage;
pub(super) use batch::{Batch, Leased};
use disk::Own;
pub(super) use disk::{Duty, Order};
pub(super) use line::Source;
use line::{Held, Line, LineId};
use numbers::Numbers;

/// The line of what is in memory alone.
const MEMORY: LineId = 0;
/// Most spans that are brought to the disk in one go when it is well again.
const TOGETHER: usize = 64;

/// Spans in the order in which they ended, in two classes: routine ones make room for the others.
#[derive(Debug)]
pub(super) struct Store {
    capacity: usize,
    /// How long a disk is left alone that has refused.
    rest: Duration,
    used: usize,
    numbers: Numbers,
    lines: LineId,
    /// Spans in memory alone.
    loose: [VecDeque<Held>; 2],
    own: Option<Own>,
    /// What this process wrote before its storage became another.
    former: Vec<Line>,
    /// What a writer has left that is gone.
    adopted: Option<Line>,
    /// Lines that are empty, or that the end of the program leaves to the next, to be closed where nobody waits.
    leaving: Vec<Source>,
    /// Spans that the end of the program has left on disk.
    left_behind: usize,
    lease: Option<Lease>,
    /// Spans that had to go, until they are told.
    evicted: u64,
    /// Whether it is the turn of what others have left.
    theirs: bool,
}

/// What the store remembers of the spans that are out for delivery.
#[derive(Debug)]
struct Lease {
    line: LineId,
    oldest: u64,
    spans: usize,
    /// Of these, spans that are in memory alone.
    loose: usize,
    bytes: usize,
}

/// What became of an append.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Appended {
    /// It is in the store, and this many others had to go.
    Stored {
        /// Of others.
        evicted: u64,
    },
    /// It is larger than the whole store.
    TooLarge,
    /// Nothing can make room: too much is out for delivery.
    Full {
        /// Of others that had to go all the same.
        evicted: u64,
    },
}

/// The spans that are next.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    line: LineId,
    /// Their resource as bytes, where it is not this process's own.
    pub(super) header: Option<Arc<[u8]>>,
}

impl Store {
    pub(super) fn new(capacity: usize, rest: Duration) -> Self {
        Self {
            capacity,
            rest,
            used: 0,
            numbers: Numbers::new(),
            lines: MEMORY,
            loose: Default::default(),
            own: None,
            former: Vec::new(),
            adopted: None,
            leaving: Vec::new(),
            left_behind: 0,
            lease: None,
            evicted: 0,
            theirs: false,
        }
    }

    /// Whether [`Store::keep_in`] would leave the place where spans are kept now.
    pub(super) fn is_elsewhere(&self, storage: &Storage, header: Option<&[u8]>) -> bool {
        self.own.as_ref().is_some_and(|own| own.storage != *storage || header.is_none())
    }

    /// From now on spans are kept here, under this resource. What is kept elsewhere stays there until it is delivered.
    /// What was written for spans that are under way goes with the former place: the answer is whether it is another now.
    pub(super) fn keep_in(&mut self, disk: &Arc<dyn Disk>, storage: &Storage, header: Option<Vec<u8>>) -> bool {
        let storage = Storage { folder: storage.folder.clone().filter(|_| header.is_some()), ..storage.clone() };
        if let Some(own) = self.own.as_mut().filter(|own| own.storage == storage) {
            own.about(header.unwrap_or_default());
            return false;
        }
        let was_none = self.own.is_none();
        if let Some(own) = self.own.take() {
            self.former.push(own.line);
        }
        let Some((folder, header)) = storage.folder.clone().zip(header) else { return !was_none };
        self.lines += 1;
        self.own = Some(Own::new(Arc::clone(disk), storage, folder, header, self.lines, self.rest));
        true
    }

    /// Adds a span, and drops the oldest routine spans, then the oldest of all, as far as room is needed.
    pub(super) fn append(&mut self, span: SpanData, now: Instant) -> Appended {
        let size = size::in_bytes(&span);
        if size > self.capacity {
            return Appended::TooLarge;
        }
        let class = class_of(&span);
        let held = Held { number: self.numbers.take(now), size, span, place: None, fits: true };
        self.bring_some(TOGETHER, now);
        // Where there is no disk, the span is not moved to find that out: it is large.
        let has_disk = self.own.as_ref().is_some_and(|own| own.is_usable(now));
        let is_kept = if has_disk {
            self.write(class, held, now).is_none_or(|held| self.keep_loose(class, held))
        } else {
            self.keep_loose(class, held)
        };
        let evicted = std::mem::take(&mut self.evicted);
        match is_kept {
            true => Appended::Stored { evicted },
            false => Appended::Full { evicted },
        }
    }

    /// Writes a span to the disk, and keeps it in memory if there is room. Or has it back.
    fn write(&mut self, class: Class, mut held: Held, now: Instant) -> Option<Held> {
        let Some(own) = self.own.as_mut().filter(|own| held.fits && own.is_usable(now)) else { return Some(held) };
        let written = own.write(class, held.number, &held.span, now);
        let answer = match written {
            Ok(place) => {
                held.place = Some(place);
                let room = self.used + held.size <= self.capacity && own.line.bytes() + held.size <= self.capacity / 2;
                if room && own.line.is_in_memory(class) {
                    self.used += held.size;
                    own.line.push(class, held);
                } else {
                    own.line.push_behind(place, held.number);
                }
                None
            }
            Err(error) => {
                held.fits = !matches!(error, Unkept::TooLarge(_));
                Some(held)
            }
        };
        // Room may have been made even where it was of no use.
        let (evicted, freed) = self.forget_gone();
        self.evicted += evicted;
        self.used -= freed;
        answer
    }

    fn forget_gone(&mut self) -> (u64, usize) {
        let lines =
            self.own.as_mut().map(|own| &mut own.line).into_iter().chain(&mut self.former).chain(&mut self.adopted);
        lines.map(Line::forget_gone).fold((0, 0), |(records, bytes), (more, freed)| (records + more, bytes + freed))
    }

    /// Keeps a span in memory alone, in place of older ones; if not, there is no room, and it is dropped.
    fn keep_loose(&mut self, class: Class, held: Held) -> bool {
        let fixed =
            self.lease.as_ref().map_or(0, |lease| lease.bytes) + self.own.as_ref().map_or(0, |own| own.line.bytes());
        if fixed + held.size > self.capacity {
            return false;
        }
        let mut evicted = 0;
        while self.used + held.size > self.capacity {
            let [routine, kept] = &mut self.loose;
            let Some(oldest) = routine.pop_front().or_else(|| kept.pop_front()) else { break };
            self.used -= oldest.size;
            evicted += 1;
        }
        self.evicted += evicted;
        self.note(Fate::EVICTED, evicted);
        self.used += held.size;
        self.loose[class as usize].push_back(held);
        true
    }

    /// Has the account of all lives know of spans that never had a place on disk.
    pub(super) fn note(&mut self, fate: Fate, spans: u64) {
        if let Some(own) = &mut self.own {
            own.note(fate, spans, Instant::now());
        }
    }

    /// As [`Store::bring`] with all there is, whatever the disk has said before: there is no later.
    pub(super) fn bring_last(&mut self) -> u64 {
        if let Some(own) = &mut self.own {
            own.try_now();
        }
        self.bring(usize::MAX, Instant::now())
    }

    /// Brings spans to the disk that are in memory alone, if it takes them now; how many had to go on disk for that.
    pub(super) fn bring(&mut self, most: usize, now: Instant) -> u64 {
        self.bring_some(most, now);
        std::mem::take(&mut self.evicted)
    }

    fn bring_some(&mut self, most: usize, now: Instant) {
        if let Some(own) = &mut self.own {
            own.catch_up(now);
        }
        for _ in 0..most {
            if !self.own.as_ref().is_some_and(|own| own.is_usable(now)) {
                break;
            }
            let mut oldest = None;
            for class in Class::ALL {
                let queue = &self.loose[class as usize];
                // What the spool would never take stays at the front of few; it is looked past.
                if let Some(place) = queue.iter().position(|held| held.fits)
                    && oldest.is_none_or(|(_, _, number)| queue[place].number < number)
                {
                    oldest = Some((class, place, queue[place].number));
                }
            }
            let Some((class, place, _)) = oldest else { break };
            let Some(held) = self.loose[class as usize].remove(place) else { break };
            self.used -= held.size;
            if let Some(held) = self.write(class, held, now) {
                self.used += held.size;
                self.loose[class as usize].insert(place, held);
            }
        }
    }

    /// Lines of which nothing is left are given back to the disk.
    fn tidy(&mut self) {
        let out = self.lease.as_ref().map(|lease| lease.line);
        let is_over = |line: &Line| line.len() == 0 && out != Some(line.id);
        if let Some(line) = self.adopted.take_if(|line| is_over(line)) {
            self.leaving.push(line.source);
        }
        while let Some(place) = self.former.iter().position(is_over) {
            self.leaving.push(self.former.remove(place).source);
        }
    }

    /// Drops the waiting spans in memory alone for which `keep` does not hold, and says how many they were. What is on disk
    /// was decided about before.
    pub(super) fn retain(&mut self, keep: &dyn Fn(&SpanData) -> bool) -> u64 {
        let before = self.loose.iter().map(VecDeque::len).sum::<usize>();
        let mut freed = 0;
        for class in &mut self.loose {
            class.retain(|held| {
                let stays = keep(&held.span);
                freed += if stays { 0 } else { held.size };
                stays
            });
        }
        self.used -= freed;
        (before - self.loose.iter().map(VecDeque::len).sum::<usize>()) as u64
    }

    /// Spans that wait, without those that are out for delivery.
    pub(super) fn waiting(&self) -> usize {
        self.own_waiting() + self.adopted_waiting()
    }

    /// Those of this process's waiting spans that are of the class that is kept longest.
    pub(super) fn kept_waiting(&self) -> usize {
        let lines = self.own.as_ref().map(|own| &own.line).into_iter().chain(&self.former);
        self.loose[Class::Kept as usize].len() + lines.map(|line| line.waiting(Class::Kept)).sum::<usize>()
    }

    fn own_waiting(&self) -> usize {
        let loose = self.loose.iter().map(VecDeque::len).sum::<usize>();
        let own = self.own.as_ref().map_or(0, |own| own.line.len());
        loose + own + self.former.iter().map(Line::len).sum::<usize>()
    }

    /// Spans of writers that are gone that wait, without those that are out for delivery.
    pub(super) fn adopted_waiting(&self) -> usize {
        self.adopted.as_ref().map_or(0, Line::len)
    }

    /// All spans, those that are out for delivery included.
    pub(super) fn len(&self) -> usize {
        self.waiting() + self.left_behind + self.lease.as_ref().map_or(0, |lease| lease.spans)
    }

    /// Bytes that the spans in memory take, those that are out for delivery included.
    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// The number that the next span gets: every span now in the store has a lower one.
    pub(super) fn next_number(&self) -> u64 {
        self.numbers.next
    }

    /// Whether a span of this process with a number below this one is still in the store.
    pub(super) fn holds_any_before(&self, number: u64) -> bool {
        let loose = self.loose.iter().filter_map(VecDeque::front).any(|held| held.number < number);
        let theirs = self.adopted.as_ref().map(|line| line.id);
        let leased = self.lease.as_ref().is_some_and(|lease| lease.oldest < number && Some(lease.line) != theirs);
        let mut lines = self.own.as_ref().map(|own| &own.line).into_iter().chain(&self.former);
        loose || leased || lines.any(|line| line.holds_any_before(number))
    }

    /// Records that the disk turned out not to have kept, since the last time that somebody asked.
    pub(super) fn take_lost(&mut self) -> u64 {
        let lines =
            self.own.as_mut().map(|own| &mut own.line).into_iter().chain(&mut self.former).chain(&mut self.adopted);
        lines.map(|line| std::mem::take(&mut line.lost)).sum()
    }

    /// The waiting spans in memory, oldest first.
    #[cfg(test)]
    pub(super) fn spans(&self) -> Vec<SpanData> {
        let lines = self.own.as_ref().map(|own| &own.line).into_iter().chain(&self.former);
        let mut held: Vec<_> = self.loose.iter().flatten().chain(lines.flat_map(Line::held)).collect();
        held.sort_by_key(|held| held.number);
        held.into_iter().map(|held| held.span.clone()).collect()
    }
}

/// Errors are what one looks for, and local roots hold a trace together; the rest makes room for them.
fn class_of(span: &SpanData) -> Class {
    let failed = matches!(span.status, Status::Error { .. });
    let local_root = span.parent_span_id == opentelemetry::trace::SpanId::INVALID || span.parent_span_is_remote;
    if failed || local_root { Class::Kept } else { Class::Routine }
}

#[cfg(test)]
mod tests;
