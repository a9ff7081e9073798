//! Takes over what writers have left that live no more.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use super::left::{Left, Taken};
use super::room::Room;
use super::shelf::{LOCK, Shelf};
use super::{Spool, ledger};

/// Looks for what others have left, beside the spool and without holding it up: it reads whole files.
#[derive(Debug)]
pub struct Seeker(Arc<Room>);

impl Spool {
    /// What a writer that lives no more has left, oldest first. It is nobody else's until the answer is dropped.
    ///
    /// Writers that have left nothing are entered in the ledger on the way. `None`: there is no more, or the disk refuses, or
    /// another process is making room at this moment; it is worth asking again some time later.
    pub fn adopt(&mut self) -> Option<Left> {
        let left = self.seeker().seek()?;
        self.found(&left);
        Some(left)
    }

    /// What looks for it on a thread that may wait for the disk. What it finds is to be told to [`Spool::found`].
    #[must_use]
    pub fn seeker(&self) -> Seeker {
        Seeker(Arc::clone(&self.room))
    }

    /// Remembers what was found, so that it makes room for others before what this process has written.
    pub fn found(&mut self, left: &Left) {
        self.left.retain(|(_, taken)| taken.strong_count() > 0);
        self.left.push((left.writer(), Arc::downgrade(&left.0)));
        self.catch_up();
        // Whatever that cost it, nobody knows yet what it had.
        while left.next_gone().is_some() {}
    }
}

impl Seeker {
    /// As [`Spool::adopt`].
    #[must_use]
    pub fn seek(self) -> Option<Left> {
        let names = self.0.writers().ok()?;
        for name in names {
            // One that lives is locked, and so are this process's own and those that it has taken over.
            let Some(left) = self.take_over(&name) else { continue };
            if left.is_empty() {
                left.close();
                continue;
            }
            self.0.corrupt.fetch_add(left.corrupt(), Ordering::Relaxed);
            return Some(left);
        }
        None
    }

    /// The shelf of a writer, if it lives no more.
    fn take_over(&self, name: &str) -> Option<Left> {
        let room = &self.0;
        // While a writer makes its folder it holds this lock, so none is taken for dead that has only just begun.
        let held = room.wait_for_lock().ok()??;
        let lock = room.disk.lock(&room.folder.join(name).join(LOCK)).ok()??;
        drop(held);
        let mut shelf = Shelf::load(Arc::clone(room), name.to_owned()).ok()?;
        // Not while that was read: those who have spans to keep wait for nobody.
        let _held = room.wait_for_lock().ok()??;
        if ledger::has(room, name) {
            shelf.remove_all();
            return None;
        }
        // So that what is done with can be said, whatever room there is later and whoever is busy then.
        shelf.begin_journal(true);
        Some(Left(Arc::new(Mutex::new(Taken { shelf, _lock: lock }))))
    }
}
