//! What the disk is asked for on a thread that may wait for it.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
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
    progress: Arc<Progress>,
}

/// How the disk gets on with what it is asked for, as those see it who do not wait for it. That all of it takes long says little:
/// it is many things, and a busy machine has the thread wait between any two.
#[derive(Debug)]
pub struct Progress {
    began: Instant,
    /// When the disk answered last, in µs since.
    last: AtomicU64,
    /// The longest time without an answer.
    longest: AtomicU64,
}

/// The disk's answer, for [`super::Spool::synced`].
#[derive(Debug)]
pub struct Synced {
    pub(super) answer: io::Result<()>,
    pub(super) sum: Option<Sum>,
    /// Whether the writer's folder is gone.
    pub(super) vanished: bool,
}

impl Syncing {
    pub(super) fn new(room: Arc<Room>) -> Self {
        Self {
            room,
            files: Vec::new(),
            folders: Vec::new(),
            remove: Vec::new(),
            aside: Vec::new(),
            sign: None,
            progress: Progress::new(),
        }
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

    /// For those who want to know meanwhile whether the disk hangs.
    #[must_use]
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Waits for the disk.
    #[must_use]
    pub fn run(self) -> Synced {
        let answer = self.ask();
        let vanished = self.sign.as_ref().is_some_and(|sign| {
            self.room
                .disk
                .open(sign)
                .is_err_and(|error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
        });
        Synced { answer, sum: self.room.sum().ok(), vanished }
    }

    fn ask(&self) -> io::Result<()> {
        for file in &self.files {
            file.sync()?;
            self.progress.goes_on();
        }
        for folder in &self.folders {
            match self.room.disk.sync_folder(folder) {
                // It is somebody's who has removed it meanwhile, or shows below.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => self.progress.goes_on(),
            }
        }
        if !self.folders.is_empty() {
            self.room.root();
            self.progress.goes_on();
        }
        // Only now: what they held is done with, or stands elsewhere, and the disk knows.
        for path in &self.remove {
            match self.room.disk.remove(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => self.progress.goes_on(),
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

impl Progress {
    fn new() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), last: AtomicU64::new(0), longest: AtomicU64::new(0) })
    }

    fn goes_on(&self) {
        self.answered(Instant::now());
    }

    fn answered(&self, now: Instant) {
        let since = now.saturating_duration_since(self.began);
        let now = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        let last = self.last.swap(now, Ordering::Relaxed);
        self.longest.fetch_max(now.saturating_sub(last), Ordering::Relaxed);
    }

    /// The longest time that the disk has gone without an answer so far.
    #[must_use]
    pub fn longest_silence(&self, now: Instant) -> Duration {
        let since = now.saturating_duration_since(self.began);
        let silent = since.saturating_sub(Duration::from_micros(self.last.load(Ordering::Relaxed)));
        silent.max(Duration::from_micros(self.longest.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_silent_from_one_answer_to_the_next_and_not_for_all_that_it_is_asked() {
        let progress = Progress::new();
        let after = |seconds| progress.began + Duration::from_secs(seconds);
        let silent = |seconds| progress.longest_silence(after(seconds)).as_secs();
        assert_eq!(silent(6), 6);
        progress.answered(after(6));
        progress.answered(after(9));
        assert_eq!((silent(9), silent(14), silent(20)), (6, 6, 11));
    }
}
