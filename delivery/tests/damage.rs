//! Files that were changed behind the back of the spool: what was touched is lost and counted, nothing else is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use spawn_delivery::disk::{Disk as _, SimulatedDisk};
use spawn_delivery::spool::{Class, Fate, Options, Place, Spool, Totals};

use crate::world::FOLDER;

const RECORDS: u64 = 24;
const ROOM: u64 = 4 << 20;

/// A spool that a killed process has left.
struct Left {
    disk: SimulatedDisk,
    /// Records that wait in it.
    waiting: BTreeSet<u64>,
    /// What is under way in it.
    open: BTreeSet<u64>,
}

/// What the next process made of it.
#[derive(Debug)]
struct Recovered {
    delivered: BTreeSet<u64>,
    open: BTreeSet<u64>,
    ledger: Totals,
}

fn payload(number: u64) -> Vec<u8> {
    let mut payload = number.to_le_bytes().to_vec();
    payload.extend(std::iter::repeat_n(b'a' + (number % 26) as u8, 20 + number as usize));
    payload
}

fn class(number: u64) -> Class {
    if number % 2 == 0 { Class::Kept } else { Class::Routine }
}

fn spool(disk: &SimulatedDisk, writer: &str) -> Spool {
    let options =
        Options { folder: FOLDER.into(), capacity: ROOM, sync: Duration::from_millis(200), writer: writer.to_owned() };
    Spool::new(Arc::new(disk.clone()), options)
}

fn left() -> Left {
    let disk = SimulatedDisk::new(1);
    disk.create_folder(Path::new("/state")).unwrap();
    // One that is finished, so that there is a ledger.
    let mut first = spool(&disk, "0000000000001-1-00000001");
    let place = first.append(Class::Kept, 0, b"finished").unwrap();
    first.done(&[place], Fate::DELIVERED);
    let killed = disk.process();
    let mut second = spool(&killed, "0000000000002-2-00000002");
    first.close();
    second.about(b"made by the second".to_vec());
    let mut places = Vec::new();
    for number in 1..=RECORDS {
        places.push(second.append(class(number), number, &payload(number)).unwrap());
    }
    let done: Vec<Place> =
        places.iter().copied().enumerate().filter(|(at, _)| at % 5 == 1).map(|(_, place)| place).collect();
    for few in done.chunks(2) {
        second.done(few, Fate::DELIVERED);
    }
    for id in 1..=4 {
        second.begun(id, &payload(id));
    }
    second.ended(2);
    killed.kill();
    disk.settle();
    let waiting = (1..=RECORDS).filter(|number| (number - 1) % 5 != 1).collect();
    Left { disk, waiting, open: BTreeSet::from([1, 3, 4]) }
}

fn recover(disk: &SimulatedDisk) -> Recovered {
    let mut spool = spool(disk, "0000000000009-9-00000009");
    let (mut delivered, mut open) = (BTreeSet::new(), BTreeSet::new());
    // A folder that no one can make anything of may be offered again; it must not go on forever.
    for _ in 0..10 {
        let Some(mut left) = spool.adopt() else { break };
        for class in Class::ALL {
            let mut from = 0;
            loop {
                let chunk = left.read(class, from, 500);
                for record in &chunk.records {
                    assert_eq!(record.payload, payload(record.order), "what is delivered is what was appended");
                    assert!(delivered.insert(record.order), "{} came twice", record.order);
                }
                let places: Vec<Place> = chunk.records.iter().map(|record| record.place).collect();
                left.done(&places, Fate::DELIVERED);
                assert!(chunk.trouble.is_none(), "{:?}", chunk.trouble);
                if chunk.next <= from {
                    break;
                }
                from = chunk.next;
            }
        }
        for (id, note) in left.open() {
            assert_eq!(note, payload(id));
            open.insert(id);
        }
        left.close();
    }
    // Whatever was found, life goes on.
    let place = spool.append(Class::Kept, 1000, &payload(1000)).unwrap();
    assert_eq!(spool.read(Class::Kept, place.ordinal, 1).records.len(), 1);
    spool.done(&[place], Fate::DELIVERED);
    let ledger = spool.ledger();
    assert_eq!(ledger.created, ledger.done.values().sum::<u64>(), "{ledger:?}");
    spool.close();
    Recovered { delivered, open, ledger }
}

/// The files with something in them, and how far that goes.
fn files(left: &Left) -> Vec<(PathBuf, Vec<u8>, usize)> {
    let files = left.disk.files().into_iter().map(|path| {
        let bytes = left.disk.contents(&path).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        (path, bytes, end)
    });
    files.filter(|(_, _, end)| *end > 0).collect()
}

fn is_segment(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "seg")
}

fn recovered_with(left: &Left, path: &Path, bytes: &[u8]) -> Recovered {
    let disk = left.disk.copied(1);
    disk.put(path, bytes);
    recover(&disk)
}

#[test]
fn what_was_left_whole_is_taken_over_whole() {
    let left = left();
    let recovered = recover(&left.disk.copied(1));
    assert_eq!((recovered.delivered, recovered.open), (left.waiting, left.open));
    let expected = Totals { created: RECORDS + 2, done: [(Fate::DELIVERED, RECORDS + 2)].into() };
    assert_eq!(recovered.ledger, expected);
}

#[test]
fn a_flipped_bit_costs_the_record_that_it_is_in_and_no_other() {
    let left = left();
    let files = files(&left);
    assert!(files.len() >= 4, "two segments, a journal and a ledger: {:?}", left.disk.files());
    let mut lost = 0;
    for (path, bytes, end) in files {
        // Beyond what is written there are zeros, and a bit among them is one that was never written.
        for at in (0..end + 40).chain([end + 600, bytes.len() - 1]).filter(|at| *at < bytes.len()) {
            for flip in (0..8).map(|bit| 1 << bit).chain([0xff]) {
                let mut bytes = bytes.clone();
                bytes[at] ^= flip;
                let what = format!("{} at {at} of {end} by {flip:#x}", path.display());
                let recovered = recovered_with(&left, &path, &bytes);
                let missing: Vec<&u64> = left.waiting.difference(&recovered.delivered).collect();
                let unnoted = left.open.difference(&recovered.open).count();
                if is_segment(&path) {
                    assert!(missing.len() <= 1, "{what}: {missing:?}");
                    let counted = recovered.ledger.done.get(&Fate::CORRUPT).copied().unwrap_or_default();
                    // The last of its class may as well be one that was never wholly written, and so may what is behind it.
                    let is_last = at >= end || missing.iter().any(|number| **number > RECORDS - 2);
                    assert!(
                        counted == missing.len() as u64 || (is_last && counted <= 1),
                        "{what}: {missing:?}, {counted} counted"
                    );
                    assert_eq!(unnoted, 0, "{what}");
                    lost += missing.len();
                } else {
                    assert!(missing.is_empty() && unnoted <= 1, "{what}: {missing:?}, {unnoted} notes");
                }
            }
        }
    }
    assert!(lost > 1000, "the bits were flipped elsewhere: {lost}");
}

#[test]
fn a_file_cut_anywhere_still_gives_what_is_before_the_cut() {
    let left = left();
    for (path, bytes, end) in files(&left) {
        for length in 0..=(end + 10).min(bytes.len()) {
            let recovered = recovered_with(&left, &path, &bytes[..length]);
            let missing = left.waiting.difference(&recovered.delivered);
            for number in missing {
                let payload = payload(*number);
                let whole = bytes[..length].windows(payload.len()).any(|part| part == payload);
                assert!(is_segment(&path) && !whole, "{} cut to {length} lost {number}", path.display());
            }
        }
    }
}

#[test]
fn files_that_are_missing_empty_or_swapped_cost_what_was_in_them() {
    let left = left();
    let names: Vec<PathBuf> = left.disk.files();
    let segment =
        |path: &Path, class: &str| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(class));
    for path in &names {
        for contents in
            [None, Some(Vec::new()), Some(vec![0; 70_000]), Some(vec![0xff; 5_000]), Some(b"not ours".to_vec())]
        {
            let disk = left.disk.copied(1);
            match &contents {
                Some(bytes) => disk.put(path, bytes),
                None => disk.remove_all(path),
            }
            let recovered = recover(&disk);
            for number in left.waiting.difference(&recovered.delivered) {
                let of = if class(*number) == Class::Kept { "k-" } else { "r-" };
                assert!(
                    segment(path, of),
                    "{} with {:?} bytes lost {number}",
                    path.display(),
                    contents.as_ref().map(Vec::len)
                );
            }
        }
    }
    for (one, other) in names.iter().flat_map(|one| names.iter().map(move |other| (one, other))) {
        let disk = left.disk.copied(1);
        let bytes = (disk.contents(one).unwrap(), disk.contents(other).unwrap());
        disk.put(one, &bytes.1);
        disk.put(other, &bytes.0);
        recover(&disk);
    }
}

#[test]
fn files_and_folders_of_others_are_left_alone() {
    let left = left();
    let disk = left.disk.copied(1);
    let folder = Path::new(FOLDER);
    let strange = [
        "README",
        "r-00000000.seg",
        "0000000000003-3-00000003",
        "ledger.tmp",
        ".hidden",
        "set-aside",
        "0000000000002-2-00000002/notes",
        "0000000000002-2-00000002/r-99999999.seg",
        "0000000000002-2-00000002/r-zzz.seg",
        "0000000000002-2-00000002/k-00000001.seg",
    ];
    for (at, name) in strange.iter().enumerate() {
        disk.put(&folder.join(name), &vec![at as u8; 100 * at]);
    }
    disk.create_folder(&folder.join("0000000000004-4-00000004")).unwrap();
    disk.create_folder(&folder.join("lost+found/deep")).unwrap();
    disk.create_folder(&folder.join("not-a-writer/r-00000000.seg")).unwrap();
    let recovered = recover(&disk);
    assert_eq!((&recovered.delivered, &recovered.open), (&left.waiting, &left.open));
    for name in ["README", ".hidden"] {
        assert!(disk.contents(&folder.join(name)).is_ok(), "{name} was not ours to remove");
    }
}

#[test]
fn whatever_several_flips_and_cuts_do_nothing_false_is_delivered() {
    let left = left();
    let files = files(&left);
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..5_000 {
        let disk = left.disk.copied(1);
        for _ in 0..random.usize(1..5) {
            let (path, bytes, end) = &files[random.usize(..files.len())];
            let mut bytes = bytes[..random.usize(*end..=bytes.len())].to_vec();
            for _ in 0..random.usize(1..20) {
                bytes[random.usize(..*end)] = random.u8(..);
            }
            if random.u8(..4) == 0 {
                bytes.truncate(random.usize(..*end));
            }
            disk.put(path, &bytes);
        }
        recover(&disk);
    }
}
