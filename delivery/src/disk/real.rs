//! The disk of this host.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FallocateFlags, OFlags, fallocate};
use rustix::io::Errno;

use super::{Disk, DiskFile, Entry, Lock};

/// Permissions of folders: nobody but their owner.
const OWN_FOLDER: u32 = 0o700;
/// Permissions of files: nobody but their owner.
const OWN_FILE: u32 = 0o600;

/// The disk of this host.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

#[derive(Debug)]
pub(super) struct RealFile(pub(super) File);

/// `flock`: the kernel gives it back when the process ends.
#[derive(Debug)]
struct RealLock(#[expect(dead_code, reason = "it is held, not used")] File);

impl Disk for RealDisk {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(OWN_FOLDER).create(folder)?;
        must_be_ours(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // What has gone meanwhile is no error.
            let Ok(about) = entry.metadata() else { continue };
            let Ok(name) = entry.file_name().into_string() else { continue };
            if about.is_dir() || about.is_file() {
                // The kernel counts blocks of 512 bytes whatever the file system's own are.
                entries.push(Entry { name, is_folder: about.is_dir(), bytes: (about.blocks() * 512).max(about.len()) });
            }
        }
        Ok(entries)
    }

    fn create(&self, path: &Path, room: u64) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(OWN_FILE).open(path)?;
        if let Err(error) = set_aside(&file, room) {
            // The error that counts is the one that is told; the file is empty.
            drop(fs::remove_file(path));
            return Err(error);
        }
        Ok(Arc::new(RealFile(file)))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
        let file = OpenOptions::new().read(true).write(true).custom_flags(no_link).open(path)?;
        Ok(Arc::new(RealFile(file)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        fs::remove_dir(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(OWN_FILE).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(RealLock(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl DiskFile for RealFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < into.len() {
            match self.0.read_at(&mut into[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

impl Lock for RealLock {}

/// A folder that others may write to, or that leads elsewhere, is none to keep spans in.
fn must_be_ours(folder: &Path) -> io::Result<()> {
    let about = fs::symlink_metadata(folder)?;
    let path = folder.display();
    let what = if about.is_symlink() {
        format!("{path} is a symbolic link: remove it, or name the folder that it leads to")
    } else if about.uid() != rustix::process::geteuid().as_raw() {
        let (owner, user) = (about.uid(), rustix::process::geteuid().as_raw());
        format!("{path} belongs to user {owner}: run `chown {user} {path}`, or name another folder")
    } else if about.mode() & 0o022 != 0 {
        format!("others may write to {path}: run `chmod 700 {path}`")
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, what))
}

/// Where the file system cannot set room aside, the file has its size all the same, and a full disk shows later.
fn set_aside(file: &File, room: u64) -> io::Result<()> {
    if room == 0 {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::empty(), 0, room) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => file.set_len(room),
        Err(error) => Err(error.into()),
    }
}
