//! Dead letters: spans that a back end has refused for good, set aside with the reason, to be looked at and sent again.
//!
//! Each batch of refused spans is a file of its own, a line of JSON for each span. It is written under another name, synced and
//! renamed, so that a crash leaves a whole file or none. A lock keeps those apart who make room, take out or drop.

mod choice;
mod folder;
mod letter;

use std::io;
use std::path::{Path, PathBuf};

pub use choice::Choice;
use folder::Folder;
pub use letter::Letter;
pub(crate) use letter::{Refused, write};

/// Name of the folder, beside the spool's.
const NAME: &str = "dead-letters";
/// Most bytes of all letters together.
const ROOM: u64 = 8 * 1024 * 1024;

/// The folder of the dead letters. Nothing is made before the first letter.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    folder: Folder,
}

/// What is in the folder.
#[derive(Debug, Default)]
pub struct Found {
    /// Oldest first.
    pub letters: Vec<Letter>,
    /// Lines and files that cannot be read.
    pub unreadable: u64,
}

/// Why nothing can be done with the letters.
#[derive(Debug, thiserror::Error)]
pub enum DeadLettersError {
    /// The file system.
    #[error("the dead letters in {} cannot be {done}", folder.display())]
    Disk {
        /// Where they are.
        folder: PathBuf,
        /// What was to be done with them.
        done: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// They are another user's.
    #[error("the dead letters in {} are another user's: ask as that user, or with sudo", folder.display())]
    Denied {
        /// Where they are.
        folder: PathBuf,
    },
    /// Somebody else holds the lock.
    #[error("another process is busy with the dead letters in {}: try again", folder.display())]
    Busy {
        /// Where they are.
        folder: PathBuf,
    },
}

/// What became of new letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Letters that are in the folder now.
    pub(crate) kept: u64,
    /// Letters that had to make room, these among them if they are too large for it.
    pub(crate) evicted: u64,
}

impl DeadLetters {
    /// The letters in this folder, of at most 8 MiB.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Folder { path: folder.into(), room: ROOM } }
    }

    /// The letters beside a spool's folder, in `dead-letters`.
    #[must_use]
    pub fn beside(spool: &Path) -> Self {
        Self::in_folder(spool.with_file_name(NAME))
    }

    #[cfg(test)]
    pub(crate) fn with_room(self, room: u64) -> Self {
        Self { folder: Folder { room, ..self.folder } }
    }

    /// Where they are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder.path
    }

    /// All letters. A folder that is not there has none.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn read(&self) -> Result<Found, DeadLettersError> {
        let mut found = Found::default();
        for name in self.folder.files().map_err(|source| self.failed("read", source))? {
            match self.folder.text(&name) {
                Ok(Some(text)) => letter::read(&name, &text, &mut found),
                // It has made room meanwhile.
                Ok(None) => {}
                Err(_) => found.unreadable += 1,
            }
        }
        Ok(found)
    }

    /// Removes the letters that are chosen, and says how many they were.
    ///
    /// # Errors
    /// If the folder cannot be read or changed; then some may be gone.
    pub fn drop(&self, choice: &Choice) -> Result<usize, DeadLettersError> {
        self.take(choice, &mut |_| true)
    }

    /// Hands over the letters that are chosen, and removes those that are taken: a crash between leaves a letter whose span
    /// has been handed over, and never one that is gone without.
    pub(crate) fn take(
        &self,
        choice: &Choice,
        taken: &mut dyn FnMut(&Letter) -> bool,
    ) -> Result<usize, DeadLettersError> {
        let failed = |source| self.failed("changed", source);
        if let Err(error) = std::fs::symlink_metadata(&self.folder.path) {
            return if error.kind() == io::ErrorKind::NotFound { Ok(0) } else { Err(failed(error)) };
        }
        let _lock = self.lock()?;
        let mut gone = 0;
        for name in self.folder.files().map_err(failed)? {
            let Some(text) = self.folder.text(&name).map_err(failed)? else { continue };
            let mut found = Found::default();
            letter::read(&name, &text, &mut found);
            let chosen: Vec<usize> =
                found.letters.iter().filter(|it| choice.takes(it) && taken(it)).map(Letter::line).collect();
            if chosen.is_empty() {
                continue;
            }
            gone += chosen.len();
            if chosen.len() == found.letters.len() && found.unreadable == 0 {
                self.folder.remove(&name).map_err(failed)?;
            } else {
                // Numbers of lines are part of the letters' ids, so a line that goes stays as an empty one.
                self.folder.write(&name, &blanked(&text, &chosen)).map_err(failed)?;
            }
        }
        Ok(gone)
    }

    /// Sets these lines aside, as many letters as there are lines. The oldest letters make room for them.
    pub(crate) fn keep(&self, lines: &[u8]) -> Result<Kept, DeadLettersError> {
        let failed = |source| self.failed("written", source);
        self.folder.make().map_err(failed)?;
        let _lock = self.lock()?;
        let new = letter::count(lines);
        let Some(evicted) = self.folder.make_room(lines.len() as u64, &letter::count).map_err(failed)? else {
            return Ok(Kept { kept: 0, evicted: new });
        };
        let name = self.folder.new_name().map_err(failed)?;
        self.folder.write(&name, lines).map_err(failed)?;
        Ok(Kept { kept: new, evicted })
    }

    fn lock(&self) -> Result<folder::Lock, DeadLettersError> {
        let lock = self.folder.lock().map_err(|source| self.failed("locked", source))?;
        lock.ok_or_else(|| DeadLettersError::Busy { folder: self.folder.path.clone() })
    }

    fn failed(&self, done: &'static str, source: io::Error) -> DeadLettersError {
        let folder = self.folder.path.clone();
        match source.kind() {
            io::ErrorKind::PermissionDenied => DeadLettersError::Denied { folder },
            _ => DeadLettersError::Disk { folder, done, source },
        }
    }
}

/// The text with these lines empty.
fn blanked(text: &[u8], lines: &[usize]) -> Vec<u8> {
    let kept = text.split_inclusive(|byte| *byte == b'\n').enumerate();
    kept.flat_map(|(line, text)| if lines.contains(&line) { &b"\n"[..] } else { text }).copied().collect()
}

#[cfg(test)]
mod tests;
