//! What the spool wants of a disk, so that tests can take its power away between any two of these operations.

mod read_only;
mod real;
mod simulated;

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

pub use read_only::ReadOnlyDisk;
pub use real::RealDisk;
pub use simulated::{Crash, Fault, Operation, SimulatedDisk};

/// A file system, as far as the spool uses one. Every operation may fail, and may be the last before a crash.
pub trait Disk: Debug + Send + Sync {
    /// Makes the folder and those above it, for this user alone. One that is there already is fine.
    ///
    /// # Errors
    /// Those of the file system.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// What is in a folder, in no order.
    ///
    /// # Errors
    /// Those of the file system.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;

    /// Makes a new file for this user alone, and sets `room` bytes aside for it, which read as zeros until they are written.
    /// So a full disk shows here and not in the middle of a record.
    ///
    /// # Errors
    /// Those of the file system; then there is no such file. One that exists is an error.
    fn create(&self, path: &Path, room: u64) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file to read it and to write to it.
    ///
    /// # Errors
    /// Those of the file system. A symbolic link is an error.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Gives a file another name, in place of any that had it. A crash leaves the old or the new, never neither.
    ///
    /// # Errors
    /// Those of the file system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Those of the file system.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    ///
    /// # Errors
    /// Those of the file system.
    fn remove_folder(&self, folder: &Path) -> io::Result<()>;

    /// Has the disk remember which names a folder holds: creations, renames and removals.
    ///
    /// # Errors
    /// Those of the file system.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Takes a lock that lasts until it is dropped or its process ends, however it does. `None`: another has it.
    ///
    /// # Errors
    /// Those of the file system. The file is made where there is none.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>>;

    /// The time by which those who use it see how long it takes.
    fn clock(&self) -> Instant {
        Instant::now()
    }
}

/// An open file. It may be used from several threads.
pub trait DiskFile: Debug + Send + Sync {
    /// Writes all of the bytes there. A crash may leave any part of them.
    ///
    /// # Errors
    /// Those of the file system; then any part may be written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Fills the buffer from there on, as far as the file goes, and says how far that was.
    ///
    /// # Errors
    /// Those of the file system.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Bytes of the file, those included that were only set aside.
    ///
    /// # Errors
    /// Those of the file system.
    fn size(&self) -> io::Result<u64>;

    /// Returns when the disk has what was written.
    ///
    /// # Errors
    /// Those of the file system. What was written before may be lost then, and a second attempt proves nothing.
    fn sync(&self) -> io::Result<()>;
}

/// A lock that somebody holds.
pub trait Lock: Debug + Send + Sync {}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the folder. A name that is no UTF-8 is nothing of ours and not listed.
    pub name: String,
    /// Whether it is a folder; symbolic links are neither listed nor followed.
    pub is_folder: bool,
    /// Bytes that the file occupies, those included that were only set aside.
    pub bytes: u64,
}
