//! Why inputs or results did not get where they belong.

use super::url::S3Url;
use crate::error::Error;
use std::path::{Path, PathBuf};

/// What went wrong, with the object or the file that it went wrong with.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// S3 refused or did not answer.
    #[error("{object}: {source}")]
    Call {
        /// The object or the prefix, `s3://…`.
        object: S3Url,
        /// What S3 said.
        source: Box<Error>,
    },
    /// There is nothing to stage.
    #[error("{0} has no objects: check the bucket and the prefix, and that the input was uploaded")]
    Empty(S3Url),
    /// An object whose name is no path below a folder.
    #[error(
        "object {object} cannot be a file below the task's folder: {reason}; rename the object or narrow the prefix"
    )]
    Name {
        /// The object.
        object: S3Url,
        /// What is wrong with its name.
        reason: &'static str,
    },
    /// The object was overwritten or removed on the way.
    #[error("{0} was changed or removed while it was read: let nobody write to the input of tasks that run")]
    Changed(S3Url),
    /// The object broke off too often.
    #[error("{object} broke off {times} times: {reason}")]
    Broken {
        /// The object.
        object: S3Url,
        /// How often it was begun.
        times: u32,
        /// The last cause.
        reason: String,
    },
    /// A file system without room for it.
    #[error("{folder} has {free} bytes free and needs {needed}: give the host a larger disk or fewer --slots", folder = .folder.display())]
    Space {
        /// Where it was to go.
        folder: PathBuf,
        /// What is free.
        free: u64,
        /// What would have to be.
        needed: u64,
    },
    /// A file of this host.
    #[error("{path}: {reason}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words, and what to do.
        reason: String,
    },
}

impl StagingError {
    /// Whether another host, or this one later, may do better with the same task: its disk, the network, a service that
    /// does not keep up.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        const BUSY: [&str; 5] = ["SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "503"];
        match self {
            Self::Broken { .. } | Self::Space { .. } => true,
            Self::Call { source, .. } => {
                matches!(**source, Error::Unanswered { .. }) || source.code().is_some_and(|code| BUSY.contains(&code))
            }
            Self::Empty(_) | Self::Name { .. } | Self::Changed(_) | Self::File { .. } => false,
        }
    }

    pub(super) fn call(object: &S3Url, source: Error) -> Self {
        Self::Call { object: object.clone(), source: Box::new(source) }
    }

    pub(super) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::File { path: path.to_owned(), reason: error.to_string() }
    }
}
