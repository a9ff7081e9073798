//! What the spool has promised, what the back end got, and whether the two agree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use spawn_delivery::disk::{Disk as _, SimulatedDisk};
use spawn_delivery::spool::{Class, Fate, Options, Place, Record, Totals};

/// The fate of records that a test gives up.
pub(crate) const GIVEN_UP: Fate = Fate(7);
/// The fate of records that never had a place.
pub(crate) const NOTED: Fate = Fate(8);

pub(crate) const FOLDER: &str = "/state/spool";

/// What a process was told of a record.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) writer: u64,
    pub(crate) place: Place,
    /// A sync that began after the append went well.
    pub(crate) safe: bool,
    /// It was evicted, or given up.
    pub(crate) gone: bool,
}

/// One sending of a record.
#[derive(Clone, Copy, Debug)]
struct Sending {
    batch: u64,
}

/// What is known of a batch.
#[derive(Clone, Copy, Debug, Default)]
struct Batch {
    /// `done` returned to a process that lived.
    entered: bool,
    /// And a sync after it went well.
    safe: bool,
    /// Of records of this writer's own, sent by itself: those of others are synced when all of them are done with.
    own: Option<u64>,
}

/// A disk and all that became known of what was put on it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) disk: SimulatedDisk,
    pub(crate) capacity: u64,
    pub(crate) sync: Duration,
    /// Records by their number, which is their order and stands in their payload.
    pub(crate) facts: BTreeMap<u64, Fact>,
    /// Appends that failed: whether they are on disk, nobody was told.
    pub(crate) unsure: BTreeSet<u64>,
    pub(crate) noted: u64,
    /// Notes that may have been lost with the process or the disk.
    pub(crate) notes_unsure: u64,
    sent: BTreeMap<u64, Vec<Sending>>,
    batches: BTreeMap<u64, Batch>,
    given_up: BTreeSet<u64>,
    pub(crate) last: u64,
    pub(crate) writers: u64,
    pub(crate) trouble: Trouble,
    /// Notes of what is under way, of processes that were killed or live.
    pub(crate) open: BTreeSet<u64>,
    /// Notes that were found.
    pub(crate) found: BTreeSet<u64>,
}

/// What happens to the processes or the disk, and so what may be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Processes are killed: what was appended is there, what was entered as done is.
    Killed,
    /// The power is lost: so it is with what was synced.
    Power,
    /// The disk refuses: what was appended is there, but it may be sent again.
    Refused,
}

impl World {
    pub(crate) fn new(seed: u64, capacity: u64, sync: Duration) -> Self {
        let disk = SimulatedDisk::new(seed);
        disk.create_folder(Path::new("/state")).unwrap();
        disk.settle();
        Self {
            disk,
            capacity,
            sync,
            facts: BTreeMap::new(),
            unsure: BTreeSet::new(),
            noted: 0,
            notes_unsure: 0,
            sent: BTreeMap::new(),
            batches: BTreeMap::new(),
            given_up: BTreeSet::new(),
            last: 0,
            writers: 0,
            trouble: Trouble::Killed,
            open: BTreeSet::new(),
            found: BTreeSet::new(),
        }
    }

    pub(crate) fn options(&mut self) -> Options {
        self.writers += 1;
        Options {
            folder: PathBuf::from(FOLDER),
            capacity: self.capacity,
            sync: self.sync,
            writer: format!(
                "{:013}-{}-{:08x}",
                1_700_000_000_000 + self.writers,
                100 + self.writers,
                self.writers * 77
            ),
        }
    }

    /// Takes records over for sending: their bytes are those that were appended, and they were not sent in vain before.
    pub(crate) fn send(&mut self, records: &[Record], own: Option<u64>) -> u64 {
        let batch = self.batches.len() as u64;
        self.batches.insert(batch, Batch { own, ..Batch::default() });
        for record in records {
            let number = u64::from_le_bytes(record.payload[..8].try_into().unwrap());
            assert_eq!(record.payload, payload(number), "record {number} is not what was appended");
            assert_eq!(record.order, number);
            let known = self.facts.get(&number).is_none_or(|fact| fact.place == record.place);
            assert!(known, "record {number} is at {:?}", record.place);
            assert!(
                self.facts.contains_key(&number) || self.unsure.contains(&number),
                "record {number} was never appended"
            );
            let known_as = self.facts.get(&number).cloned();
            let sendings = self.sent.entry(number).or_default();
            for before in &*sendings {
                let before = self.batches[&before.batch];
                let excused = match self.trouble {
                    Trouble::Killed => !before.entered,
                    Trouble::Power => !before.safe,
                    Trouble::Refused => true,
                };
                assert!(excused, "record {number} of {known_as:?} is sent again though it was entered as done");
            }
            sendings.push(Sending { batch });
        }
        batch
    }

    /// `done` has returned for a batch, to a process that lives.
    pub(crate) fn entered(&mut self, batch: u64) {
        self.batches.entry(batch).or_default().entered = true;
    }

    /// What a sync that begins now would make safe.
    pub(crate) fn unsafe_now(&self) -> Unsafe {
        let batches = self.batches.iter().filter(|(_, batch)| batch.entered && !batch.safe).map(|(number, _)| *number);
        let facts = self.facts.iter().filter(|(_, fact)| !fact.safe).map(|(number, fact)| (*number, fact.writer));
        Unsafe { batches: batches.collect(), facts: facts.collect() }
    }

    /// A sync of this writer went well.
    pub(crate) fn safe(&mut self, then: &Unsafe, writer: u64) {
        for (number, of) in &then.facts {
            if let Some(fact) = self.facts.get_mut(number).filter(|_| *of == writer) {
                fact.safe = true;
            }
        }
        for number in &then.batches {
            if let Some(batch) = self.batches.get_mut(number).filter(|batch| batch.own == Some(writer)) {
                batch.safe = true;
            }
        }
    }

    pub(crate) fn gave_up(&mut self, records: &[Record]) {
        for record in records {
            self.given_up.insert(record.order);
            if let Some(fact) = self.facts.get_mut(&record.order) {
                fact.gone = true;
            }
        }
    }

    /// The promise R6: all files together stay below the cap, whatever happens.
    pub(crate) fn check_room(&self) {
        let folder = Path::new(FOLDER);
        let files = self.disk.files();
        let size = |path: &PathBuf| self.disk.contents(path).map_or(0, |contents| contents.len() as u64);
        let bytes: u64 = files.iter().filter(|path| path.starts_with(folder)).map(size).sum();
        assert!(bytes <= self.capacity, "{bytes} bytes in {}: {files:#?}", self.capacity);
    }

    /// Everything has been taken over and delivered: the account of all lives holds, and what was promised was delivered.
    pub(crate) fn check_end(&self, ledger: &Totals) {
        let fate = |fate: Fate| ledger.done.get(&fate).copied().unwrap_or_default();
        assert_eq!(ledger.waiting(), 0, "{ledger:?}");
        assert_eq!(ledger.created, ledger.done.values().sum::<u64>(), "{ledger:?}");
        let missing: Vec<u64> = self.facts.keys().filter(|number| !self.is_accounted(**number)).copied().collect();
        let lost = fate(Fate::EVICTED) + fate(Fate::CORRUPT) + fate(Fate::UNKNOWN);
        if self.trouble == Trouble::Power {
            let promised: Vec<&u64> = missing.iter().filter(|number| self.facts[number].safe).collect();
            assert!(promised.len() as u64 <= fate(Fate::EVICTED), "synced and lost: {promised:?}, {ledger:?}");
            return;
        }
        assert!(missing.len() as u64 <= fate(Fate::EVICTED), "appended and lost: {missing:?}, {ledger:?}");
        let forgotten: Vec<&u64> = self.open.difference(&self.found).collect();
        assert!(
            forgotten.is_empty() || self.trouble == Trouble::Refused,
            "not known to have been under way: {forgotten:?}"
        );
        // An append that a kill has broken off may look like one that the disk has not kept.
        let corrupt = fate(Fate::CORRUPT) + fate(Fate::UNKNOWN);
        assert!(corrupt <= self.unsure.len() as u64, "{} appends failed: {ledger:?}", self.unsure.len());
        let delivered: Vec<u64> = self.sent.keys().filter(|number| !self.given_up.contains(number)).copied().collect();
        let sure =
            self.facts.len() as u64 + self.sent.keys().filter(|number| self.unsure.contains(number)).count() as u64;
        let notes = self.noted..=self.noted + self.notes_unsure;
        assert!(notes.contains(&fate(NOTED)), "{} to {} noted, {ledger:?}", notes.start(), notes.end());
        let created = ledger.created - fate(NOTED);
        assert!((sure..=sure + self.unsure.len() as u64).contains(&created), "{sure} appended, {ledger:?}");
        assert!(fate(Fate::DELIVERED) <= self.sent.len() as u64, "{} sent, {ledger:?}", self.sent.len());
        assert!(fate(Fate::DELIVERED) + lost >= delivered.len() as u64, "{} sent, {ledger:?}", delivered.len());
    }

    pub(crate) fn sent(&self) -> BTreeSet<u64> {
        self.sent.keys().copied().collect()
    }

    fn is_accounted(&self, number: u64) -> bool {
        self.facts[&number].gone || self.sent.contains_key(&number)
    }
}

/// What was not safe when a sync began.
#[derive(Debug, Default)]
pub(crate) struct Unsafe {
    batches: Vec<u64>,
    facts: Vec<(u64, u64)>,
}

/// The bytes of a record: its number, and some that follow from it.
pub(crate) fn payload(number: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(number);
    // Most are small, some larger than a sector, few larger than a page.
    let length = match number % 8 {
        0..=4 => random.usize(..200),
        5..=6 => random.usize(200..1500),
        _ => random.usize(1500..9000),
    };
    let mut payload = number.to_le_bytes().to_vec();
    payload.extend(std::iter::repeat_with(|| random.u8(..)).take(length));
    payload
}

pub(crate) fn class(number: u64) -> Class {
    if number % 3 == 0 { Class::Kept } else { Class::Routine }
}
