//! Reads `local.yaml` from disk: bounded, and with an error that says what to do.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Just more than `spawn-config` takes, so that it refuses what is cut here.
const MOST_READ: u64 = 1024 * 1024 + 1;

/// Why `local.yaml` was not read.
#[derive(Debug, thiserror::Error)]
pub enum LocalFileError {
    /// The user named a file that is not there.
    #[error("{} does not exist: create it, or unset SPAWN_CONFIG", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is there but cannot be read.
    #[error("{} cannot be read ({source}): give the agent's user read access (chmod 644) or name another file in SPAWN_CONFIG", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// What the file holds; `None` when it is absent and nobody asked for it by name.
pub(crate) fn read(path: &Path, named: bool) -> Result<Option<Vec<u8>>, LocalFileError> {
    let path = path.to_owned();
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named => {
            return Err(LocalFileError::Missing { path });
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(LocalFileError::Unreadable { path, source }),
    };
    let mut bytes = Vec::new();
    match file.take(MOST_READ).read_to_end(&mut bytes) {
        Ok(_) => Ok(Some(bytes)),
        Err(source) => Err(LocalFileError::Unreadable { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_file_is_no_error_unless_it_was_named() {
        let path = Path::new("/nonexistent/local.yaml");
        assert_eq!(read(path, false).unwrap(), None);
        let message = read(path, true).unwrap_err().to_string();
        assert_eq!(message, "/nonexistent/local.yaml does not exist: create it, or unset SPAWN_CONFIG");
    }

    #[test]
    fn a_folder_in_place_of_the_file_says_what_to_do() {
        let message = read(Path::new("/"), true).unwrap_err().to_string();
        assert!(message.contains("cannot be read") && message.contains("SPAWN_CONFIG"), "{message}");
    }
}
