//! What a writer has left that lives no more.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::shelf::Shelf;
use super::{Chunk, Class, Fate, Gone, Place, Totals, ledger};
use crate::disk::Lock;

/// What a writer has left that lives no more. Nobody else takes it over until this is dropped.
#[derive(Debug)]
pub struct Left(pub(super) Arc<Mutex<Taken>>);

/// A shelf and the lock that makes it ours.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) shelf: Shelf,
    pub(super) _lock: Box<dyn Lock>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let (Some(file), _) = self.shelf.journal.take_unsynced() {
            let mut orphans = self.shelf.room.orphans.lock().unwrap_or_else(PoisonError::into_inner);
            orphans.push((file, self.shelf.path.clone()));
        }
    }
}

impl Left {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing waits and nothing was under way.
    pub(super) fn is_empty(&self) -> bool {
        let shelf = &self.taken().shelf;
        !shelf.waits() && shelf.open.is_empty()
    }

    pub(super) fn next_gone(&self) -> Option<Gone> {
        self.taken().shelf.gone()
    }

    pub(super) fn begin_journal(&self) {
        self.taken().shelf.begin_journal(false);
    }

    /// The writer's name: see [`super::writer_name`].
    #[must_use]
    pub fn writer(&self) -> String {
        self.taken().shelf.name.clone()
    }

    /// As [`super::Spool::read`].
    pub fn read(&mut self, class: Class, from: u64, bytes: usize) -> Chunk {
        self.taken().shelf.read(class, from, bytes)
    }

    /// As [`super::Spool::done`].
    pub fn done(&mut self, places: &[Place], fate: Fate) {
        self.taken().shelf.done(places, fate);
    }

    /// As [`super::Spool::hold`].
    pub fn hold(&mut self, class: Class, ordinals: Range<u64>) {
        self.taken().shelf.sides[class as usize].held = ordinals;
    }

    /// As [`super::Spool::gone`]. To be asked after an append of this process, whatever it was for.
    pub fn gone(&mut self) -> Option<Gone> {
        self.next_gone()
    }

    /// As [`super::Spool::waiting`].
    #[must_use]
    pub fn waiting(&self, class: Class) -> u64 {
        self.taken().shelf.waiting(class)
    }

    /// What was under way when the writer ended, with the ids of [`super::Spool::begun`].
    #[must_use]
    pub fn open(&self) -> Vec<(u64, Vec<u8>)> {
        self.taken().shelf.open.iter().map(|(id, payload)| (*id, payload.clone())).collect()
    }

    /// The greatest order number that the writer is known to have used; 0 if it is not known to have used any.
    #[must_use]
    pub fn last_order(&self) -> u64 {
        self.taken().shelf.order
    }

    /// Records that were lost to the disk, as far as that is known by now.
    #[must_use]
    pub fn corrupt(&self) -> u64 {
        self.taken().shelf.corrupt
    }

    /// What became of the writer's records so far.
    #[must_use]
    pub fn account(&self) -> Totals {
        self.taken().shelf.totals()
    }

    /// Enters the writer in the ledger and removes its folder if nothing of it waits, else leaves it for the next, which is
    /// also what dropping this does. What was under way at its end is forgotten with the folder. Waits for the disk.
    pub fn close(self) {
        let shelf = &mut self.taken().shelf;
        let room = Arc::clone(&shelf.room);
        if !shelf.waits() {
            // On failure the next who looks for what is left finds nothing waiting in it, and tries this again.
            drop(ledger::enter(&room, shelf));
        }
    }
}
