//! Records on disk until they are done with: what was appended survives the process.
//!
//! A folder is shared by any number of processes. Each writes files of its own alone, and takes over what others have left
//! that live no more.

mod adopt;
mod done;
mod files;
mod journal;
mod ledger;
mod left;
mod log;
mod look;
mod make_room;
mod record;
mod room;
mod scan;
mod shelf;
mod sync;
mod types;
mod vanished;

#[cfg(test)]
mod tests;

pub use adopt::Seeker;
pub use left::Left;
pub use look::{Seen, account, look};
pub use sync::{Progress, Synced, Syncing};
pub use types::{Chunk, Class, Fate, Gone, Options, Place, Record, Totals, Unkept, Usage};

use std::io;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use self::left::Taken;
use self::room::{Room, Sum};
use self::shelf::Shelf;
use crate::disk::{Disk, Lock};

/// A name that no other writer has: when it began, its process, and chance.
#[must_use]
pub fn writer_name(started: SystemTime, process: u32) -> String {
    let millis = started.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    format!("{millis:013}-{process}-{:08x}", fastrand::u32(..))
}

/// This process's part of a spool.
#[derive(Debug)]
pub struct Spool {
    room: Arc<Room>,
    sync: Duration,
    shelf: Shelf,
    /// Whether nothing was tried yet.
    is_new: bool,
    /// Says that this process lives.
    lock: Option<Box<dyn Lock>>,
    about: Arc<[u8]>,
    /// What this process has taken over.
    left: Vec<(String, Weak<Mutex<Taken>>)>,
    sum: Sum,
    /// Whether the disk is being asked.
    syncing: bool,
    last_sync: Option<Instant>,
    /// Whether the folder is gone though files in it are open.
    adrift: bool,
}

impl Spool {
    /// Touches nothing: folders are made by the first append, or the first note of what is under way.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, options: Options) -> Self {
        let Options { folder, capacity, sync, writer } = options;
        let room = Arc::new(Room::new(disk, folder, capacity));
        Self {
            shelf: Shelf::new(Arc::clone(&room), writer),
            room,
            sync,
            is_new: true,
            lock: None,
            about: Arc::default(),
            left: Vec::new(),
            sum: Sum::default(),
            syncing: false,
            last_sync: None,
            adrift: false,
        }
    }

    /// What later records are written under, such as who made them. Every segment carries it.
    pub fn about(&mut self, header: Vec<u8>) {
        if *self.about != *header {
            self.about = header.into();
            self.shelf.sides.iter_mut().for_each(|side| side.growing = false);
        }
    }

    /// Writes a record. When this returns, it survives the end of this process, however that comes.
    ///
    /// # Errors
    /// Where it is not on disk. Nothing is to be undone then, and another attempt is worth it a little later.
    pub fn append(&mut self, class: Class, order: u64, payload: &[u8]) -> Result<Place, Unkept> {
        let bytes = record::HEAD + payload.len();
        if bytes as u64 > self.room.capacity / make_room::PARTS_OF_RECORD {
            return Err(Unkept::TooLarge(payload.len()));
        }
        if self.adrift || !self.shelf.fits(class, bytes) {
            self.grow(class, bytes)?;
        }
        let place = self.shelf.write(class, order, payload).map_err(Unkept::Disk)?;
        if self.sync.is_zero() {
            self.sync_record(place)?;
        }
        Ok(place)
    }

    /// Waits until the disk has a record. One that it refuses is taken back, because the caller is told that it is not kept.
    fn sync_record(&mut self, place: Place) -> Result<(), Unkept> {
        // Whether or not another thread is asking the disk: that does not know of this record.
        let under_way = self.syncing;
        let synced = self.gather().run();
        let answer = self.synced(synced);
        self.syncing = under_way;
        answer.map_err(|error| {
            self.shelf.done(&[place], done::VOID);
            Unkept::Disk(error)
        })
    }

    /// What had to make room, each told once. To be asked after an append.
    pub fn gone(&mut self) -> Option<Gone> {
        self.shelf.gone()
    }

    /// These records are out for delivery, so they do not make room for others. In place of what was held before.
    pub fn hold(&mut self, class: Class, ordinals: Range<u64>) {
        self.shelf.sides[class as usize].held = ordinals;
    }

    /// Reads what is not done with, oldest first, from an ordinal on: one record at least, and more of them up to so many
    /// bytes of payload. All in a chunk have the same header.
    pub fn read(&mut self, class: Class, from: u64, bytes: usize) -> Chunk {
        self.shelf.read(class, from, bytes)
    }

    /// Enters what became of records. Those that were done with before stay what they were.
    pub fn done(&mut self, places: &[Place], fate: Fate) {
        self.shelf.done(places, fate);
        self.catch_up();
    }

    /// Enters what became of records that never had a place here, so that the account of all lives is whole.
    pub fn note(&mut self, fate: Fate, records: u64) {
        self.prepare();
        self.shelf.note(fate, records);
        self.catch_up();
    }

    /// Something is under way. If this process ends before [`Spool::ended`], whoever takes over finds this note. Where the disk
    /// refuses, it is written as soon as a record can be.
    pub fn begun(&mut self, id: u64, payload: &[u8]) {
        self.prepare();
        self.shelf.note_open(id, Some(payload));
        self.catch_up();
    }

    /// It is under way no more.
    pub fn ended(&mut self, id: u64) {
        self.shelf.note_open(id, None);
        self.catch_up();
    }

    /// What the disk is to be asked for, on a thread that may wait for it, if that is due. Nothing while one such is under way.
    pub fn sync(&mut self, now: Instant) -> Option<Syncing> {
        // Half of it, because a thread that wakes as often as this is due must not find it due every other time.
        if self.last_sync.is_some_and(|last| now.saturating_duration_since(last) < self.sync / 2) {
            return None;
        }
        let syncing = self.sync_now();
        if syncing.is_some() {
            self.last_sync = Some(now);
        }
        syncing
    }

    /// As [`Spool::sync`], whether it is due or not.
    pub fn sync_now(&mut self) -> Option<Syncing> {
        if self.syncing || self.adrift {
            return None;
        }
        let syncing = self.gather();
        self.syncing = !syncing.is_idle();
        self.syncing.then_some(syncing)
    }

    /// All that the disk may not know yet.
    fn gather(&mut self) -> Syncing {
        self.catch_up();
        let mut syncing = Syncing::new(Arc::clone(&self.room));
        syncing.add(&mut self.shelf);
        syncing.add_orphans();
        for taken in self.left.iter().filter_map(|(_, taken)| taken.upgrade()) {
            if let Ok(mut taken) = taken.try_lock() {
                syncing.add(&mut taken.shelf);
            }
        }
        if self.shelf.ready {
            syncing.look_for(self.shelf.path.join(shelf::LOCK));
        }
        syncing
    }

    /// The disk has answered.
    ///
    /// # Errors
    /// If it refused. What was appended is then safe from the end of the process alone.
    pub fn synced(&mut self, synced: Synced) -> io::Result<()> {
        self.syncing = false;
        self.sum = synced.sum.unwrap_or(self.sum);
        if synced.vanished {
            self.adrift = true;
            return self.come_back().map_err(io::Error::other);
        }
        if synced.answer.is_err() {
            // What the disk has of these files nobody knows any more: later records go to others.
            self.shelf.sides.iter_mut().for_each(|side| side.growing = false);
            self.shelf.journal.stale = true;
        } else {
            self.shelf.leaving.clear();
        }
        synced.answer
    }

    /// Records of this writer that are not done with.
    #[must_use]
    pub fn waiting(&self, class: Class) -> u64 {
        self.shelf.waiting(class)
    }

    /// How full the spool was when that was last looked at.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let Sum { bytes, writers, set_aside, .. } = self.sum;
        let corrupt = self.room.corrupt.load(Ordering::Relaxed);
        Usage { bytes, capacity: self.room.capacity, writers, set_aside, corrupt }
    }

    /// What became of all records of writers that are finished and of this one. Reads a file.
    #[must_use]
    pub fn ledger(&self) -> Totals {
        let mut totals = ledger::totals(&self.room);
        totals.add(&self.shelf.totals());
        totals
    }

    /// Removes what this writer has on disk if nothing of it waits, else leaves it for the next. May wait for the disk.
    pub fn close(mut self) {
        if self.shelf.waits() || !self.shelf.open.is_empty() {
            self.shelf.say_appended();
        } else {
            // On failure the next who looks for what is left finds nothing waiting in it, and tries this again.
            drop(ledger::enter(&self.room, &mut self.shelf));
        }
    }
}
