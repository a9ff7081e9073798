//! Makes room for a segment: what is least worth keeping goes first.

use std::io;
use std::sync::Arc;

use super::files::HEADER;
use super::record::HEAD;
use super::room::{Room, Sum};
use super::shelf::{LOCK, Shelf};
use super::{Class, Spool, Unkept};

/// A record may take one of so many parts of the capacity.
pub(super) const PARTS_OF_RECORD: u64 = 4;
/// A segment takes one of so many parts of the capacity, within the limits below.
const PARTS_OF_SEGMENT: u64 = 32;
/// Bytes of the smallest segment.
const LEAST: u64 = 32 * 1024;
/// Bytes of the largest, but for one that holds a single record.
const MOST: u64 = 1024 * 1024;
/// Bytes of a writer's first segment, so that a short command costs little.
const FIRST: u64 = 64 * 1024;
/// Room is set aside in blocks of so many bytes, as file systems do.
const BLOCK: u64 = 4096;

impl Spool {
    /// Begins a segment that has room for a record of this size.
    pub(super) fn grow(&mut self, class: Class, bytes: usize) -> Result<(), Unkept> {
        self.shelf.sides[class as usize].growing = false;
        let room = self.room_of_segment(class, bytes);
        let held = if std::mem::take(&mut self.is_new) { self.room.wait_for_first_lock() } else { self.room.lock() };
        let _held = held.map_err(Unkept::Disk)?.ok_or(Unkept::Busy)?;
        self.folder()?;
        let journal = if self.shelf.journal.is_begun() { 0 } else { BLOCK };
        self.make_room(class, room + journal)?;
        if journal > 0 {
            // Before the first record, so that what is done with can be said whatever room there is later.
            self.shelf.begin_journal(true);
        }
        let grown = match self.shelf.grow(class, room, &self.about) {
            // A disk that is nearly full may have room for a small one.
            Err(error) if is_full(&error) && room > self.least_room(bytes) => {
                self.shelf.grow(class, self.least_room(bytes), &self.about)
            }
            grown => grown,
        };
        grown.map_err(Unkept::Disk)
    }

    /// Has room made for journals and notes that found none, at the cost of routine records of writers that are gone.
    pub(super) fn catch_up(&mut self) {
        let mut bytes = self.shelf.wants();
        self.each_taken(|shelf| {
            bytes += shelf.wants();
            false
        });
        if bytes == 0 || self.adrift {
            return;
        }
        let Ok(Some(_held)) = self.room.lock() else { return };
        let enough = |room: &Room, sum: &Sum| sum.bytes + bytes <= room.capacity;
        let free = |spool: &mut Self| spool.free_for_nothing() || spool.free_of_others(Class::Routine);
        if self.clear(enough, free).is_ok() {
            self.shelf.begin_wanted();
            self.each_taken(|shelf| {
                shelf.begin_wanted();
                false
            });
        }
    }

    /// Has the folder made before there is a record. Where that fails, the first record tries it again.
    pub(super) fn prepare(&mut self) {
        if !self.shelf.ready
            && let Ok(Some(_held)) = self.room.lock()
        {
            drop(self.folder());
        }
    }

    fn room_of_segment(&self, class: Class, bytes: usize) -> u64 {
        let usual = (self.room.capacity / PARTS_OF_SEGMENT).clamp(LEAST, MOST);
        let first = self.shelf.sides[class as usize].next_number == 0;
        let room = if first { usual.min(FIRST) } else { usual };
        room.max(self.least_room(bytes))
    }

    /// The smallest segment that is worth a file and has room for a record of this size.
    fn least_room(&self, bytes: usize) -> u64 {
        let needed = (HEADER + 2 * (HEAD + self.about.len()) + bytes) as u64;
        needed.max(LEAST).next_multiple_of(BLOCK)
    }

    /// Has the writer's folder made, locked, so that it counts as living. The spool's lock is held.
    fn folder(&mut self) -> Result<(), Unkept> {
        if self.adrift {
            return self.settle_again();
        }
        if self.shelf.ready {
            return Ok(());
        }
        let disk = &self.room.disk;
        disk.create_folder(&self.shelf.path).map_err(Unkept::Disk)?;
        let lock = disk.lock(&self.shelf.path.join(LOCK)).map_err(Unkept::Disk)?;
        self.lock = Some(lock.ok_or(Unkept::Busy)?);
        self.shelf.ready = true;
        self.shelf.names = true;
        if !self.shelf.open.is_empty() {
            self.shelf.begin_notes(true);
        }
        Ok(())
    }

    /// Sees to it that so many bytes more are within the capacity. The spool's lock is held.
    fn make_room(&mut self, class: Class, bytes: u64) -> Result<(), Unkept> {
        self.clear(|room, sum| room.allows(sum, bytes), |spool| spool.free(class))
    }

    /// Frees something until that is enough.
    fn clear(
        &mut self,
        enough: impl Fn(&Room, &Sum) -> bool,
        mut free: impl FnMut(&mut Self) -> bool,
    ) -> Result<(), Unkept> {
        loop {
            self.sum = self.room.sum().map_err(Unkept::Disk)?;
            if enough(&self.room, &self.sum) {
                return Ok(());
            }
            if !free(self) {
                return Err(Unkept::Full);
            }
        }
    }

    /// Removes what is least worth keeping, for a record of this class. Whether there was anything.
    fn free(&mut self, class: Class) -> bool {
        // A routine record makes no kept one go.
        let classes = if class == Class::Kept { &Class::ALL[..] } else { &Class::ALL[..1] };
        self.free_for_nothing() || classes.iter().any(|class| self.free_of_others(*class) || self.shelf.evict(*class))
    }

    /// Removes what nothing waits in.
    fn free_for_nothing(&mut self) -> bool {
        self.shelf.remove_done() || self.each_taken(Shelf::remove_done) || self.room.remove_set_aside()
    }

    /// Removes the oldest segment of a writer that is gone.
    fn free_of_others(&self, class: Class) -> bool {
        self.each_taken(|shelf| shelf.evict(class)) || self.evict_dead(class)
    }

    /// Does this to shelves that were taken over, until it is done to one.
    fn each_taken(&self, mut act: impl FnMut(&mut Shelf) -> bool) -> bool {
        self.left.iter().filter_map(|(_, taken)| taken.upgrade()).any(|taken| {
            // One that is busy is being read or written at this moment.
            taken.try_lock().is_ok_and(|mut taken| act(&mut taken.shelf))
        })
    }

    /// Has the oldest segment of a writer make room that lives no more and that nobody has taken over.
    fn evict_dead(&self, class: Class) -> bool {
        let Ok(names) = self.room.writers() else { return false };
        names.into_iter().filter(|name| !self.is_ours(name)).any(|name| {
            let lock = self.room.disk.lock(&self.room.folder.join(&name).join(LOCK));
            let Ok(Some(_held)) = lock else { return false };
            Shelf::load(Arc::clone(&self.room), name).is_ok_and(|mut shelf| shelf.remove_done() || shelf.evict(class))
        })
    }

    /// Whether a folder is this writer's, or one that it has taken over.
    pub(super) fn is_ours(&self, name: &str) -> bool {
        name == self.shelf.name || self.left.iter().any(|(left, taken)| left == name && taken.strong_count() > 0)
    }
}

/// Whether the disk, and not the spool, has no room for a file.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
