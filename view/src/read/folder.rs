//! A folder: a spool, an agent's folder with a spool in it, or files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use spawn_telemetry::{Spooled, spooled};

use super::{Draft, file};

/// Reads what is in the folder, and in none below it but those of a spool. A spool in which nothing waits is no problem.
pub(super) fn read(path: &Path, into: &mut Draft<'_>) -> io::Result<()> {
    for path in spool_or_files(path, into)?.unwrap_or_default() {
        if let Err(error) = file(&path, into) {
            into.problem(format!("{} cannot be read: {error}", path.display()));
        }
    }
    Ok(())
}

/// Reads the spool that is in the folder, or answers with the files that are in it.
pub(super) fn spool_or_files(path: &Path, into: &mut Draft<'_>) -> io::Result<Option<Vec<PathBuf>>> {
    let spool = path.join("spool");
    // An agent's folder has other files, which are no traces.
    if read_spool(path, into)? || (spool.is_dir() && read_spool(&spool, into)?) {
        return Ok(None);
    }
    let mut files: Vec<_> = fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| !file.is_dir() && !is_hidden(file));
    files.sort();
    if files.is_empty() {
        into.problem(format!("{} has no spans in it: no file, and no spool", path.display()));
    }
    Ok(Some(files))
}

/// Reads the folder as a spool; whether it is one.
fn read_spool(folder: &Path, into: &mut Draft<'_>) -> io::Result<bool> {
    let Spooled { spans, under_way, problems } = spooled(folder)?;
    let has_something = !(spans.is_empty() && under_way.is_empty() && problems.is_empty());
    problems.into_iter().for_each(|problem| into.problem(problem));
    into.take(&folder.display().to_string(), spans.into_iter().chain(under_way));
    Ok(has_something || folder.join(LOCK).is_file())
}

/// The file by which a spool's writers keep out of each other's way.
const LOCK: &str = "lock";

fn is_hidden(file: &Path) -> bool {
    file.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."))
}
