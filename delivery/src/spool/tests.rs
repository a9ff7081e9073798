//! The spool on a real disk.

mod broken;
mod format;
mod model;
mod room;
mod several;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Chunk, Class, Fate, Options, Place, Spool, Unkept};
use crate::disk::RealDisk;

const MIB: u64 = 1024 * 1024;

/// A spool in this folder whose writer has this number. It asks the disk only when it is told to.
fn spool(folder: &TempDir, writer: u32, capacity: u64) -> Spool {
    let options = Options {
        folder: folder.path().join("spool"),
        capacity,
        sync: Duration::from_millis(200),
        writer: format!("1700000000000-{writer}-{writer:08x}"),
    };
    Spool::new(Arc::new(RealDisk), options)
}

/// As the thread does that waits for the disk.
fn sync(spool: &mut Spool) {
    if let Some(syncing) = spool.sync_now() {
        let synced = syncing.run();
        spool.synced(synced).unwrap();
    }
}

fn payloads(chunk: &Chunk) -> Vec<&[u8]> {
    chunk.records.iter().map(|record| record.payload.as_slice()).collect()
}

fn places(chunk: &Chunk) -> Vec<Place> {
    chunk.records.iter().map(|record| record.place).collect()
}

/// Bytes of all files of the spool.
fn bytes_on_disk(folder: &TempDir) -> u64 {
    fn sum(folder: &Path) -> u64 {
        let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
        // What another removes meanwhile takes no room.
        let of = |entry: std::fs::DirEntry| match entry.metadata() {
            Ok(about) if about.is_dir() => sum(&entry.path()),
            Ok(about) => std::os::unix::fs::MetadataExt::blocks(&about) * 512,
            Err(_) => 0,
        };
        entries.flatten().map(of).sum()
    }
    sum(&folder.path().join("spool"))
}

#[test]
fn nothing_is_touched_before_the_first_record() {
    let folder = TempDir::new().unwrap();
    let mut spool = spool(&folder, 1, MIB);
    spool.about(b"someone".to_vec());
    assert!(spool.read(Class::Kept, 0, 1000).records.is_empty());
    assert!(spool.adopt().is_none());
    assert!(spool.sync(Instant::now()).is_none());
    assert_eq!(spool.ledger(), super::Totals::default());
    spool.close();
    assert!(!folder.path().join("spool").exists());
}

#[test]
fn records_come_back_oldest_first_until_they_are_done_with() {
    let folder = TempDir::new().unwrap();
    let mut spool = spool(&folder, 1, MIB);
    spool.about(b"someone".to_vec());
    for order in 0..5 {
        let place = spool.append(Class::Routine, order, format!("span {order}").as_bytes()).unwrap();
        assert_eq!(place, Place { class: Class::Routine, ordinal: order });
    }
    let chunk = spool.read(Class::Routine, 0, 12);
    assert_eq!(payloads(&chunk), [b"span 0", b"span 1"]);
    assert_eq!((&*chunk.header, chunk.next, chunk.corrupt), (&b"someone"[..], 2, 0));
    spool.done(&places(&chunk), Fate::DELIVERED);
    spool.done(&[Place { class: Class::Routine, ordinal: 3 }], Fate(7));
    let rest = spool.read(Class::Routine, 0, 1000);
    assert_eq!(payloads(&rest), [b"span 2", b"span 4"]);
    assert_eq!((rest.records[1].order, rest.next, spool.waiting(Class::Routine)), (4, 5, 2));
    assert!(spool.read(Class::Kept, 0, 1000).records.is_empty());
}

#[test]
fn one_record_is_read_however_large_it_is() {
    let folder = TempDir::new().unwrap();
    let mut spool = spool(&folder, 1, MIB);
    let large = vec![b'x'; 200_000];
    spool.append(Class::Kept, 1, &large).unwrap();
    spool.append(Class::Kept, 2, b"next").unwrap();
    assert_eq!(payloads(&spool.read(Class::Kept, 0, 1)), [large.as_slice()]);
    assert_eq!(payloads(&spool.read(Class::Kept, 1, 1)), [b"next"]);
    let refused = spool.append(Class::Kept, 3, &vec![0; 300_000]);
    assert!(matches!(refused, Err(Unkept::TooLarge(300_000))), "{refused:?}");
}

#[test]
fn a_chunk_has_one_origin() {
    let folder = TempDir::new().unwrap();
    let mut spool = spool(&folder, 1, MIB);
    for about in ["one", "one", "other"] {
        spool.about(about.as_bytes().to_vec());
        spool.append(Class::Routine, 0, about.as_bytes()).unwrap();
    }
    let first = spool.read(Class::Routine, 0, 1000);
    assert_eq!((&*first.header, payloads(&first)), (&b"one"[..], vec![&b"one"[..], &b"one"[..]]));
    let second = spool.read(Class::Routine, first.next, 1000);
    assert_eq!((&*second.header, payloads(&second)), (&b"other"[..], vec![&b"other"[..]]));
}

#[test]
fn what_was_appended_survives_the_writer() {
    let folder = TempDir::new().unwrap();
    let mut first = spool(&folder, 1, MIB);
    first.about(b"the first".to_vec());
    for order in 0..4 {
        first.append(Class::Routine, order, &[b'r', order as u8]).unwrap();
    }
    first.append(Class::Kept, 4, b"kept").unwrap();
    first.done(&[Place { class: Class::Routine, ordinal: 1 }], Fate::DELIVERED);
    first.begun(5, b"root");
    first.begun(6, b"other root");
    first.ended(5);
    drop(first);

    let mut second = spool(&folder, 2, MIB);
    let mut left = second.adopt().unwrap();
    assert_eq!(left.writer(), "1700000000000-1-00000001");
    assert_eq!((left.waiting(Class::Routine), left.waiting(Class::Kept), left.last_order()), (3, 1, 4));
    assert_eq!(left.open(), [(6, b"other root".to_vec())]);
    let routine = left.read(Class::Routine, 0, 1000);
    assert_eq!((&*routine.header, payloads(&routine)), (&b"the first"[..], vec![&b"r\0"[..], b"r\x02", b"r\x03"]));
    let kept = left.read(Class::Kept, 0, 1000);
    assert_eq!(payloads(&kept), [b"kept"]);
    left.done(&places(&routine), Fate::DELIVERED);
    left.done(&places(&kept), Fate(3));
    left.close();
    assert!(second.adopt().is_none());
    let ledger = second.ledger();
    assert_eq!((ledger.created, ledger.waiting()), (5, 0));
    assert_eq!(ledger.done, [(Fate::DELIVERED, 4), (Fate(3), 1)].into());
    assert!(!folder.path().join("spool/1700000000000-1-00000001").exists());
}

#[test]
fn a_writer_that_ends_with_nothing_waiting_leaves_its_account_alone() {
    let folder = TempDir::new().unwrap();
    let mut spool = spool(&folder, 1, MIB);
    let place = spool.append(Class::Routine, 1, b"span").unwrap();
    spool.done(&[place], Fate::DELIVERED);
    spool.note(Fate(9), 2);
    spool.close();
    let names: Vec<_> =
        std::fs::read_dir(folder.path().join("spool")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    let ledger = self::spool(&folder, 2, MIB).ledger();
    assert_eq!((ledger.created, ledger.done), (3, [(Fate::DELIVERED, 1), (Fate(9), 2)].into()));
}

#[test]
fn segments_go_when_the_disk_knows_that_they_are_done_with() {
    let folder = TempDir::new().unwrap();
    let mut spool = spool(&folder, 1, MIB);
    let mut all = Vec::new();
    for order in 0..40 {
        all.push(spool.append(Class::Routine, order, &[7; 10_000]).unwrap());
    }
    sync(&mut spool);
    let before = bytes_on_disk(&folder);
    spool.done(&all, Fate::DELIVERED);
    assert_eq!(bytes_on_disk(&folder), before, "the disk does not know yet");
    sync(&mut spool);
    assert!(bytes_on_disk(&folder) < 50_000, "{}", bytes_on_disk(&folder));
    assert_eq!(spool.usage().bytes, bytes_on_disk(&folder));
}
