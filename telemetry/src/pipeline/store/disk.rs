//! This process's own part of the spool, and how its disk is doing. A disk that refuses or is slow is left alone for a while,
//! and what is to be said to it waits.

mod duty;
mod order;
mod pulse;
mod words;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::disk::Disk;
use spawn_delivery::spool::{Class, Fate, Options, Place, Progress, Spool, Unkept, Usage, writer_name};

pub(in crate::pipeline) use self::duty::Duty;
pub(in crate::pipeline) use self::order::Order;
use self::order::Writes;
use self::pulse::Pulse;
use self::words::{FULL, words};
use super::line::{Line, LineId, Source};
use crate::health::Problem;
use crate::record;
use crate::storage::Storage;

/// A disk that has not answered for so long whether it keeps what was written may hold writes up too. Many a healthy disk
/// takes seconds under load, and nobody waits for that: what is written meanwhile goes to the page cache.
const HANGS: Duration = Duration::from_secs(5);
/// How soon a spool is tried again in which another process was making room.
const BUSY: Duration = Duration::from_millis(2);
/// Most things that wait to be said to the disk.
const MOST_DEFERRED: usize = 4096;

/// This process's writer.
#[derive(Debug)]
pub(super) struct Own {
    disk: Arc<dyn Disk>,
    pub(super) storage: Storage,
    folder: PathBuf,
    /// How long a disk is left alone that has refused.
    rest: Duration,
    pub(super) line: Line,
    /// The resource, written once.
    header: Vec<u8>,
    buffer: Vec<u8>,
    deferred: Vec<Deferred>,
    /// Since when there is something that the disk has not been asked to keep.
    dirty: Option<Instant>,
    /// How much was written, and how much of it the disk keeps.
    writes: Writes,
    /// How it gets on while it is being asked.
    syncing: Option<Arc<Progress>>,
    /// When a disk that has refused is tried again.
    again: Option<Instant>,
    pulse: Pulse,
    /// When it is looked for what others have left.
    look: Instant,
    /// When it was last looked in vain.
    vain: Option<Instant>,
    pub(super) problem: Option<Problem>,
}

/// What could not be said to the spool when there was reason to.
#[derive(Debug)]
enum Deferred {
    Done(Vec<Place>, Fate),
    Note(Fate, u64),
    Ended(u64),
}

impl Own {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        storage: Storage,
        folder: PathBuf,
        header: Vec<u8>,
        id: LineId,
        rest: Duration,
    ) -> Self {
        let Storage { size, sync, .. } = storage;
        let writer = writer_name(SystemTime::now(), std::process::id());
        let options = Options { folder: folder.clone(), capacity: size, sync, writer };
        let mut spool = Spool::new(Arc::clone(&disk), options);
        spool.about(header.clone());
        Self {
            disk,
            storage,
            folder,
            rest,
            line: Line::own(id, spool),
            header,
            buffer: Vec::new(),
            deferred: Vec::new(),
            dirty: None,
            writes: Writes::default(),
            syncing: None,
            again: None,
            pulse: Pulse::default(),
            look: Instant::now(),
            vain: None,
            problem: None,
        }
    }

    /// Later spans are of this resource.
    pub(super) fn about(&mut self, header: Vec<u8>) {
        if self.header == header {
            return;
        }
        if let Source::Own(spool) = &mut self.line.source {
            spool.about(header.clone());
            self.header = header;
        }
    }

    /// Whether the disk can be asked now without making anybody wait.
    pub(super) fn is_usable(&self, now: Instant) -> bool {
        let hangs = self.syncing.as_ref().is_some_and(|progress| progress.longest_silence(now) > HANGS);
        let rests = self.again.is_some_and(|again| now < again);
        !hangs && !rests && !self.pulse.is_slow() && matches!(self.line.source, Source::Own(_))
    }

    /// Writes a span to the disk.
    pub(super) fn write(&mut self, class: Class, number: u64, span: &SpanData, now: Instant) -> Result<Place, Unkept> {
        let Source::Own(spool) = &mut self.line.source else {
            return Err(Unkept::Disk(io::ErrorKind::WouldBlock.into()));
        };
        self.buffer.clear();
        record::write_span(span, &mut self.buffer);
        let begun = self.disk.clock();
        let written = spool.append(class, number, &self.buffer);
        match &written {
            Ok(_) => {
                self.wrote(begun, now);
                self.well();
            }
            Err(Unkept::TooLarge(_)) => {}
            Err(Unkept::Busy) => self.again = Some(now + BUSY),
            Err(Unkept::Full) => {
                self.refused("the spool is full, and all of it is out for delivery".to_owned(), FULL, now)
            }
            Err(Unkept::Disk(error)) => self.refused_by_disk(&io::Error::new(error.kind(), error.to_string()), now),
        }
        written
    }

    /// Notes that something was written, and whether it took too long.
    fn wrote(&mut self, begun: Instant, now: Instant) {
        self.touch(now);
        let took = self.disk.clock().saturating_duration_since(begun);
        if let Some(limit) = self.pulse.wrote(took, now) {
            self.is_slow(limit);
        }
    }

    /// Notes that something was written beside this line that is synced with it.
    pub(super) fn touch(&mut self, now: Instant) {
        self.dirty.get_or_insert(now);
        self.writes.one_more();
    }

    fn is_slow(&mut self, limit: Duration) {
        let what = format!("the disk of {} takes over {} ms", self.folder.display(), limit.as_millis());
        self.trouble(what, "move the spool to a faster disk with tracing-spool-folder, or relieve this one");
    }

    /// Takes note of a refusal; the disk is left alone for a while.
    pub(super) fn refused_by_disk(&mut self, error: &io::Error, now: Instant) {
        let (what, remedy) = words(error);
        self.refused(format!("the spool in {} {what}: {error}", self.folder.display()), remedy, now);
    }

    fn refused(&mut self, what: String, remedy: &str, now: Instant) {
        self.again = Some(now + self.rest);
        self.trouble(what, remedy);
    }

    fn trouble(&mut self, what: String, remedy: &str) {
        match &mut self.problem {
            Some(problem) if problem.what == what => problem.count += 1,
            problem => {
                *problem = Some(Problem { what, remedy: remedy.to_owned(), since: Timestamp::now(), count: 1 });
            }
        }
    }

    /// Tries the disk once more whatever it has said, because there is no later.
    pub(super) fn try_now(&mut self) {
        self.again = None;
        self.pulse.try_again();
    }

    fn well(&mut self) {
        if !self.pulse.is_slow() {
            (self.again, self.problem) = (None, None);
        }
    }

    /// Enters what became of spans.
    pub(super) fn done(&mut self, places: Vec<Place>, fate: Fate, now: Instant) {
        if places.is_empty() {
            return;
        }
        if !self.is_usable(now) {
            // Should there be too many, some spans are delivered once more after a crash, and none is lost.
            if self.deferred.len() < MOST_DEFERRED {
                self.deferred.push(Deferred::Done(places, fate));
            }
            return;
        }
        let begun = self.disk.clock();
        self.line.source.done(&places, fate);
        self.wrote(begun, now);
    }

    /// Enters what became of spans that never had a place on disk.
    pub(super) fn note(&mut self, fate: Fate, spans: u64, now: Instant) {
        if spans == 0 {
            return;
        }
        match &mut self.line.source {
            Source::Own(spool) if !self.pulse.is_slow() && self.again.is_none() && self.syncing.is_none() => {
                let begun = self.disk.clock();
                spool.note(fate, spans);
                self.wrote(begun, now);
            }
            _ => {
                let noted = self.deferred.iter_mut().find_map(|it| match it {
                    Deferred::Note(of, noted) if *of == fate => Some(noted),
                    _ => None,
                });
                match noted {
                    Some(noted) => *noted += spans,
                    None => self.deferred.push(Deferred::Note(fate, spans)),
                }
            }
        }
    }

    /// Notes a span that is under way, with its resource, so that whoever finds the note can end it.
    pub(super) fn begun(&mut self, id: u64, span: &SpanData, now: Instant) {
        if !self.is_usable(now) {
            return;
        }
        self.buffer.clear();
        record::write_note(&self.header, span, &mut self.buffer);
        if let Source::Own(spool) = &mut self.line.source {
            let begun = self.disk.clock();
            spool.begun(id, &self.buffer);
            self.wrote(begun, now);
        }
    }

    /// Takes the note back.
    pub(super) fn ended(&mut self, id: u64, now: Instant) {
        match &mut self.line.source {
            Source::Own(spool) if !self.pulse.is_slow() => {
                let begun = self.disk.clock();
                spool.ended(id);
                self.wrote(begun, now);
            }
            _ if self.deferred.len() < MOST_DEFERRED => self.deferred.push(Deferred::Ended(id)),
            _ => {}
        }
    }

    /// Says to the spool what had to wait.
    pub(super) fn catch_up(&mut self, now: Instant) {
        if self.deferred.is_empty() || !self.is_usable(now) {
            return;
        }
        let begun = self.disk.clock();
        for deferred in std::mem::take(&mut self.deferred) {
            match deferred {
                Deferred::Done(places, fate) => self.line.source.done(&places, fate),
                Deferred::Note(fate, spans) => {
                    if let Source::Own(spool) = &mut self.line.source {
                        spool.note(fate, spans);
                    }
                }
                Deferred::Ended(id) => {
                    if let Source::Own(spool) = &mut self.line.source {
                        spool.ended(id);
                    }
                }
            }
        }
        self.wrote(begun, now);
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        match &self.line.source {
            Source::Own(spool) => Some(spool.usage()),
            _ => None,
        }
    }
}
