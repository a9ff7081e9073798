//! Several writers in one folder at once.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::{MIB, bytes_on_disk, places, spool};
use crate::disk::{Disk, SimulatedDisk};
use crate::spool::{Class, Fate, Options, Spool, Unkept};

#[test]
fn a_living_writer_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let mut one = spool(&folder, 1, MIB);
    let mut other = spool(&folder, 2, MIB);
    one.append(Class::Routine, 1, b"of one").unwrap();
    other.append(Class::Routine, 1, b"of the other").unwrap();
    assert!(one.adopt().is_none());
    assert!(other.adopt().is_none());
    drop(one);
    let left = other.adopt().unwrap();
    assert!(other.adopt().is_none(), "what is taken over is not taken over twice");
    assert!(spool(&folder, 3, MIB).adopt().is_none(), "nor by another process");
    drop(left);
    assert!(other.adopt().is_some(), "what was let go is there again");
}

/// What was delivered, and how much was created.
#[derive(Default)]
struct Seen {
    delivered: Vec<u64>,
    created: BTreeSet<u64>,
}

/// Lives a few lives in the folder, most of which end without a word, and delivers what others have left.
fn live(folder: &TempDir, writers: &AtomicU32, seed: u64) -> Seen {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut seen = Seen::default();
    for _ in 0..12 {
        let writer = writers.fetch_add(1, Ordering::Relaxed);
        let mut spool = spool(folder, writer, 4 * MIB);
        for count in 0..random.u64(0..40) {
            let id = u64::from(writer) << 32 | count;
            let class = Class::ALL[random.usize(..2)];
            loop {
                match spool.append(class, id, &id.to_le_bytes()) {
                    Ok(_) => break,
                    // Another process is making room at this moment.
                    Err(Unkept::Full | Unkept::Busy) => std::thread::yield_now(),
                    Err(other) => panic!("{other:?}"),
                }
            }
            seen.created.insert(id);
        }
        if random.bool() {
            deliver(&mut spool, &mut seen);
        }
        if let Some(mut left) = spool.adopt() {
            for class in Class::ALL {
                let chunk = left.read(class, 0, usize::MAX);
                seen.delivered.extend(chunk.records.iter().map(|record| record.order));
                left.done(&places(&chunk), Fate::DELIVERED);
            }
            left.close();
        }
        if random.bool() {
            spool.close()
        } else {
            drop(spool)
        }
        assert!(bytes_on_disk(folder) <= 4 * MIB);
    }
    seen
}

fn deliver(spool: &mut Spool, seen: &mut Seen) {
    for class in Class::ALL {
        let chunk = spool.read(class, 0, usize::MAX);
        seen.delivered.extend(chunk.records.iter().map(|record| record.order));
        spool.done(&places(&chunk), Fate::DELIVERED);
    }
}

#[test]
fn eight_at_once_lose_nothing_and_send_nothing_twice() {
    let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
    let writers = AtomicU32::new(1);
    let (folder, writers) = (&folder, &writers);
    let mut all = std::thread::scope(|scope| {
        let lives: Vec<_> = (0..8).map(|seed| scope.spawn(move || live(folder, writers, seed))).collect();
        lives.into_iter().map(|life| life.join().unwrap()).collect::<Vec<_>>()
    });
    let mut last = Seen::default();
    let mut spool = spool(folder, 100_000, 4 * MIB);
    while let Some(mut left) = spool.adopt() {
        for class in Class::ALL {
            let chunk = left.read(class, 0, usize::MAX);
            last.delivered.extend(chunk.records.iter().map(|record| record.order));
            left.done(&places(&chunk), Fate::DELIVERED);
        }
        left.close();
    }
    all.push(last);
    let created: BTreeSet<u64> = all.iter().flat_map(|seen| seen.created.iter().copied()).collect();
    let mut delivered: Vec<u64> = all.into_iter().flat_map(|seen| seen.delivered).collect();
    delivered.sort_unstable();
    assert_eq!(delivered, created.into_iter().collect::<Vec<_>>());
    let ledger = spool.ledger();
    assert_eq!(
        (ledger.created, ledger.done),
        (delivered.len() as u64, [(Fate::DELIVERED, delivered.len() as u64)].into())
    );
}

#[test]
fn the_first_record_of_a_writer_waits_while_another_makes_room() {
    let disk = SimulatedDisk::new(1);
    let (other, path) = (disk.process(), Path::new("/spool"));
    other.create_folder(path).unwrap();
    let making_room = other.lock(&path.join("lock")).unwrap().unwrap();
    let writer = "1700000000000-1-00000001".to_owned();
    let options = Options { folder: path.into(), capacity: MIB, sync: Duration::from_millis(200), writer };
    let mut spool = Spool::new(Arc::new(disk.clone()), options);
    std::thread::scope(|scope| {
        let first = scope.spawn(move || spool.append(Class::Kept, 1, b"a"));
        // A later record asks a hundred times, and waits no longer.
        while !first.is_finished() && disk.operations() < 250 {
            std::thread::yield_now();
        }
        drop(making_room);
        assert!(first.join().unwrap().is_ok());
    });
}
