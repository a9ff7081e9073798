//! A disk that can be looked at and not changed: for whoever wants to see a spool that others work on.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::OFlags;

use super::real::RealFile;
use super::{Disk, DiskFile, Entry, Lock, RealDisk};

/// The disk of this host, of which nothing is changed: every operation that would is an error.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOnlyDisk;

impl Disk for ReadOnlyDisk {
    fn create_folder(&self, _: &Path) -> io::Result<()> {
        Err(read_only())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        RealDisk.list(folder)
    }

    fn create(&self, _: &Path, _: u64) -> io::Result<Arc<dyn DiskFile>> {
        Err(read_only())
    }

    /// Opens a file to read it; writing to it is an error.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
        Ok(Arc::new(RealFile(OpenOptions::new().read(true).custom_flags(no_link).open(path)?)))
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(read_only())
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        Err(read_only())
    }

    fn remove_folder(&self, _: &Path) -> io::Result<()> {
        Err(read_only())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Err(read_only())
    }

    fn lock(&self, _: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        Err(read_only())
    }
}

fn read_only() -> io::Error {
    io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "the spool is only looked at")
}
