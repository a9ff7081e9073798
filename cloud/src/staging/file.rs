//! A file that an object is written into, in pieces and from several sides at once, never on the caller's thread.

use super::error::StagingError;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that are gathered before they are written.
pub(super) const PIECE: usize = 256 * 1_024;

/// The file under way; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    file: Arc<File>,
    path: Arc<Path>,
}

impl Target {
    /// Makes the file with the folders above it. Both `a` and `a/b` cannot be.
    pub(super) async fn create(path: PathBuf) -> io::Result<Self> {
        blocking(move || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let file = File::create_new(&path)?;
            file.set_permissions(fs::Permissions::from_mode(0o644))?;
            Ok(Self { file: Arc::new(file), path: path.into() })
        })
        .await
    }

    /// Writes a piece at its place and gives its memory back. What begins as a program is made executable.
    pub(super) async fn write(&self, offset: u64, piece: Vec<u8>) -> Result<Vec<u8>, StagingError> {
        let file = self.file.clone();
        let written = blocking(move || {
            file.write_all_at(&piece, offset)?;
            if offset == 0 && is_program(&piece) {
                file.set_permissions(fs::Permissions::from_mode(0o755))?;
            }
            let mut piece = piece;
            piece.clear();
            Ok(piece)
        });
        written.await.map_err(|error| StagingError::file(&self.path, &error))
    }
}

/// A script or an ELF binary: S3 keeps no modes.
fn is_program(beginning: &[u8]) -> bool {
    beginning.starts_with(b"#!") || beginning.starts_with(b"\x7fELF")
}

/// Makes a folder with those above it.
pub(super) async fn create_folder(path: PathBuf) -> io::Result<()> {
    blocking(move || fs::create_dir_all(path)).await
}

/// Bytes that this user may still write below the folder.
pub(super) fn free(folder: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(io::Error::other(error)),
    }
}
