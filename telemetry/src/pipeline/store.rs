//! Where spans wait for delivery: in memory, bounded in bytes, and on disk where there is a spool.
//!
//! [`append`](Store::append) a span, [`lease`](Store::lease) the oldest ones, [`settle`](Store::settle) a lease, giving back
//! what is to be tried again. What is leased still belongs to the store: it leaves only when it is settled, so a failed export
//! loses nothing. A span that is on disk stays in memory too as long as there is room, so that the usual way reads nothing
//! back; when the disk refuses, spans wait in memory alone until it takes them.

mod batch;
mod disk;
mod line;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::disk::Disk;
use spawn_delivery::spool::{Class, Fate, Left, Spool, Synced, Unkept};

use super::size;
use crate::health::Problem;
use crate::storage::{Storage, StorageStatus};
pub(super) use batch::{Batch, Leased};
use batch::{Item, Label};
use disk::Own;
pub(super) use disk::{Duty, look};
pub(super) use line::Source;
use line::{Held, Line, LineId};

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

/// Numbers of spans: nanoseconds since 1970 at which they were taken, each greater than the one before. So what is found on
/// disk says when its writer was last alive.
#[derive(Debug)]
struct Numbers {
    next: u64,
    epoch: u64,
    start: Instant,
}

impl Numbers {
    fn new() -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch = u64::try_from(epoch.as_nanos()).unwrap_or_default();
        Self { next: epoch, epoch, start: Instant::now() }
    }

    fn take(&mut self, now: Instant) -> u64 {
        let since = u64::try_from(now.saturating_duration_since(self.start).as_nanos()).unwrap_or_default();
        let number = self.next.max(self.epoch.saturating_add(since));
        self.next = number + 1;
        number
    }
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
        let is_kept = match self.write(class, held, now) {
            Ok(()) => true,
            Err(held) => self.keep_loose(class, held),
        };
        let evicted = std::mem::take(&mut self.evicted);
        match is_kept {
            true => Appended::Stored { evicted },
            false => Appended::Full { evicted },
        }
    }

    /// Writes a span to the disk, and keeps it in memory if there is room. Or has it back.
    fn write(&mut self, class: Class, mut held: Held, now: Instant) -> Result<(), Held> {
        let Some(own) = self.own.as_mut().filter(|own| held.fits && own.is_usable(now)) else { return Err(held) };
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
                Ok(())
            }
            Err(error) => {
                held.fits = !matches!(error, Unkept::TooLarge(_));
                Err(held)
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
            if let Err(held) = self.write(class, held, now) {
                self.used += held.size;
                self.loose[class as usize].insert(place, held);
            }
        }
    }

    /// Whose spans are next: this process's and what others have left take turns, but in a hurry its own go first.
    pub(super) fn turn(&mut self, hurry: bool) -> Option<Turn> {
        self.tidy();
        let theirs = self.adopted.as_mut().and_then(|line| {
            let header = match line.closing.front() {
                Some((header, _)) => Arc::clone(header),
                None => {
                    Class::ALL.iter().filter_map(|class| line.head(*class)).min()?;
                    line.header.clone()?
                }
            };
            Some(Turn { line: line.id, header: Some(header) })
        });
        let own = self.own_waiting() > 0;
        if own && (hurry || !self.theirs || theirs.is_none()) {
            self.theirs = true;
            let former = self.former.first().map(|line| line.id);
            let own = self.own.as_ref().map_or(MEMORY, |own| own.line.id);
            return Some(Turn { line: former.unwrap_or(own), header: None });
        }
        self.theirs = false;
        theirs
    }

    /// Takes up to `spans` of the oldest spans whose turn it is, but no more than `bytes` of them beyond the first; `kept`
    /// ones before all others in a hurry.
    pub(super) fn lease(&mut self, turn: &Turn, spans: usize, bytes: usize, hurry: bool) -> Option<Leased> {
        let mut items: Vec<(Label, Item)> = Vec::new();
        let mut taken = 0;
        while items.len() < spans {
            let room = if items.is_empty() { usize::MAX } else { bytes.saturating_sub(taken) };
            let Some((label, item)) = self.take(turn, room, hurry) else { break };
            taken += label.size;
            items.push((label, item));
        }
        let oldest = items.iter().map(|(label, _)| label.number).min()?;
        self.used +=
            items.iter().filter(|(_, item)| matches!(item, Item::Bytes(_))).map(|(label, _)| label.size).sum::<usize>();
        self.hold(turn.line, &items);
        self.lease = Some(Lease { line: turn.line, oldest, spans: items.len(), bytes: taken });
        Some(Leased { items })
    }

    fn take(&mut self, turn: &Turn, room: usize, hurry: bool) -> Option<(Label, Item)> {
        let is_current = turn.line == self.own.as_ref().map_or(MEMORY, |own| own.line.id);
        if let Some(line) = self.adopted.as_mut().filter(|line| line.id == turn.line)
            && let Some((header, held)) = line.closing.front()
        {
            let is_next = Some(header) == turn.header.as_ref() && held.size <= room;
            return is_next.then(|| line.closing.pop_front()).flatten().map(|(_, held)| out(held));
        }
        let mut heads = [None; 2];
        for class in Class::ALL {
            let line = self.line(turn.line).and_then(|line| line.head(class));
            let loose = self.loose[class as usize].front().filter(|_| is_current).map(|held| held.number);
            let is_loose = loose.is_some_and(|loose| line.is_none_or(|line| loose < line));
            heads[class as usize] = if is_loose { loose } else { line }.map(|number| (number, is_loose, class));
        }
        let [routine, kept] = heads;
        let (_, is_loose, class) = match (routine, kept) {
            (Some(routine), Some(kept)) if routine.0 < kept.0 && !hurry => routine,
            (_, Some(kept)) => kept,
            (Some(routine), None) => routine,
            (None, None) => return None,
        };
        if is_loose {
            return self.loose[class as usize].pop_front_if(|held| held.size <= room).map(out);
        }
        let line = self.line(turn.line)?;
        // What follows may have been made under another resource.
        let is_theirs = line.header.is_none() || line.header == turn.header;
        if is_theirs { line.take(class, room) } else { None }
    }

    fn line(&mut self, id: LineId) -> Option<&mut Line> {
        let lines = self.own.as_mut().map(|own| &mut own.line).into_iter();
        lines.chain(&mut self.former).chain(&mut self.adopted).find(|line| line.id == id)
    }

    /// What is out does not make room for others.
    fn hold(&mut self, line: LineId, items: &[(Label, Item)]) {
        for class in Class::ALL {
            let places = items.iter().filter_map(|(label, _)| label.place).filter(|place| place.class == class);
            let (first, last) =
                places.fold((u64::MAX, 0), |(first, last), it| (first.min(it.ordinal), last.max(it.ordinal)));
            let ordinals = if first <= last { first..last + 1 } else { 0..0 };
            if let Some(line) = self.line(line) {
                line.source.hold(class, ordinals);
            }
        }
    }

    /// Ends the lease: each span, by its place in the batch, has a fate, or goes back to where it was.
    pub(super) fn settle(&mut self, batch: Batch, fate: impl Fn(usize) -> Option<Fate>, now: Instant) {
        let Some(lease) = self.lease.take() else { return };
        self.used -= lease.bytes;
        let mut done: BTreeMap<Fate, Vec<_>> = BTreeMap::new();
        let mut noted: BTreeMap<Fate, u64> = BTreeMap::new();
        if !batch.unreadable.is_empty() {
            done.insert(Fate::CORRUPT, batch.unreadable);
        }
        let mut back = Vec::new();
        for (place, (span, label)) in batch.spans.into_iter().zip(batch.labels).enumerate() {
            match (fate(place), label.place) {
                (Some(fate), Some(place)) => done.entry(fate).or_default().push(place),
                (Some(fate), None) => *noted.entry(fate).or_default() += 1,
                (None, _) => back.push((span, label)),
            }
        }
        for (span, Label { number, size, place, fits }) in back.into_iter().rev() {
            self.used += size;
            let held = Held { number, size, span, place, fits };
            self.give_back(lease.line, held);
        }
        for (fate, places) in done {
            match self.own.as_mut().filter(|own| own.line.id == lease.line) {
                Some(own) => own.done(places, fate, now),
                None => {
                    if let Some(line) = self.line(lease.line) {
                        line.source.done(&places, fate);
                    }
                    if let Some(own) = &mut self.own {
                        own.touch(now);
                    }
                }
            }
        }
        let is_theirs = self.adopted.as_ref().is_some_and(|line| line.id == lease.line);
        if let Some(own) = self.own.as_mut().filter(|_| !is_theirs) {
            noted.into_iter().for_each(|(fate, spans)| own.note(fate, spans, now));
        }
        if let Some(line) = self.line(lease.line) {
            Class::ALL.iter().for_each(|class| line.source.hold(*class, 0..0));
        }
        self.tidy();
    }

    fn give_back(&mut self, line: LineId, held: Held) {
        let class = class_of(&held.span);
        match held.place {
            Some(place) => {
                if let Some(line) = self.line(line) {
                    line.give_back(place.class, held);
                }
            }
            None => match self.adopted.as_mut().filter(|adopted| adopted.id == line) {
                Some(adopted) => {
                    let header = adopted.header.clone().unwrap_or_default();
                    adopted.closing.push_front((header, held));
                }
                None => self.loose[class as usize].push_front(held),
            },
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

    /// Has it looked soon for what writers have left that are gone.
    pub(super) fn look_now(&mut self, now: Instant) {
        if let Some(own) = &mut self.own {
            own.look_now(now);
        }
    }

    /// Whether anything of writers that are gone is here.
    pub(super) fn holds_adopted(&self) -> bool {
        self.adopted.is_some()
    }

    /// The same, or whether something may be here: since this instant nobody has looked.
    pub(super) fn may_hold_adopted(&self, since: Instant) -> bool {
        self.adopted.is_some() || self.own.as_ref().is_some_and(|own| own.is_to_look(since))
    }

    /// Records that the disk turned out not to have kept, since the last time that somebody asked.
    pub(super) fn take_lost(&mut self) -> u64 {
        let lines =
            self.own.as_mut().map(|own| &mut own.line).into_iter().chain(&mut self.former).chain(&mut self.adopted);
        lines.map(|line| std::mem::take(&mut line.lost)).sum()
    }

    /// Takes over what a writer has left: how many spans that are.
    pub(super) fn adopt(&mut self, left: Left, open: Vec<(Arc<[u8]>, SpanData)>) -> u64 {
        self.lines += 1;
        let mut line = Line::of(self.lines, left);
        for (header, span) in open {
            let size = size::in_bytes(&span);
            self.used += size;
            line.closing.push_back((header, Held { number: 0, size, span, place: None, fits: false }));
        }
        let spans = line.len() as u64;
        self.adopted = Some(line);
        self.tidy();
        spans
    }

    /// Notes a span that is under way.
    pub(super) fn begun(&mut self, id: u64, span: &SpanData, now: Instant) {
        if let Some(own) = &mut self.own {
            own.begun(id, span, now);
        }
    }

    /// Takes the note back.
    pub(super) fn ended(&mut self, id: u64, now: Instant) {
        if let Some(own) = &mut self.own {
            own.ended(id, now);
        }
    }

    /// What the thread has to do that may wait for the disk. `looks`: what others have left can be delivered.
    pub(super) fn duty(&mut self, now: Instant, looks: bool) -> Duty {
        let looks = looks && self.adopted.is_none() && self.leaving.is_empty();
        self.own.as_mut().map_or(Duty::Wait(None), |own| own.duty(now, looks))
    }

    /// Lines to be closed.
    pub(super) fn take_leaving(&mut self) -> Vec<Source> {
        std::mem::take(&mut self.leaving)
    }

    /// The disk has answered.
    pub(super) fn synced(&mut self, synced: Synced) {
        if let Some(own) = &mut self.own {
            own.synced(synced);
        }
    }

    /// The spool is back from where it was looked for what others have left.
    pub(super) fn looked(&mut self, spool: Box<Spool>, found: bool, begun: Instant) {
        match &mut self.own {
            Some(own) if matches!(own.line.source, Source::Away) => own.looked(spool, found, begun),
            _ => match self.former.iter_mut().find(|line| matches!(line.source, Source::Away)) {
                Some(line) => line.source = Source::Own(spool),
                None => self.leaving.push(Source::Own(spool)),
            },
        }
    }

    /// The program ends: what is on disk is left to the next, and all lines are to be closed. Whether there are any.
    pub(super) fn leave(&mut self) -> bool {
        let lines =
            self.own.take().map(|own| own.line).into_iter().chain(self.former.drain(..)).chain(self.adopted.take());
        for line in lines {
            self.used -= line.bytes();
            self.left_behind += line.len();
            self.leaving.push(line.source);
        }
        !self.leaving.is_empty()
    }

    /// Whether spans are kept on disk.
    pub(super) fn has_disk(&self) -> bool {
        self.own.is_some() || !self.former.is_empty()
    }

    /// Whether something was written that the disk has not been asked to keep, or a line is to be closed.
    pub(super) fn has_for_the_disk(&self) -> bool {
        !self.leaving.is_empty() || self.own.as_ref().is_some_and(Own::has_for_the_disk)
    }

    /// What is wrong with the disk.
    pub(super) fn problem(&self) -> Option<&Problem> {
        self.own.as_ref().and_then(|own| own.problem.as_ref())
    }

    /// How it stands with the spans here.
    pub(super) fn status(&self) -> StorageStatus {
        let loose = self.loose.iter().map(VecDeque::len).sum::<usize>();
        let own = self.own.as_ref();
        let usage = own.and_then(Own::usage).unwrap_or_default();
        StorageStatus {
            folder: own.and_then(|own| own.storage.folder.clone()),
            on_disk: if self.has_disk() || self.left_behind > 0 { (self.len() - loose) as u64 } else { 0 },
            in_memory: if self.has_disk() || self.left_behind > 0 { loose } else { self.len() } as u64,
            bytes: usage.bytes,
            capacity: usage.capacity,
            writers: usage.writers as u64,
            set_aside: usage.set_aside as u64,
            corrupt: usage.corrupt,
        }
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

fn out(held: Held) -> (Label, Item) {
    let Held { number, size, span, place, fits } = held;
    (Label { number, size, place, fits }, Item::Span(span))
}

/// Errors are what one looks for, and local roots hold a trace together; the rest makes room for them.
fn class_of(span: &SpanData) -> Class {
    let failed = matches!(span.status, Status::Error { .. });
    let local_root = span.parent_span_id == opentelemetry::trace::SpanId::INVALID || span.parent_span_is_remote;
    if failed || local_root { Class::Kept } else { Class::Routine }
}

#[cfg(test)]
mod tests;
