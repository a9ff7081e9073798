//! Reads `local.yaml` from disk: bounded, and with an error that says what to do.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Just more than `spawn-config` takes, so that it refuses what is cut here.
const MOST_READ: u64 = 1024 * 1024 + 1;

/// Why `local.yaml` was not read.
#[derive(Debug, thiserror::Error)]
pub enum LocalFileError {
    /// The user named a file that is not there.
    #[error("{} does not exist: create it, or {}", path.display(), named.otherwise())]
    Missing {
        /// The file.
        path: PathBuf,
        /// Where the user named it.
        named: Named,
    },
    /// The file is there but cannot be read.
    #[error("{} cannot be read ({reason}): it must be a file that this user may read (chmod 644)", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason; part of the message, therefore no source of its own.
        reason: std::io::Error,
    },
}

/// Where a user named a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// On the command line.
    ByArgument,
    /// In `SPAWN_CONFIG`.
    ByVariable,
}

impl Named {
    fn otherwise(self) -> &'static str {
        match self {
            Self::ByArgument => "name another file",
            Self::ByVariable => "unset SPAWN_CONFIG",
        }
    }
}

/// What the file holds; `None` when it is absent and nobody asked for it by name.
pub(crate) fn read(path: &Path, named: Option<Named>) -> Result<Option<Vec<u8>>, LocalFileError> {
    let path = path.to_owned();
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return named.map_or(Ok(None), |named| Err(LocalFileError::Missing { path, named }));
        }
        Err(reason) => return Err(LocalFileError::Unreadable { path, reason }),
    };
    let mut bytes = Vec::new();
    match file.take(MOST_READ).read_to_end(&mut bytes) {
        Ok(_) => Ok(Some(bytes)),
        Err(reason) => Err(LocalFileError::Unreadable { path, reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_file_is_no_error_unless_it_was_named() {
        let path = Path::new("/nonexistent/local.yaml");
        assert_eq!(read(path, None).unwrap(), None);
        for (named, otherwise) in [(Named::ByVariable, "unset SPAWN_CONFIG"), (Named::ByArgument, "name another file")]
        {
            let message = read(path, Some(named)).unwrap_err().to_string();
            assert_eq!(message, format!("/nonexistent/local.yaml does not exist: create it, or {otherwise}"));
        }
    }

    #[test]
    fn a_folder_in_place_of_the_file_is_explained_once() {
        let error = read(Path::new("/"), Some(Named::ByVariable)).unwrap_err();
        let expected =
            "/ cannot be read (Is a directory (os error 21)): it must be a file that this user may read (chmod 644)";
        assert_eq!((error.to_string().as_str(), std::error::Error::source(&error).is_none()), (expected, true));
    }
}
