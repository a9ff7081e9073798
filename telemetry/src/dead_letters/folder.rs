//! The files of the dead letters: named by the time at which they were written, so that names tell which is the oldest.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a file's name ends in.
const ENDING: &str = ".jsonl";
/// What the name of a file begins with that is not whole yet.
const UNFINISHED: &str = ".new-";
/// Name of the file that is locked.
const LOCK: &str = "lock";
/// How often the lock is tried, and how long apart.
const TRIES: (u32, Duration) = (20, Duration::from_millis(50));
/// What a file takes of the disk beside its content, at most: what is left of its last block.
const BLOCK: u64 = 4_096;

/// The folder and its bound.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// Most bytes of all files together.
    pub(super) room: u64,
}

/// Held until it is dropped, or until the process ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "it is held, not used")] File);

impl Folder {
    /// Makes the folder, for this user alone.
    pub(super) fn make(&self) -> io::Result<()> {
        if !self.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        }
        // What stands there instead, a symbolic link for example, is somebody else's.
        if self.exists() { Ok(()) } else { Err(ErrorKind::NotADirectory.into()) }
    }

    pub(super) fn exists(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|about| about.is_dir())
    }

    /// Names of the files that are whole, oldest first.
    pub(super) fn files(&self) -> io::Result<Vec<String>> {
        let mut names: Vec<String> = self.names()?.into_iter().filter(|name| name.ends_with(ENDING)).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort_unstable();
        Ok(names)
    }

    /// What is in a file, as far as there is room for; `None` if it is gone.
    pub(super) fn text(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.path.join(name);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Ok(about) if about.is_file() => {}
            other => return other.and(Err(ErrorKind::InvalidData.into())),
        }
        let mut text = Vec::new();
        File::open(path)?.take(self.room).read_to_end(&mut text)?;
        Ok(Some(text))
    }

    /// Removes the oldest files until there is room for so many bytes, and says how many letters they held, as `count` counts
    /// them; `None` if there never is.
    pub(super) fn make_room(&self, bytes: u64, count: &dyn Fn(&[u8]) -> u64) -> io::Result<Option<u64>> {
        let need = in_blocks(bytes);
        if need > self.room {
            return Ok(None);
        }
        // Whoever left these has crashed: the lock is ours.
        for name in self.names()?.iter().filter(|name| name.starts_with(UNFINISHED)) {
            self.remove(name)?;
        }
        let files = self.files()?;
        let sizes: Vec<u64> = files.iter().map(|name| self.size(name)).collect();
        let (mut used, mut evicted): (u64, u64) = (sizes.iter().sum(), 0);
        for (name, size) in files.iter().zip(sizes) {
            if used + need <= self.room {
                break;
            }
            evicted += self.text(name)?.map_or(0, |text| count(&text));
            self.remove(name)?;
            used -= size;
        }
        Ok(Some(evicted))
    }

    /// Writes a file whole, or not at all, in place of any that has its name.
    pub(super) fn write(&self, name: &str, text: &[u8]) -> io::Result<()> {
        let unfinished = self.path.join(format!("{UNFINISHED}{name}"));
        let written = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
            file.write_all(text)?;
            file.sync_all()?;
            fs::rename(&unfinished, self.path.join(name))?;
            File::open(&self.path)?.sync_all()
        };
        written().inspect_err(|_| {
            // The error that counts is the one that is told.
            drop(fs::remove_file(&unfinished));
        })
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// A name that no file has, later than those of all others even if the clock was set back. For who holds the lock.
    pub(super) fn new_name(&self) -> io::Result<String> {
        let now = jiff::Timestamp::now().as_millisecond();
        let files = self.files()?;
        let of = |name: &String| name.get(..13)?.parse::<i64>().ok();
        let latest = files.last().and_then(of).map_or(now, |latest| latest.max(now));
        let number = files.iter().filter(|name| of(name) == Some(latest)).count();
        Ok(format!("{latest:013}-{number:04}{ENDING}"))
    }

    /// The lock, unless another process keeps it for long.
    pub(super) fn lock(&self) -> io::Result<Option<Lock>> {
        let path = self.path.join(LOCK);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        for _ in 0..TRIES.0 {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Lock(file))),
                Err(TryLockError::WouldBlock) => std::thread::sleep(TRIES.1),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    fn names(&self) -> io::Result<Vec<String>> {
        match fs::read_dir(&self.path) {
            Ok(entries) => Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn size(&self, name: &str) -> u64 {
        fs::symlink_metadata(Path::new(&self.path).join(name)).map_or(0, |about| in_blocks(about.len()))
    }
}

fn in_blocks(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK) * BLOCK
}
