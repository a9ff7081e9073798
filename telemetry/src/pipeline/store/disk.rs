//! This process's own part of the spool, and how its disk is doing. A disk that refuses or is slow is left alone for a while,
//! and what is to be said to it waits.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::disk::Disk;
use spawn_delivery::spool::{Class, Fate, Left, Options, Place, Spool, Synced, Syncing, Unkept, Usage, writer_name};

use super::line::{Line, LineId, Source};
use crate::health::Problem;
use crate::record;
use crate::storage::Storage;

/// What takes longer than this must not be waited for by those who hand spans over.
const SLOW: Duration = Duration::from_millis(100);
/// How often a slow disk is asked whether it is well again.
const ASK: Duration = Duration::from_secs(1);
/// How often it is looked for what others have left.
const LOOK: Duration = Duration::from_secs(30);
/// Most things that wait to be said to the disk.
const MOST_DEFERRED: usize = 4096;

/// This process's writer.
#[derive(Debug)]
pub(super) struct Own {
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
    /// Since when it is being asked.
    syncing: Option<Instant>,
    /// When a disk that has refused is tried again.
    again: Option<Instant>,
    /// When a disk that was slow is asked again.
    slow: Option<Instant>,
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

/// What there is to do for a thread that may wait for the disk.
#[derive(Debug)]
pub(in crate::pipeline) enum Duty {
    /// Nothing before this instant, or before somebody calls.
    Wait(Option<Instant>),
    /// To be run, and the answer brought back.
    Sync(Syncing),
    /// What others have left is to be looked for, and the spool brought back.
    Look(Box<Spool>),
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
        let mut spool = Spool::new(disk, options);
        spool.about(header.clone());
        Self {
            storage,
            folder,
            rest,
            line: Line::own(id, spool),
            header,
            buffer: Vec::new(),
            deferred: Vec::new(),
            dirty: None,
            syncing: None,
            again: None,
            slow: None,
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
        let syncs_long = self.syncing.is_some_and(|since| now.saturating_duration_since(since) > SLOW);
        let rests = self.again.is_some_and(|again| now < again);
        !syncs_long && !rests && self.slow.is_none() && matches!(self.line.source, Source::Own(_))
    }

    /// Writes a span to the disk.
    pub(super) fn write(&mut self, class: Class, number: u64, span: &SpanData, now: Instant) -> Result<Place, Unkept> {
        let Source::Own(spool) = &mut self.line.source else {
            return Err(Unkept::Disk(io::ErrorKind::WouldBlock.into()));
        };
        self.buffer.clear();
        record::write_span(span, &mut self.buffer);
        let written = spool.append(class, number, &self.buffer);
        match &written {
            Ok(_) => {
                self.wrote(now);
                self.well();
            }
            Err(Unkept::TooLarge(_)) => {}
            Err(Unkept::Full) => {
                self.refused("the spool is full, and all of it is out for delivery".to_owned(), FULL, now)
            }
            Err(Unkept::Disk(error)) => self.refused_by_disk(&io::Error::new(error.kind(), error.to_string()), now),
        }
        written
    }

    /// Notes that something was written, and whether it took too long.
    fn wrote(&mut self, begun: Instant) {
        self.dirty.get_or_insert(begun);
        let now = Instant::now();
        if now.saturating_duration_since(begun) > SLOW {
            self.is_slow(now);
        }
    }

    /// Notes that something was written beside this line that is synced with it.
    pub(super) fn touch(&mut self, now: Instant) {
        self.dirty.get_or_insert(now);
    }

    fn is_slow(&mut self, now: Instant) {
        self.slow = Some(now + ASK);
        let what = format!("the disk of {} takes over {} ms", self.folder.display(), SLOW.as_millis());
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
        (self.again, self.slow) = (None, None);
    }

    fn well(&mut self) {
        if self.slow.is_none() {
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
        self.line.source.done(&places, fate);
        self.wrote(now);
    }

    /// Enters what became of spans that never had a place on disk.
    pub(super) fn note(&mut self, fate: Fate, spans: u64, now: Instant) {
        if spans == 0 {
            return;
        }
        match &mut self.line.source {
            Source::Own(spool) if self.slow.is_none() && self.again.is_none() && self.syncing.is_none() => {
                spool.note(fate, spans);
                self.wrote(now);
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
            spool.begun(id, &self.buffer);
            self.wrote(now);
        }
    }

    /// Takes the note back.
    pub(super) fn ended(&mut self, id: u64, now: Instant) {
        match &mut self.line.source {
            Source::Own(spool) if self.slow.is_none() => {
                spool.ended(id);
                self.wrote(now);
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
        self.wrote(now);
    }

    /// Has it looked soon for what others have left.
    pub(super) fn look_now(&mut self, now: Instant) {
        self.look = self.look.min(now);
    }

    /// Whether it is still to be looked, since this instant, for what others have left.
    pub(super) fn is_to_look(&self, since: Instant) -> bool {
        let is_possible = matches!(self.line.source, Source::Away) || self.is_usable(Instant::now());
        is_possible && self.vain.is_none_or(|vain| vain < since)
    }

    /// What the thread beside has to do. `looks`: whether there is anybody to take over what others have left.
    pub(super) fn duty(&mut self, now: Instant, looks: bool) -> Duty {
        let sync = self.storage.sync;
        let Source::Own(spool) = &mut self.line.source else { return Duty::Wait(None) };
        if self.syncing.is_none() {
            let asked = self.slow.is_some_and(|ask| ask <= now);
            let due = self.dirty.is_some_and(|dirty| dirty + sync <= now);
            let syncing = if asked {
                spool.sync_now()
            } else if due {
                spool.sync(now)
            } else {
                None
            };
            if due || asked {
                self.dirty = None;
            }
            if let Some(syncing) = syncing {
                self.syncing = Some(now);
                return Duty::Sync(syncing);
            }
            if asked {
                // There is nothing to ask it for, so the next span will show.
                self.slow = None;
            }
        }
        if looks && self.look <= now && self.is_usable(now) {
            self.look = now + LOOK;
            return match std::mem::replace(&mut self.line.source, Source::Away) {
                Source::Own(spool) => Duty::Look(spool),
                other => {
                    self.line.source = other;
                    Duty::Wait(None)
                }
            };
        }
        let look = looks.then_some(self.look);
        // What is due and not possible is possible when something else has happened, such as the end of a rest.
        let ahead = [self.again, self.slow, look].map(|at| at.filter(|at| *at > now));
        Duty::Wait(ahead.into_iter().chain([self.dirty.map(|dirty| dirty + sync)]).flatten().min())
    }

    /// The disk has answered.
    pub(super) fn synced(&mut self, synced: Synced) {
        let now = Instant::now();
        let took = self.syncing.take().map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let Source::Own(spool) = &mut self.line.source else { return };
        match spool.synced(synced) {
            Err(error) => self.refused_by_disk(&error, now),
            Ok(()) if took > SLOW => self.is_slow(now),
            Ok(()) => {
                if self.slow.take().is_some() {
                    self.well();
                }
            }
        }
    }

    /// The spool is back.
    pub(super) fn looked(&mut self, spool: Box<Spool>, found: bool, begun: Instant) {
        let now = Instant::now();
        self.line.source = Source::Own(spool);
        // There may be more.
        if found {
            self.look = now;
        } else {
            self.vain = Some(begun);
        }
        self.catch_up(now);
    }

    pub(super) fn has_for_the_disk(&self) -> bool {
        self.dirty.is_some() || self.again.is_some() || self.slow.is_some()
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        match &self.line.source {
            Source::Own(spool) => Some(spool.usage()),
            _ => None,
        }
    }
}

/// Looks for what a writer has left that is gone.
pub(in crate::pipeline) fn look(spool: &mut Spool) -> Option<Left> {
    spool.adopt()
}

const FULL: &str = "raise tracing-spool-size, or see what keeps spans from being delivered";

/// What a refusal means, and what to do about it.
fn words(error: &io::Error) -> (&'static str, &'static str) {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull => ("has no room on its disk", "make room, or set tracing-spool-folder to another disk"),
        Kind::QuotaExceeded => ("is beyond the quota of its disk", "raise the quota, or set tracing-spool-folder"),
        Kind::ReadOnlyFilesystem => {
            ("is on a disk that cannot be written to", "mount it writable, or set tracing-spool-folder")
        }
        Kind::PermissionDenied => {
            ("cannot be written to", "let the program's user write there, or set tracing-spool-folder")
        }
        Kind::NotFound => ("has gone", "let the folder be; it is made again"),
        _ => ("cannot be kept", "check the disk, or set tracing-spool-folder to another"),
    }
}
