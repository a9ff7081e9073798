//! Says on disk what is done with, and what is under way.

use std::ops::Range;

use super::Shelf;
use crate::spool::files::What;
use crate::spool::journal::{self, Account, Entry};
use crate::spool::record::{self, Kind};
use crate::spool::{Class, Fate, Place};

impl Shelf {
    /// Enters records as done with, by runs of ordinals.
    pub(in crate::spool) fn done(&mut self, places: &[Place], fate: Fate) {
        let runs =
            places.chunk_by(|one, next| one.class == next.class && one.ordinal.checked_add(1) == Some(next.ordinal));
        for run in runs {
            if let (Some(first), Some(last)) = (run.first(), run.last()) {
                self.enter(first.class, first.ordinal..last.ordinal.saturating_add(1), fate);
            }
        }
    }

    /// Enters records as done with, and says how many were not so before.
    pub(super) fn enter(&mut self, class: Class, ordinals: Range<u64>, fate: Fate) -> u64 {
        let side = &mut self.sides[class as usize];
        let ordinals = ordinals.start..ordinals.end.min(side.appended);
        if ordinals.is_empty() {
            return 0;
        }
        let (from, count) = (ordinals.start, ordinals.end - ordinals.start);
        let fresh = side.done.insert(ordinals, fate);
        if fresh > 0 {
            self.say(Entry::Done { class, fate, from, count }, false);
        }
        fresh
    }

    /// Writes an entry. Where the journal refuses, a new one is begun when the disk is next asked to keep things.
    /// `locked`: whether the spool's lock is held.
    pub(super) fn say(&mut self, entry: Entry, locked: bool) {
        if !self.ready || self.journal.stale {
            return;
        }
        let mut bytes = Vec::with_capacity(journal::ENTRY);
        entry.write(What::Done.seed(&self.name), &mut bytes);
        if !self.journal.push(&bytes) && !self.journal.stale {
            self.begin_journal(locked);
            // What is said may not be so yet, and then the new journal does not say it.
            self.journal.push(&bytes);
        }
    }

    /// Begins a journal that says all that there is to say.
    pub(in crate::spool) fn begin_journal(&mut self, locked: bool) {
        let sides = Class::ALL.map(|class| (&self.sides[class as usize].done, self.sides[class as usize].appended));
        let bytes = Account::write(What::Done.seed(&self.name), sides, self.order, &self.noted);
        self.journal.begin(&self.room, &bytes, locked);
        self.names = true;
    }

    /// Bytes that a journal or notes want for which there was no room.
    pub(in crate::spool) fn wants(&self) -> u64 {
        self.journal.wants.unwrap_or(0) + self.notes.wants.unwrap_or(0)
    }

    /// Begins those. The spool's lock is held.
    pub(in crate::spool) fn begin_wanted(&mut self) {
        if self.journal.wants.is_some() {
            self.begin_journal(true);
        }
        if self.notes.wants.is_some() {
            self.begin_notes(true);
        }
    }

    /// Has the journal say how much was appended, so that what the disk loses is counted.
    pub(in crate::spool) fn say_appended(&mut self) {
        for class in Class::ALL {
            let side = &mut self.sides[class as usize];
            if side.journalled != side.appended {
                side.journalled = side.appended;
                let entry = Entry::Appended { class, count: side.appended, order: self.order };
                self.say(entry, false);
            }
        }
        if self.ready && self.journal.stale {
            self.begin_journal(false);
        }
    }

    /// Counts records that have no place.
    pub(in crate::spool) fn note(&mut self, fate: Fate, records: u64) {
        let noted = self.noted.entry(fate).or_default();
        *noted += records;
        let entry = Entry::Noted { fate, count: *noted };
        self.say(entry, false);
    }

    /// Notes what has begun, or has ended.
    pub(in crate::spool) fn note_open(&mut self, id: u64, payload: Option<&[u8]>) {
        let seed = What::Open.seed(&self.name);
        self.scratch.clear();
        match payload {
            Some(payload) => {
                record::write(&mut self.scratch, seed, Kind::Begun, id, 0, payload);
                self.open.insert(id, payload.to_vec());
            }
            None if self.open.remove(&id).is_some() => {
                record::write(&mut self.scratch, seed, Kind::Ended, id, 0, &[]);
            }
            None => return,
        }
        if !self.ready || self.notes.stale || self.notes.push(&self.scratch) {
            return;
        }
        // Full, unless the disk refused just now: then it waits until the disk is next asked to keep things.
        if !self.notes.stale {
            self.begin_notes(false);
        }
    }

    /// Begins notes anew, with what is under way now.
    pub(in crate::spool) fn begin_notes(&mut self, locked: bool) {
        let seed = What::Open.seed(&self.name);
        let mut bytes = Vec::new();
        for (id, payload) in &self.open {
            record::write(&mut bytes, seed, Kind::Begun, *id, 0, payload);
        }
        self.notes.begin(&self.room, &bytes, locked);
        self.names = true;
    }
}
