//! A folder whose disk is full, read-only, broken or slow for one program, from one moment to the next and without rights.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::{NamedTempFile, TempDir};

use crate::python::target;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/faulty_disk/faulty_disk.rs");

/// What is wrong with a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// Nothing.
    None,
    /// It has no room left (`ENOSPC`).
    Full,
    /// Nothing on it can be changed (`EROFS`).
    ReadOnly,
    /// It answers with errors, when it is waited for too (`EIO`).
    Broken,
    /// The user may not have more of it (`EDQUOT`).
    Quota,
    /// Every change takes this much longer.
    Slow(Duration),
}

impl DiskFault {
    /// The error's number, as Linux counts, and the milliseconds.
    fn numbers(self) -> [u32; 2] {
        match self {
            Self::None => [0, 0],
            Self::Full => [28, 0],
            Self::ReadOnly => [30, 0],
            Self::Broken => [5, 0],
            Self::Quota => [122, 0],
            Self::Slow(delay) => [0, u32::try_from(delay.as_millis()).unwrap_or(u32::MAX)],
        }
    }
}

/// The disk under a folder, as the programs see it that have [`FaultyDisk::env`] in their environment.
#[derive(Debug)]
pub struct FaultyDisk {
    library: PathBuf,
    folder: PathBuf,
    control: NamedTempFile,
}

impl FaultyDisk {
    /// A disk that is well, under a folder with an absolute path.
    ///
    /// # Errors
    /// When the library that is loaded into programs cannot be built.
    pub fn under(folder: &Path) -> Result<Self> {
        let control = NamedTempFile::with_prefix("faulty-disk-")?;
        control.as_file().write_all_at(&[0; 12], 0).context("write what is wrong with the disk")?;
        Ok(Self { library: library()?, folder: folder.to_owned(), control })
    }

    /// A file that says how often programs have had the disk keep something: a test's own program may copy it.
    pub fn control(&self) -> &Path {
        self.control.path()
    }

    /// How often programs had the disk keep something, as [`FaultyDisk::control`] or a copy of it says.
    ///
    /// # Errors
    /// When the file cannot be read, or is another.
    pub fn syncs(control: &Path) -> Result<u32> {
        let numbers = fs::read(control).with_context(|| format!("read {}", control.display()))?;
        let syncs = numbers.get(8..12).and_then(|syncs| syncs.try_into().ok()).context("read a number of 32 bits")?;
        Ok(u32::from_ne_bytes(syncs))
    }

    /// What a program needs in its environment.
    pub fn env(&self) -> [(String, String); 3] {
        let text = |path: &Path| path.display().to_string();
        [
            ("LD_PRELOAD".to_owned(), text(&self.library)),
            ("FAULTY_DISK_FOLDER".to_owned(), text(&self.folder)),
            ("FAULTY_DISK_CONTROL".to_owned(), text(self.control.path())),
        ]
    }

    /// From now on this is wrong with it.
    ///
    /// # Errors
    /// When the file that says so cannot be written.
    pub fn set(&self, fault: DiskFault) -> Result<()> {
        let [error, delay] = fault.numbers().map(u32::to_ne_bytes);
        self.control.as_file().write_all_at(&[error, delay].concat(), 0).context("write what is wrong with the disk")
    }
}

/// Built once for each process that runs tests; they may do so at the same time.
fn library() -> Result<PathBuf> {
    static LIBRARY: OnceLock<std::result::Result<PathBuf, String>> = OnceLock::new();
    let built = LIBRARY.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    built.clone().map_err(|error| anyhow::anyhow!("{error}"))
}

fn build() -> Result<PathBuf> {
    let folder = target(std::env::var_os("CARGO_TARGET_DIR").as_deref()).join("faulty-disk");
    fs::create_dir_all(&folder)?;
    let library = folder.join("libfaulty_disk.so");
    let changed = |path: &Path| fs::metadata(path).and_then(|about| about.modified());
    if changed(&library).is_ok_and(|built| changed(Path::new(SOURCE)).is_ok_and(|source| built > source)) {
        return Ok(library);
    }
    let own = TempDir::new_in(&folder)?;
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", "2024", "--crate-type", "cdylib", "-O", "-C", "panic=abort", "-o"])
        .arg(own.path().join("built"))
        .arg(SOURCE)
        .output()
        .context("run rustc")?;
    ensure!(output.status.success(), "build {SOURCE}: {}", String::from_utf8_lossy(&output.stderr));
    File::open(own.path().join("built"))?.sync_all()?;
    fs::rename(own.path().join("built"), &library)?;
    Ok(library)
}
