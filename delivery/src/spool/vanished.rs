//! The folder was removed while its files were open: what they hold is written again.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::shelf::{LOCK, Segment};
use super::{Spool, Unkept};
use crate::disk::{Disk, DiskFile};

/// Bytes that are copied at a time.
const PIECE: usize = 64 * 1024;

impl Spool {
    /// Makes the folder again, with all that is still open of it.
    pub(super) fn come_back(&mut self) -> Result<(), Unkept> {
        let _held = self.room.lock().map_err(Unkept::Disk)?.ok_or(Unkept::Busy)?;
        self.settle_again()
    }

    /// As [`Spool::come_back`], with the spool's lock held.
    pub(super) fn settle_again(&mut self) -> Result<(), Unkept> {
        let disk = Arc::clone(&self.room.disk);
        self.lock = None;
        self.room.rooted.store(false, Ordering::Relaxed);
        disk.create_folder(&self.shelf.path).map_err(Unkept::Disk)?;
        let lock = disk.lock(&self.shelf.path.join(LOCK)).map_err(Unkept::Disk)?;
        self.lock = Some(lock.ok_or(Unkept::Busy)?);
        for segment in self.shelf.sides.iter_mut().flat_map(|side| &mut side.segments) {
            copy_again(&*disk, segment).map_err(Unkept::Disk)?;
        }
        self.shelf.journal.vanished();
        self.shelf.notes.vanished();
        self.shelf.names = true;
        self.shelf.begin_journal(true);
        if !self.shelf.open.is_empty() {
            self.shelf.begin_notes(true);
        }
        self.adrift = false;
        Ok(())
    }
}

/// Writes the file of a segment anew from what is open of it. One whose file was closed is lost, which shows when it is read.
fn copy_again(disk: &dyn Disk, segment: &mut Segment) -> io::Result<()> {
    let Some(from) = &segment.file else { return Ok(()) };
    if is_there(disk, &segment.path) {
        return Ok(());
    }
    let to = disk.create(&segment.path, segment.room)?;
    if let Err(error) = copy(&**from, &*to, segment.at) {
        drop(disk.remove(&segment.path));
        return Err(error);
    }
    (segment.file, segment.dirty) = (Some(to), true);
    Ok(())
}

fn is_there(disk: &dyn Disk, path: &Path) -> bool {
    disk.open(path).is_ok()
}

fn copy(from: &dyn DiskFile, to: &dyn DiskFile, bytes: u64) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    let mut at = 0;
    while at < bytes {
        let want = usize::try_from(bytes - at).unwrap_or(PIECE).min(PIECE);
        let read = from.read_at(&mut piece[..want], at)?;
        if read == 0 {
            break;
        }
        to.write_at(&piece[..read], at)?;
        at += read as u64;
    }
    Ok(())
}
