//! A small file of a writer that entries are added to, and that begins anew, with what still counts, when it is full.

use std::path::PathBuf;
use std::sync::Arc;

use super::Unkept;
use super::files::{HEADER, What, header};
use super::room::Room;
use crate::disk::DiskFile;

/// Bytes of the first file.
const LEAST: u64 = 4096;

/// The file and those before it that are not removed yet.
#[derive(Debug)]
pub(super) struct Log {
    what: What,
    folder: PathBuf,
    number: u32,
    file: Option<Arc<dyn DiskFile>>,
    path: PathBuf,
    at: u64,
    room: u64,
    /// To be removed when the disk has the file that holds what still counted of them.
    pub(super) old: Vec<PathBuf>,
    /// Whether the disk is to be asked to keep what was written.
    pub(super) dirty: bool,
    /// Whether the disk refused an entry, so that only a new file can be whole.
    pub(super) stale: bool,
    /// Bytes that a new file wants, where there was no room for it.
    pub(super) wants: Option<u64>,
}

impl Log {
    /// A log of a writer's folder with these files so far; the next has this number.
    pub(super) fn new(what: What, folder: PathBuf, number: u32, old: Vec<PathBuf>) -> Self {
        let path = PathBuf::new();
        Self { what, folder, number, file: None, path, at: 0, room: 0, old, dirty: false, stale: false, wants: None }
    }

    /// Whether there is a file.
    pub(super) fn is_begun(&self) -> bool {
        self.file.is_some()
    }

    /// Adds entries. `false`: a new file is wanted that holds these too.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        let Some(file) = &self.file else { return false };
        if self.stale || self.at + bytes.len() as u64 > self.room {
            return false;
        }
        if file.write_at(bytes, self.at).is_err() {
            self.stale = true;
            return false;
        }
        self.at += bytes.len() as u64;
        self.dirty = true;
        true
    }

    /// Begins anew with what counts. On failure it is tried again when the disk is next asked to keep things.
    pub(super) fn begin(&mut self, room: &Room, counts: &[u8], locked: bool) {
        self.stale = true;
        let bytes = LEAST.max((2 * (HEADER + counts.len()) as u64).next_power_of_two());
        let path = self.folder.join(self.what.name(self.number));
        let file = match room.create_small(&path, bytes, locked) {
            Ok(file) => file,
            Err(refusal) => {
                self.wants = matches!(refusal, Unkept::Full).then_some(bytes);
                return;
            }
        };
        self.wants = None;
        let mut content = header(self.what, self.number, 0).to_vec();
        content.extend_from_slice(counts);
        // A number is used once, so that no half of a file is taken for a whole one.
        self.number = self.number.saturating_add(1);
        if file.write_at(&content, 0).is_err() {
            self.old.push(path);
            return;
        }
        if self.file.is_some() {
            self.old.push(std::mem::take(&mut self.path));
        }
        (self.file, self.path, self.at, self.room) = (Some(file), path, content.len() as u64, bytes);
        (self.stale, self.dirty) = (false, true);
    }

    /// The file that the disk is to keep, and those that it replaces.
    pub(super) fn take_unsynced(&mut self) -> (Option<Arc<dyn DiskFile>>, Vec<PathBuf>) {
        let file = self.file.as_ref().filter(|_| self.dirty).map(Arc::clone);
        self.dirty = false;
        let whole = self.file.is_some() && !self.stale;
        (file, if whole { std::mem::take(&mut self.old) } else { Vec::new() })
    }

    /// Nothing of it is on disk any more.
    pub(super) fn vanished(&mut self) {
        (self.file, self.stale, self.dirty) = (None, true, false);
        self.old.clear();
    }
}
