//! Takes over what writers have left that live no more.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use super::left::{Left, Taken};
use super::shelf::{LOCK, Shelf};
use super::{Spool, ledger};

impl Spool {
    /// What a writer that lives no more has left, oldest first. It is nobody else's until the answer is dropped.
    ///
    /// Writers that have left nothing are entered in the ledger on the way. `None`: there is no more, or the disk refuses, or
    /// another process is making room at this moment; it is worth asking again some time later.
    pub fn adopt(&mut self) -> Option<Left> {
        self.left.retain(|(_, taken)| taken.strong_count() > 0);
        let names = self.room.writers().ok()?;
        for name in names {
            if self.is_ours(&name) {
                continue;
            }
            if let Some(left) = self.take_over(&name) {
                if left.is_empty() {
                    left.close();
                    continue;
                }
                self.room.corrupt.fetch_add(left.corrupt(), Ordering::Relaxed);
                self.left.push((name, Arc::downgrade(&left.0)));
                // So that what is done with can be said whatever room there is later.
                left.begin_journal();
                self.catch_up();
                // Whatever that cost it, nobody knows yet what it had.
                while left.next_gone().is_some() {}
                return Some(left);
            }
        }
        None
    }

    /// The shelf of a writer, if it lives no more.
    fn take_over(&self, name: &str) -> Option<Left> {
        // While a writer makes its folder it holds this lock, so none is taken for dead that has only just begun.
        let held = self.room.lock().ok()??;
        let lock = self.room.disk.lock(&self.room.folder.join(name).join(LOCK)).ok()??;
        drop(held);
        let mut shelf = Shelf::load(Arc::clone(&self.room), name.to_owned()).ok()?;
        if ledger::has(&self.room, name) {
            shelf.remove_all();
            return None;
        }
        Some(Left(Arc::new(Mutex::new(Taken { shelf, _lock: lock }))))
    }
}
