//! What goes into a spool and what comes out of it.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a record is kept when there is no room for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Goes first.
    Routine,
    /// Goes when nothing of the other class is left.
    Kept,
}

impl Class {
    /// Both of them, the one that goes first before the other.
    pub const ALL: [Self; 2] = [Self::Routine, Self::Kept];
}

/// Which record of a writer. Ordinals count from 0 in each class, without gaps but for appends that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Its class.
    pub class: Class,
    /// How many of its class were before it.
    pub ordinal: u64,
}

/// What became of a record. 0 is delivery; 1 to 199 are the caller's own reasons for a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fate(pub u8);

impl Fate {
    /// The back end has it.
    pub const DELIVERED: Self = Self(0);
    /// It had to make room for others.
    pub const EVICTED: Self = Self(253);
    /// The disk has not kept it.
    pub const CORRUPT: Self = Self(254);
    /// It is done with, but what said how is lost.
    pub const UNKNOWN: Self = Self(255);
}

/// Where a spool is and how it behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its folder, shared with other processes of this user.
    pub folder: PathBuf,
    /// Bytes that all writers together may occupy there.
    pub capacity: u64,
    /// How long what was appended may stay in memory of the kernel. 0: [`super::Spool::append`] waits for the disk.
    pub sync: Duration,
    /// A name that no other writer has: [`super::writer_name`].
    pub writer: String,
}

/// Why a record is not on disk.
#[derive(Debug, thiserror::Error)]
pub enum Unkept {
    /// There is no room, and nothing that may go.
    #[error("the spool is full")]
    Full,
    /// Another process is making room at this moment. The next attempt is worth it in a moment.
    #[error("the spool is busy")]
    Busy,
    /// It would take more than a quarter of the spool.
    #[error("the span has {0} bytes, more than a quarter of the spool")]
    TooLarge(usize),
    /// The disk refused.
    #[error("the spool's disk refused")]
    Disk(#[source] io::Error),
}

/// A record as it was appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it is.
    pub place: Place,
    /// The number that it was appended with.
    pub order: u64,
    /// Its bytes.
    pub payload: Vec<u8>,
}

/// Records that were read. All of them have the same header.
#[derive(Debug, Default)]
pub struct Chunk {
    /// What they were written under: see [`super::Spool::about`].
    pub header: Arc<[u8]>,
    /// What is not done with, oldest first.
    pub records: Vec<Record>,
    /// The ordinal to ask for next.
    pub next: u64,
    /// Records that were passed and that the disk has not kept. They are entered as done with [`Fate::CORRUPT`].
    pub corrupt: u64,
    /// The disk refused after these records. It is worth another attempt, a little later.
    pub trouble: Option<io::Error>,
}

/// Records that had to make room. Those among them that were not done with are entered as done with [`Fate::EVICTED`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Their class.
    pub class: Class,
    /// Their ordinals; none of these can be read any more.
    pub ordinals: Range<u64>,
    /// How many of them were not done with.
    pub records: u64,
}

/// Records by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Appended, or noted as lost without a place here.
    pub created: u64,
    /// Done with, by fate.
    pub done: BTreeMap<Fate, u64>,
}

impl Totals {
    /// Neither delivered nor lost.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.created.saturating_sub(self.done.values().sum())
    }

    /// Adds those of another.
    pub fn add(&mut self, other: &Self) {
        self.created += other.created;
        for (fate, records) in &other.done {
            *self.done.entry(*fate).or_default() += records;
        }
    }
}

/// How full the spool is, when that was last looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of all writers together, room set aside included.
    pub bytes: u64,
    /// Bytes that they may occupy.
    pub capacity: u64,
    /// Writers with a folder, living or gone.
    pub writers: usize,
    /// Files set aside: of a version that is not known here, or with parts that the disk has not kept.
    pub set_aside: usize,
    /// Records that this process found lost to the disk.
    pub corrupt: u64,
}
