//! Who could change a settings file: only root and the user that the program runs as may.
//!
//! Whoever writes the settings of a root daemon says where its spans go and which files it reads and writes.

use std::fmt;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

const ROOT: u32 = 0;
/// Mode bits: the group or others may write.
const OTHERS_WRITE: u32 = 0o022;
/// Mode bits of a folder: everybody may write, and only owners may replace what is theirs.
const EVERYBODY_WRITES: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Why a file cannot be trusted, with the command that changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// It, or a link to it, belongs to somebody else.
    Owner {
        /// The file or link.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Whose it may be, beside root.
        user: u32,
    },
    /// Its group or everybody may write it.
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Everybody may put another file in its place.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner { path, owner, user } => {
                let own = if *user == ROOT { "root".to_owned() } else { format!("root or user {user}") };
                let to = if *user == ROOT { "root".to_owned() } else { user.to_string() };
                // Without -h, chown would change what the link leads to.
                write!(f, "it belongs to user {owner} and must belong to {own}: chown -h {to} {}", quoted(path))
            }
            Self::Mode { path, mode } => {
                write!(f, "others may write it (mode {mode:04o}): chmod go-w {}", quoted(path))
            }
            Self::Folder { path, mode } => {
                let path = quoted(path);
                write!(f, "anybody may put another file into its folder (mode {mode:04o}): chmod o-w {path}")
            }
        }
    }
}

/// Why the open file at `path` cannot be trusted; `None` if it can.
///
/// The file itself is judged as it was opened, so that nobody can put another one in its place meanwhile.
pub(super) fn distrust(path: &Path, file: &File) -> io::Result<Option<Distrust>> {
    let user = rustix::process::geteuid().as_raw();
    let link = std::fs::symlink_metadata(path)?;
    let distrust = foreign(path, &link, user).or(judge(path, &file.metadata()?, user));
    if distrust.is_some() {
        return Ok(distrust);
    }
    // What a link leads to may not have a path, such as a pipe.
    let target = if link.is_symlink() { std::fs::canonicalize(path).ok() } else { None };
    for path in [Some(path), target.as_deref()].into_iter().flatten() {
        if let Some(distrust) = judge_folder(path)? {
            return Ok(Some(distrust));
        }
    }
    Ok(None)
}

fn foreign(path: &Path, metadata: &Metadata, user: u32) -> Option<Distrust> {
    let owner = metadata.uid();
    let own = owner == ROOT || owner == user;
    (!own).then(|| Distrust::Owner { path: path.to_owned(), owner, user })
}

fn judge(path: &Path, metadata: &Metadata, user: u32) -> Option<Distrust> {
    let mode = metadata.mode() & 0o7777;
    // Terminals, pipes and /dev/null have other rules.
    let open = metadata.is_file() && mode & OTHERS_WRITE != 0;
    foreign(path, metadata, user).or(open.then(|| Distrust::Mode { path: path.to_owned(), mode }))
}

/// A group that may write a folder is left to its owner; on a file system that is mounted for reading, as containers
/// mount their configuration, nobody may write.
fn judge_folder(path: &Path) -> io::Result<Option<Distrust>> {
    let folder = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Ok(None),
    };
    let mode = std::fs::metadata(folder)?.mode() & 0o7777;
    if mode & EVERYBODY_WRITES == 0 || mode & STICKY != 0 {
        return Ok(None);
    }
    let read_only = statvfs(folder)?.f_flag.contains(StatVfsMountFlags::RDONLY);
    Ok((!read_only).then(|| Distrust::Folder { path: folder.to_owned(), mode }))
}

/// The path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ':' | '@' | ',');
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_roots_or_of_ones_own_is_trusted_and_a_strangers_is_not() {
        let root = std::fs::metadata("/proc/version").unwrap();
        assert_eq!(foreign(Path::new("/proc/version"), &root, 1000), None);
        let folder = tempfile::tempdir().unwrap();
        let own = std::fs::metadata(folder.path()).unwrap();
        assert_eq!(foreign(folder.path(), &own, own.uid()), None);
        // Root can give a file away; anybody else's is a stranger's to the next user.
        let user = if own.uid() == ROOT {
            std::os::unix::fs::chown(folder.path(), Some(1000), None).unwrap();
            ROOT
        } else {
            own.uid() + 1
        };
        let strangers = std::fs::metadata(folder.path()).unwrap();
        let expected = Distrust::Owner { path: folder.path().to_owned(), owner: strangers.uid(), user };
        assert_eq!(foreign(folder.path(), &strangers, user), Some(expected));
    }

    #[test]
    fn the_remedy_is_a_command_that_a_shell_takes() {
        let path = PathBuf::from("/etc/spawn/it's.yaml");
        let said = |user| Distrust::Owner { path: path.clone(), owner: 1000, user }.to_string();
        assert_eq!(
            said(0),
            r"it belongs to user 1000 and must belong to root: chown -h root '/etc/spawn/it'\''s.yaml'"
        );
        assert_eq!(
            said(990),
            r"it belongs to user 1000 and must belong to root or user 990: chown -h 990 '/etc/spawn/it'\''s.yaml'"
        );
    }
}
