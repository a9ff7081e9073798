//! Files and folders that are read, and read again when they change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::Tell;
use super::live::Live;
use super::store::Coming;
use crate::{read_path, to_resource_spans};

/// How often a file is looked at, and by how many times the time that reading it took a pause is longer.
const LOOK: Duration = Duration::from_millis(500);
const PAUSES: u32 = 10;
/// Files of a folder that are looked at.
const MOST_FILES: usize = 10_000;

/// Reads this path now, and whenever it changes.
pub(super) async fn follow(path: PathBuf, live: Arc<Live>, tell: Tell) {
    let mut seen = None;
    loop {
        let (looked, live, tell, before) = (path.clone(), Arc::clone(&live), Arc::clone(&tell), seen.take());
        let began = Instant::now();
        let read = tokio::task::spawn_blocking(move || {
            let now = signs(&looked);
            if before.as_ref() != Some(&now) {
                read(&looked, &live, &tell);
            }
            now
        });
        seen = read.await.ok();
        if path == Path::new("-") {
            return;
        }
        tokio::time::sleep(LOOK.max(began.elapsed() * PAUSES)).await;
    }
}

fn read(path: &Path, live: &Live, tell: &Tell) {
    let problems = match read_path(path) {
        Ok(gathered) => {
            live.add(to_resource_spans(&gathered.spans), Coming::Again);
            gathered.problems
        }
        Err(error) => vec![format!("{} cannot be read: {error}; it is tried again", path.display())],
    };
    for problem in problems {
        if live.problem(&problem) {
            tell(&problem);
        }
    }
}

/// What tells a change: the length and the time of each file.
fn signs(path: &Path) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
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
        } else {
            signs.push((path, metadata.len(), metadata.modified().ok()));
        }
    }
    signs.sort();
    signs
}
