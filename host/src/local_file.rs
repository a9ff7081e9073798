//! Reads `local.yaml` from disk: bounded, from files that nobody else can write, and with an error that says what to do.

mod owner;

pub use owner::Distrust;

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
    /// Somebody else could say what the settings are.
    #[error("{} is not used as settings: {reason}", path.display())]
    Distrusted {
        /// The file.
        path: PathBuf,
        /// Who, and the command that changes it; part of the message, therefore no source of its own.
        reason: Distrust,
    },
}

/// Where a user named a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// On the command line, to have it checked: it does not take effect, so anybody's will do.
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
    if named != Some(Named::ByArgument) {
        match owner::distrust(&path, &file) {
            Ok(None) => {}
            Ok(Some(reason)) => return Err(LocalFileError::Distrusted { path, reason }),
            Err(reason) => return Err(LocalFileError::Unreadable { path, reason }),
        }
    }
    let mut bytes = Vec::new();
    match file.take(MOST_READ).read_to_end(&mut bytes) {
        Ok(_) => Ok(Some(bytes)),
        Err(reason) => Err(LocalFileError::Unreadable { path, reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn refusal(path: &Path) -> String {
        read(path, Some(Named::ByVariable)).unwrap_err().to_string()
    }

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

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

    #[test]
    fn a_file_that_others_may_write_is_refused_until_the_command_was_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("local.yaml");
        std::fs::write(&path, "ttl: 1h").unwrap();
        for mode in [0o666, 0o664, 0o602] {
            set_mode(&path, mode);
            let (shown, command) = (path.display(), format!("chmod go-w {}", path.display()));
            let expected = format!("{shown} is not used as settings: others may write it (mode {mode:04o}): {command}");
            assert_eq!(refusal(&path), expected);
            assert!(std::process::Command::new("sh").args(["-c", &command]).status().unwrap().success());
            assert_eq!(read(&path, Some(Named::ByVariable)).unwrap().as_deref(), Some(&b"ttl: 1h"[..]));
        }
    }

    #[test]
    fn a_file_in_a_folder_that_anybody_may_write_is_refused_behind_a_link_too() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (path, link) = (folder.path().join("a b.yaml"), elsewhere.path().join("local.yaml"));
        std::fs::write(&path, "").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(read(&link, None).unwrap().as_deref(), Some(&b""[..]));
        set_mode(folder.path(), 0o777);
        let reason =
            format!("anybody may put another file into its folder (mode 0777): chmod o-w {}", folder.path().display());
        assert!(refusal(&path).ends_with(&reason), "{}", refusal(&path));
        assert!(refusal(&link).ends_with(&reason), "{}", refusal(&link));
        // As in /tmp, where only the owner of a file may replace it.
        set_mode(folder.path(), 0o1777);
        assert!(read(&link, None).is_ok());
    }

    #[test]
    fn a_file_to_check_may_be_anybodys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("local.yaml");
        std::fs::write(&path, "").unwrap();
        set_mode(&path, 0o666);
        assert!(read(&path, Some(Named::ByArgument)).is_ok());
    }

    #[test]
    fn what_is_no_file_has_no_mode_to_look_at() {
        assert_eq!(read(Path::new("/dev/null"), Some(Named::ByVariable)).unwrap().as_deref(), Some(&b""[..]));
    }
}
