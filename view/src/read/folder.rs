//! A folder: a spool, an agent's folder with a spool in it, or files.

use std::fs;
use std::io;
use std::path::Path;

use spawn_telemetry::{Spooled, spooled};

use super::{Draft, Gathered, read_path};

/// Reads what is in the folder, and in none below it but those of a spool. A spool in which nothing waits is no problem.
pub(super) fn read(path: &Path, into: &mut Draft) -> io::Result<()> {
    if read_spool(path, into)? {
        return Ok(());
    }
    let spool = path.join("spool");
    let has_spool = spool.is_dir() && read_spool(&spool, into)?;
    let mut files: Vec<_> = fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    // An agent's folder has other files, which are no traces.
    files.retain(|file| !has_spool && !file.is_dir() && !is_hidden(file));
    files.sort();
    if files.is_empty() && !has_spool {
        into.problem(format!("{} has no spans in it: no file, and no spool", path.display()));
    }
    for file in &files {
        match read_path(file) {
            Ok(Gathered { spans, problems }) => {
                into.spans.extend(spans);
                problems.into_iter().for_each(|problem| into.problem(problem));
            }
            Err(error) => into.problem(format!("{} cannot be read: {error}", file.display())),
        }
    }
    Ok(())
}

/// Reads the folder as a spool; whether it is one.
fn read_spool(folder: &Path, into: &mut Draft) -> io::Result<bool> {
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
