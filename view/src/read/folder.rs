//! A folder: a spool, an agent's folder with a spool in it, or files.

use std::fs;
use std::io;
use std::path::Path;

use spawn_telemetry::{Spooled, spooled};

use super::{Draft, Gathered, read_path};

/// Reads what is in the folder, and in none below it but those of a spool.
pub(super) fn read(path: &Path, into: &mut Draft) -> io::Result<()> {
    let mut is_empty = true;
    for folder in [path.to_owned(), path.join("spool")].iter().filter(|folder| folder.is_dir()) {
        let Spooled { spans, under_way, problems } = spooled(folder)?;
        is_empty &= spans.is_empty() && under_way.is_empty() && problems.is_empty();
        problems.into_iter().for_each(|problem| into.problem(problem));
        // What is under way comes last: what has ended since says more.
        into.take(&folder.display().to_string(), spans.into_iter().chain(under_way));
    }
    let mut files: Vec<_> = fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.is_file() && !is_hidden(file));
    files.sort();
    for file in &files {
        is_empty = false;
        match read_path(file) {
            Ok(Gathered { spans, problems }) => {
                into.spans.extend(spans);
                problems.into_iter().for_each(|problem| into.problem(problem));
            }
            Err(error) => into.problem(format!("{} cannot be read: {error}", file.display())),
        }
    }
    if is_empty {
        into.problem(format!("{} has no spans in it: no file, and no spool", path.display()));
    }
    Ok(())
}

fn is_hidden(file: &Path) -> bool {
    file.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."))
}
