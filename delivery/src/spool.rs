//! Records on disk until they are done with: what was appended survives the process.
//!
//! A folder is shared by any number of processes. Each writes files of its own alone, and takes over what others have left
//! that live no more.

mod types;

pub use types::{Chunk, Class, Fate, Gone, Options, Place, Record, Totals, Unkept, Usage};

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::disk::Disk;

/// A name that no other writer has: when it began, its process, and chance.
#[must_use]
pub fn writer_name(started: SystemTime, process: u32) -> String {
    let millis = started.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    format!("{millis:013}-{process}-{:08x}", fastrand::u32(..))
}

/// This process's part of a spool.
#[derive(Debug)]
pub struct Spool {
    _disk: Arc<dyn Disk>,
    options: Options,
    header: Arc<[u8]>,
    records: [BTreeMap<u64, Record>; 2],
    next: [u64; 2],
    totals: Totals,
    open: BTreeMap<u64, Vec<u8>>,
}

impl Spool {
    /// Touches nothing: folders are made by the first append.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, options: Options) -> Self {
        Self {
            _disk: disk,
            options,
            header: Arc::default(),
            records: Default::default(),
            next: [0; 2],
            totals: Totals::default(),
            open: BTreeMap::new(),
        }
    }

    /// What later records are written under, such as who made them. Every segment carries it.
    pub fn about(&mut self, header: Vec<u8>) {
        self.header = header.into();
    }

    /// Writes a record. When this returns, it survives the end of this process, however that comes.
    ///
    /// # Errors
    /// Where it is not on disk. Nothing is to be undone then, and another attempt is worth it a little later.
    pub fn append(&mut self, class: Class, order: u64, payload: &[u8]) -> Result<Place, Unkept> {
        let ordinal = self.next[class as usize];
        self.next[class as usize] += 1;
        self.totals.created += 1;
        let place = Place { class, ordinal };
        self.records[class as usize].insert(ordinal, Record { place, order, payload: payload.to_vec() });
        Ok(place)
    }

    /// What had to make room, each told once. To be asked after an append.
    pub fn gone(&mut self) -> Option<Gone> {
        None
    }

    /// These records are out for delivery, so they do not make room for others. In place of what was held before.
    pub fn hold(&mut self, _class: Class, _ordinals: Range<u64>) {}

    /// Reads what is not done with, oldest first, from an ordinal on: at least one record, and no more than these bytes after it.
    pub fn read(&mut self, class: Class, from: u64, bytes: usize) -> Chunk {
        let mut chunk = Chunk { header: Arc::clone(&self.header), next: self.next[class as usize], ..Chunk::default() };
        let mut size = 0;
        for (ordinal, record) in self.records[class as usize].range(from..) {
            if size > 0 && size + record.payload.len() > bytes {
                chunk.next = *ordinal;
                break;
            }
            size += record.payload.len();
            chunk.records.push(record.clone());
        }
        chunk
    }

    /// Enters what became of records. Those that were done with before stay what they were.
    pub fn done(&mut self, places: &[Place], fate: Fate) {
        for place in places {
            if self.records[place.class as usize].remove(&place.ordinal).is_some() {
                *self.totals.done.entry(fate).or_default() += 1;
            }
        }
    }

    /// Enters what became of records that never had a place here, so that the account of all lives is whole.
    pub fn note(&mut self, fate: Fate, records: u64) {
        self.totals.created += records;
        *self.totals.done.entry(fate).or_default() += records;
    }

    /// Something is under way. If this process ends before [`Spool::ended`], whoever takes over finds this note.
    pub fn begun(&mut self, id: u64, payload: &[u8]) {
        self.open.insert(id, payload.to_vec());
    }

    /// It is under way no more.
    pub fn ended(&mut self, id: u64) {
        self.open.remove(&id);
    }

    /// What the disk is to be asked for now, on a thread that may wait for it. Nothing while one such is under way.
    pub fn sync(&mut self, _now: Instant) -> Option<Syncing> {
        None
    }

    /// As [`Spool::sync`], without waiting until it is due.
    pub fn sync_now(&mut self) -> Option<Syncing> {
        None
    }

    /// The disk has answered.
    ///
    /// # Errors
    /// If it refused. What was appended is then safe from the end of the process alone.
    pub fn synced(&mut self, synced: Synced) -> io::Result<()> {
        synced.answer
    }

    /// Records of this writer that are not done with.
    #[must_use]
    pub fn waiting(&self, class: Class) -> u64 {
        self.records[class as usize].len() as u64
    }

    /// How full the spool is.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage { capacity: self.options.capacity, ..Usage::default() }
    }

    /// What a writer that lives no more has left, oldest first. It is nobody else's until the answer is dropped.
    pub fn adopt(&mut self) -> Option<Left> {
        None
    }

    /// What became of all records of writers that are gone and of this one.
    #[must_use]
    pub fn ledger(&self) -> Totals {
        self.totals.clone()
    }

    /// Removes what this writer has on disk if nothing of it waits, else leaves it for the next.
    pub fn close(self) {}
}

/// Work for a thread that may wait for the disk.
#[derive(Debug)]
pub struct Syncing {}

impl Syncing {
    /// Waits for the disk.
    #[must_use]
    pub fn run(self) -> Synced {
        Synced { answer: Ok(()), took: Duration::ZERO }
    }
}

/// The disk's answer, for [`Spool::synced`].
#[derive(Debug)]
pub struct Synced {
    answer: io::Result<()>,
    took: Duration,
}

impl Synced {
    /// How long the disk took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }
}

/// What a writer has left that lives no more.
#[derive(Debug)]
pub struct Left {
    totals: Totals,
}

impl Left {
    /// The writer's name.
    #[must_use]
    pub fn writer(&self) -> &str {
        ""
    }

    /// As [`Spool::read`].
    pub fn read(&mut self, _class: Class, _from: u64, _bytes: usize) -> Chunk {
        Chunk::default()
    }

    /// As [`Spool::done`].
    pub fn done(&mut self, _places: &[Place], _fate: Fate) {}

    /// As [`Spool::hold`].
    pub fn hold(&mut self, _class: Class, _ordinals: Range<u64>) {}

    /// As [`Spool::gone`].
    pub fn gone(&mut self) -> Option<Gone> {
        None
    }

    /// As [`Spool::waiting`].
    #[must_use]
    pub fn waiting(&self, _class: Class) -> u64 {
        0
    }

    /// What was under way when the writer ended, with the ids of [`Spool::begun`].
    #[must_use]
    pub fn open(&self) -> Vec<(u64, Vec<u8>)> {
        Vec::new()
    }

    /// The greatest order number that the writer is known to have used.
    #[must_use]
    pub fn last_order(&self) -> u64 {
        0
    }

    /// What became of the writer's records so far.
    #[must_use]
    pub fn account(&self) -> Totals {
        self.totals.clone()
    }

    /// Enters the writer in the ledger and removes its folder if nothing of it waits, else leaves it for the next.
    /// Waits for the disk.
    pub fn close(self) {}
}
