//! The regular files below a folder, one after the other: a folder of a million files takes no more memory than one of ten.

use super::error::StagingError;
use std::fs::{self, DirEntry, FileType, Metadata, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

/// A file, and what it is called below the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// With slashes, whatever the system has.
    pub(super) name: String,
    pub(super) size: u64,
}

/// The way through a folder.
#[derive(Debug)]
pub(super) struct Walk {
    /// The folder without links in its path.
    root: PathBuf,
    open: Vec<(ReadDir, String)>,
}

impl Walk {
    /// A folder that is not there has no files.
    pub(super) fn of(folder: &Path) -> Result<Self, StagingError> {
        let found = fs::canonicalize(folder).and_then(|root| Ok((fs::read_dir(&root)?, root)));
        match found {
            Ok((entries, root)) => Ok(Self { root, open: vec![(entries, String::new())] }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self { root: PathBuf::new(), open: Vec::new() })
            }
            Err(error) => Err(StagingError::file(folder, &error)),
        }
    }

    fn look(&mut self, entry: &DirEntry, above: &str) -> Result<Option<Found>, StagingError> {
        let path = entry.path();
        let failed = |error: io::Error| StagingError::file(&path, &error);
        let Ok(name) = entry.file_name().into_string() else {
            let reason = "its name is not UTF-8, and an object's has to be: rename it".to_owned();
            return Err(StagingError::File { path, reason });
        };
        let kind = entry.file_type().map_err(failed)?;
        let name = format!("{above}{name}");
        if kind.is_dir() {
            self.open.push((fs::read_dir(&path).map_err(failed)?, format!("{name}/")));
            return Ok(None);
        }
        match self.file(&path, kind).map_err(failed)? {
            Ok(metadata) => Ok(Some(Found { path, name, size: metadata.len() })),
            Err(why) => {
                tracing::warn!(path = %path.display(), why, "a result is left out");
                Ok(None)
            }
        }
    }

    /// What is known of a file, or why it is none of the results.
    fn file(&self, path: &Path, kind: FileType) -> io::Result<Result<Metadata, &'static str>> {
        if kind.is_file() {
            return fs::symlink_metadata(path).map(Ok);
        }
        if !kind.is_symlink() {
            return Ok(Err("it is no regular file"));
        }
        Ok(match fs::canonicalize(path) {
            Ok(to) if !to.starts_with(&self.root) => Err("it is a link that leads out of the folder"),
            Ok(to) => {
                let found = fs::symlink_metadata(to)?;
                if found.is_file() { Ok(found) } else { Err("it is a link to no regular file") }
            }
            Err(_) => Err("it is a link that leads nowhere"),
        })
    }
}

impl Iterator for Walk {
    type Item = Result<Found, StagingError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (entries, above) = self.open.last_mut()?;
            let above = above.clone();
            let found = match entries.next() {
                None => {
                    self.open.pop();
                    continue;
                }
                Some(Ok(entry)) => self.look(&entry, &above),
                Some(Err(error)) => Err(StagingError::file(&self.root.join(above), &error)),
            };
            if let Some(found) = found.transpose() {
                return Some(found);
            }
        }
    }
}
