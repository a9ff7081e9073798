//! What the disk is asked for on a thread that may wait for it.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::room::{Room, Sum};
use super::shelf::Shelf;
use crate::disk::DiskFile;

/// The part of the capacity that files may occupy that are set aside because the disk has not kept all of them.
const FOR_HURT: u64 = 8;

/// Work for a thread that may wait for the disk.
#[derive(Debug)]
pub struct Syncing {
    room: Arc<Room>,
    files: Vec<Arc<dyn DiskFile>>,
    folders: Vec<PathBuf>,
    remove: Vec<PathBuf>,
    aside: Vec<(PathBuf, PathBuf)>,
    /// A file that is there as long as the writer's folder is.
    sign: Option<PathBuf>,
}

/// The disk's answer, for [`super::Spool::synced`].
#[derive(Debug)]
pub struct Synced {
    pub(super) answer: io::Result<()>,
    pub(super) sum: Option<Sum>,
    /// Whether the writer's folder is gone.
    pub(super) vanished: bool,
    took: Duration,
}

impl Syncing {
    pub(super) fn new(room: Arc<Room>) -> Self {
        Self { room, files: Vec::new(), folders: Vec::new(), remove: Vec::new(), aside: Vec::new(), sign: None }
    }

    /// Adds what a shelf wants of the disk.
    pub(super) fn add(&mut self, shelf: &mut Shelf) {
        if !shelf.ready {
            return;
        }
        shelf.say_appended();
        if shelf.notes.stale {
            shelf.begin_notes(false);
        }
        for segment in shelf.sides.iter_mut().flat_map(|side| &mut side.segments).filter(|segment| segment.dirty) {
            self.files.extend(segment.file.as_ref().map(Arc::clone));
            segment.dirty = false;
        }
        for log in [&mut shelf.journal, &mut shelf.notes] {
            let (file, old) = log.take_unsynced();
            self.files.extend(file);
            self.remove.extend(old);
        }
        if !shelf.journal.stale {
            let (whole, hurt) = shelf.leave();
            self.remove.extend(whole);
            self.aside.extend(hurt);
        }
        if std::mem::take(&mut shelf.names) {
            self.folders.extend([shelf.path.clone(), shelf.room.folder.clone()]);
        }
    }

    /// Adds what shelves want that were let go since.
    pub(super) fn add_orphans(&mut self) {
        let orphans = std::mem::take(&mut *self.room.orphans.lock().unwrap_or_else(PoisonError::into_inner));
        for (file, folder) in orphans {
            self.files.push(file);
            self.folders.push(folder);
        }
    }

    /// Has it looked whether this file is still there.
    pub(super) fn look_for(&mut self, sign: PathBuf) {
        self.sign = Some(sign);
    }

    /// Whether there is nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        self.files.is_empty() && self.folders.is_empty() && self.remove.is_empty() && self.aside.is_empty()
    }

    /// Waits for the disk.
    #[must_use]
    pub fn run(self) -> Synced {
        let began = Instant::now();
        let answer = self.ask();
        let vanished = self.sign.as_ref().is_some_and(|sign| {
            self.room
                .disk
                .open(sign)
                .is_err_and(|error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
        });
        Synced { answer, sum: self.room.sum().ok(), vanished, took: began.elapsed() }
    }

    fn ask(&self) -> io::Result<()> {
        for file in &self.files {
            file.sync()?;
        }
        for folder in &self.folders {
            match self.room.disk.sync_folder(folder) {
                // It is somebody's who has removed it meanwhile, or shows below.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        if !self.folders.is_empty() {
            self.room.root();
        }
        // Only now: what they held is done with, or stands elsewhere, and the disk knows.
        for path in &self.remove {
            match self.room.disk.remove(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        for (from, to) in &self.aside {
            self.room.move_aside(from, to);
        }
        if !self.aside.is_empty() {
            self.room.limit_hurt(self.room.capacity / FOR_HURT);
        }
        Ok(())
    }
}

impl Synced {
    /// How long the disk took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }
}
