//! The room that all writers of a spool share, and who may take some of it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Unkept;
use super::files::What;
use crate::disk::{Disk, DiskFile, Entry, Lock};

/// The file whose lock is held while room is summed up and taken.
const LOCK: &str = "lock";
/// The folder of files that are set aside.
pub(super) const SET_ASIDE: &str = "set-aside";
/// The part of the capacity that is left to journals, notes and the ledger.
const FOR_SMALL_FILES: u64 = 16;
/// How often a lock is asked for before another process's work is not waited for: a millisecond or so.
const ATTEMPTS: usize = 100;
/// How often it is asked for by those who may wait, and how far apart.
const WAITS: (usize, Duration) = (1_000, Duration::from_millis(1));
/// How often by a writer that has nothing on disk yet, where its first record would be in memory alone: many short commands
/// begin at the same time, and each waits so once.
const FIRST_WAITS: usize = 100;

/// What a folder of all writers is, and how much may be in it.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
    pub(super) capacity: u64,
    /// Records that this process found lost to the disk.
    pub(super) corrupt: AtomicU64,
    /// Journals of writers that were taken over and let go, which the disk may not have, and their folders.
    pub(super) orphans: Mutex<Vec<(Arc<dyn DiskFile>, PathBuf)>>,
    /// Whether the disk knows the folder, too.
    pub(super) rooted: AtomicBool,
}

/// What is in the folder.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) bytes: u64,
    /// Of these, bytes of journals, notes and the ledger.
    pub(super) small: u64,
    pub(super) writers: usize,
    pub(super) set_aside: usize,
}

impl Room {
    pub(super) fn new(disk: Arc<dyn Disk>, folder: PathBuf, capacity: u64) -> Self {
        let (corrupt, orphans, rooted) = (AtomicU64::new(0), Mutex::default(), AtomicBool::new(false));
        Self { disk, folder, capacity, corrupt, orphans, rooted }
    }

    /// Has the folder made if need be, and nobody else take room, until the answer is dropped. `None`: another does.
    pub(super) fn lock(&self) -> io::Result<Option<Box<dyn Lock>>> {
        self.disk.create_folder(&self.folder)?;
        self.lock_of(&self.folder.join(LOCK))
    }

    /// As [`Room::lock`], for those who may wait for what another process does.
    pub(super) fn wait_for_lock(&self) -> io::Result<Option<Box<dyn Lock>>> {
        self.wait_for_lock_so_often(WAITS.0)
    }

    /// As [`Room::wait_for_lock`], for the first record of a writer.
    pub(super) fn wait_for_first_lock(&self) -> io::Result<Option<Box<dyn Lock>>> {
        self.wait_for_lock_so_often(FIRST_WAITS)
    }

    fn wait_for_lock_so_often(&self, times: usize) -> io::Result<Option<Box<dyn Lock>>> {
        for _ in 0..times {
            if let Some(lock) = self.lock()? {
                return Ok(Some(lock));
            }
            std::thread::sleep(WAITS.1);
        }
        Ok(None)
    }

    /// Has the disk remember the folder itself, which this process may have made, and those above it.
    pub(super) fn root(&self) {
        if !self.rooted.swap(true, Ordering::Relaxed) {
            // Those that are another user's may not be opened; they have been there for long.
            self.folder.ancestors().skip(1).for_each(|above| drop(self.disk.sync_folder(above)));
        }
    }

    /// Asks for a lock a few times.
    pub(super) fn lock_of(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        for _ in 0..ATTEMPTS {
            if let Some(lock) = self.disk.lock(path)? {
                return Ok(Some(lock));
            }
            std::thread::yield_now();
        }
        Ok(None)
    }

    /// Whether so many bytes more may be set aside for a segment.
    pub(super) fn allows(&self, sum: &Sum, bytes: u64) -> bool {
        let for_segments = self.capacity - self.capacity / FOR_SMALL_FILES;
        sum.bytes + bytes <= self.capacity && sum.bytes - sum.small + bytes <= for_segments
    }

    /// The names of the folders of writers, those that began first before others.
    pub(super) fn writers(&self) -> io::Result<Vec<String>> {
        let entries = self.disk.list(&self.folder)?;
        let mut names: Vec<String> = entries
            .into_iter()
            .filter(|entry| entry.is_folder && is_writer(&entry.name))
            .map(|entry| entry.name)
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Adds up what is there.
    pub(super) fn sum(&self) -> io::Result<Sum> {
        let mut sum = Sum::default();
        for entry in self.disk.list(&self.folder)? {
            if !entry.is_folder {
                sum.bytes += entry.bytes;
                sum.small += entry.bytes;
                continue;
            }
            // One that its writer has removed meanwhile is empty.
            let within = self.disk.list(&self.folder.join(&entry.name)).unwrap_or_default();
            for file in &within {
                sum.bytes += file.bytes;
                sum.small +=
                    if matches!(What::of(&file.name), Some((What::Done | What::Open, _))) { file.bytes } else { 0 };
            }
            if entry.name == SET_ASIDE {
                sum.set_aside = within.len();
            } else {
                sum.writers += usize::from(is_writer(&entry.name));
            }
        }
        Ok(sum)
    }

    /// Makes a journal or notes, if there is room for it. `locked`: whether the caller has the lock.
    pub(super) fn create_small(&self, path: &Path, bytes: u64, locked: bool) -> Result<Arc<dyn DiskFile>, Unkept> {
        let _held = if locked { None } else { Some(self.lock().map_err(Unkept::Disk)?.ok_or(Unkept::Busy)?) };
        if self.sum().map_err(Unkept::Disk)?.bytes + bytes > self.capacity {
            return Err(Unkept::Full);
        }
        self.disk.create(path, bytes).map_err(Unkept::Disk)
    }

    /// The files that are set aside, those first that may go first.
    pub(super) fn set_aside(&self) -> io::Result<Vec<Entry>> {
        let mut entries = match self.disk.list(&self.folder.join(SET_ASIDE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            listed => listed?,
        };
        entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    /// Sets a file aside. Where that fails it stays what it is, to be found again.
    pub(super) fn move_aside(&self, from: &Path, to: &Path) {
        let folder = self.folder.join(SET_ASIDE);
        drop(self.disk.create_folder(&folder).and_then(|()| self.disk.rename(from, to)));
    }

    /// Removes files that were set aside because the disk has not kept all of them, until the rest fits so many bytes.
    pub(super) fn limit_hurt(&self, bytes: u64) {
        let Ok(entries) = self.set_aside() else { return };
        let hurt: Vec<Entry> = entries.into_iter().filter(|entry| entry.name.starts_with("hurt-")).collect();
        let mut sum: u64 = hurt.iter().map(|entry| entry.bytes).sum();
        for entry in hurt {
            if sum <= bytes {
                break;
            }
            drop(self.disk.remove(&self.folder.join(SET_ASIDE).join(&entry.name)));
            sum -= entry.bytes;
        }
    }

    /// Removes the file that is set aside and may go first. Whether there was one.
    pub(super) fn remove_set_aside(&self) -> bool {
        let oldest = self.set_aside().ok().and_then(|entries| entries.into_iter().find(|entry| !entry.is_folder));
        oldest.is_some_and(|entry| self.disk.remove(&self.folder.join(SET_ASIDE).join(entry.name)).is_ok())
    }
}

/// Whether this is the name of a writer's folder: see [`super::writer_name`].
fn is_writer(name: &str) -> bool {
    let mut parts = name.split('-');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let hex = |part: &str| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.next().is_some_and(digits)
        && parts.next().is_some_and(digits)
        && parts.next().is_some_and(hex)
        && parts.next().is_none()
}
