//! Looks at a spool that others may be writing at this moment, without a lock and without changing anything.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::room::Room;
use super::shelf::Shelf;
use super::{Chunk, Class, Totals, ledger};
use crate::disk::ReadOnlyDisk;

/// Bytes of records that are read at a time.
const AT_ONCE: usize = 1024 * 1024;

/// What a writer had in a spool when it was looked at.
#[derive(Debug)]
pub struct Seen {
    /// The writer's name: see [`super::writer_name`].
    pub writer: String,
    /// What waits, oldest first within each class.
    pub chunks: Vec<Chunk>,
    /// What is under way, or was when the writer ended.
    pub open: Vec<Vec<u8>>,
}

/// What waits in a spool. A writer that cannot be read, or goes at this moment, is an error in its place.
///
/// # Errors
/// If the folder cannot be read.
pub fn look(folder: &Path) -> io::Result<Vec<(String, io::Result<Seen>)>> {
    let room = Arc::new(Room::new(Arc::new(ReadOnlyDisk), folder.to_owned(), u64::MAX));
    let names = room.writers()?;
    Ok(names.into_iter().map(|name| (name.clone(), seen(&room, name))).collect())
}

/// What became of all records of a spool: those of writers that are finished, and those that are there.
///
/// # Errors
/// If the folder, or a writer in it, cannot be read.
pub fn account(folder: &Path) -> io::Result<Totals> {
    let room = Arc::new(Room::new(Arc::new(ReadOnlyDisk), folder.to_owned(), u64::MAX));
    let mut totals = ledger::totals(&room);
    for name in room.writers()? {
        if !ledger::has(&room, &name) {
            totals.add(&Shelf::load(Arc::clone(&room), name)?.totals());
        }
    }
    Ok(totals)
}

fn seen(room: &Arc<Room>, name: String) -> io::Result<Seen> {
    let mut shelf = Shelf::load(Arc::clone(room), name.clone())?;
    let mut chunks = Vec::new();
    for class in Class::ALL {
        let mut from = 0;
        loop {
            let mut chunk = shelf.read(class, from, AT_ONCE);
            if let Some(trouble) = chunk.trouble.take() {
                return Err(trouble);
            }
            let is_over = chunk.records.is_empty() || chunk.next <= from;
            from = chunk.next;
            if !chunk.records.is_empty() || chunk.corrupt > 0 {
                chunks.push(chunk);
            }
            if is_over {
                break;
            }
        }
    }
    Ok(Seen { writer: name, chunks, open: std::mem::take(&mut shelf.open).into_values().collect() })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::super::{Fate, Options, Spool};
    use super::*;
    use crate::disk::RealDisk;

    fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.display().to_string(), fs::read(path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }

    #[test]
    fn a_spool_that_is_written_shows_what_waits_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            folder: folder.path().join("spool"),
            capacity: 1 << 20,
            sync: Duration::from_secs(1),
            writer: super::super::writer_name(std::time::SystemTime::now(), 1),
        };
        let mut spool = Spool::new(Arc::new(RealDisk), options.clone());
        spool.about(b"who".to_vec());
        let places: Vec<_> = (0..3).map(|at| spool.append(Class::Routine, at, &[at as u8]).unwrap()).collect();
        spool.append(Class::Kept, 3, b"kept").unwrap();
        spool.done(&places[..1], Fate::DELIVERED);
        spool.begun(7, b"open");
        let before = bytes(&options.folder);
        let mut seen = look(&options.folder).unwrap();
        assert_eq!(bytes(&options.folder), before);
        let seen = seen.remove(0).1.unwrap();
        let payloads: Vec<_> =
            seen.chunks.iter().flat_map(|chunk| &chunk.records).map(|it| it.payload.clone()).collect();
        assert_eq!(payloads, [vec![1], vec![2], b"kept".to_vec()]);
        assert!(seen.chunks.iter().all(|chunk| *chunk.header == *b"who"));
        assert_eq!(seen.open, [b"open".to_vec()]);
        let totals = account(&options.folder).unwrap();
        assert_eq!((totals.created, totals.waiting(), totals.done[&Fate::DELIVERED]), (4, 3, 1));
        assert!(look(&folder.path().join("none")).is_err());
    }
}
