//! A spool's folder as it looks from outside, for those who check a host: whether it can be written, and what waits there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Less room than this on its disk is worth a warning.
const SCARCE: u64 = 16 * 1024 * 1024;

/// What there is to say of a spool's folder.
#[derive(Debug)]
pub enum SpoolState {
    /// It can be written, or will be made: how many bytes it has, and of how many processes.
    Good {
        /// Bytes of its files.
        bytes: u64,
        /// Folders of processes, living or gone.
        writers: usize,
    },
    /// Its disk is nearly full.
    Scarce {
        /// Bytes that are free.
        free: u64,
    },
    /// This user may not write there.
    Forbidden,
    /// Anything else.
    Broken(std::io::Error),
}

impl SpoolState {
    /// Looks at the folder, and leaves it as it was.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        // What is not there yet is made where it belongs, so the nearest folder that is there counts.
        let Some(there) = folder.ancestors().find(|path| path.exists()) else { return Self::Forbidden };
        let probe = there.join(format!(".doctor-{}", std::process::id()));
        let tried = std::fs::File::create_new(&probe).and_then(|_| std::fs::remove_file(&probe));
        match tried {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::PermissionDenied => return Self::Forbidden,
            Err(error) => return Self::Broken(error),
        }
        if let Ok(disk) = rustix::fs::statvfs(there) {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            if free < SCARCE {
                return Self::Scarce { free };
            }
        }
        let (mut bytes, mut writers) = (0, 0);
        for path in entries(folder) {
            if path.is_dir() && path.file_name().is_some_and(|name| name != "set-aside") {
                writers += 1;
            }
            bytes += size(&path);
        }
        Self::Good { bytes, writers }
    }
}

/// Bytes of a file, or of the files in a folder.
fn size(path: &Path) -> u64 {
    match path.is_dir() {
        true => entries(path).iter().map(|path| path.metadata().map_or(0, |found| found.len())).sum(),
        false => path.metadata().map_or(0, |found| found.len()),
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_looked_at_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("state/spool");
        assert!(matches!(SpoolState::of(&spool), SpoolState::Good { bytes: 0, writers: 0 }));
        assert!(!spool.exists());
        for writer in ["1-2-a", "3-4-b", "set-aside"] {
            std::fs::create_dir_all(spool.join(writer)).unwrap();
            std::fs::write(spool.join(writer).join("r-00000000.seg"), [0; 100]).unwrap();
        }
        assert!(matches!(SpoolState::of(&spool), SpoolState::Good { bytes: 300, writers: 2 }));
        assert_eq!(std::fs::read_dir(&spool).unwrap().count(), 3);
    }

    #[test]
    fn a_file_in_its_place_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("spool"), "").unwrap();
        assert!(matches!(SpoolState::of(&folder.path().join("spool")), SpoolState::Broken(_)));
    }
}
