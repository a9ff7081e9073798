//! What tells a file from another, and one state of it from the next.

use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::read::is_binary;

/// Files of a folder that are looked at.
const MOST_FILES: usize = 10_000;

/// What tells one state of a file from another: which file it is, its length, its time.
pub(super) type Sign = (PathBuf, [u64; 2], u64, [i64; 2]);

/// Whether it is a text that can be read on: not packed, not protobuf, without a mark at its beginning.
pub(super) fn is_text(start: &[u8]) -> bool {
    let has_mark = [&b"\xef\xbb\xbf"[..], b"\x1f\x8b", b"(\xb5\x2f\xfd"].iter().any(|mark| start.starts_with(mark));
    !has_mark && (start.is_empty() || !is_binary(start))
}

/// Whether it is packed with gzip.
pub(super) fn is_packed(path: &Path) -> bool {
    let mut start = [0; 2];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == [0x1f, 0x8b]
}

/// Standard input, and what is neither a file nor a folder.
pub(super) fn is_read_once(path: &Path) -> bool {
    path == Path::new("-") || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// The signs of all files that are below this path.
pub(super) fn signs(path: &Path) -> Vec<Sign> {
    let (mut signs, mut waiting) = (Vec::new(), vec![path.to_owned()]);
    while let Some(path) = waiting.pop()
        && signs.len() < MOST_FILES
    {
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            // A link may lead back to where it is.
            let inside = entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()));
            waiting.extend(inside.map(|entry| entry.path()));
        } else if metadata.is_file() {
            signs.push(sign(&path, &metadata));
        }
    }
    signs.sort();
    signs
}

/// What tells the state of this file.
pub(super) fn sign(path: &Path, metadata: &Metadata) -> Sign {
    let time = [metadata.mtime(), metadata.mtime_nsec()];
    (path.to_owned(), [metadata.dev(), metadata.ino()], metadata.len(), time)
}
