//! What goes first when there is no room for all.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::{MIB, bytes_on_disk, payloads, places, spool, sync};
use crate::disk::SimulatedDisk;
use crate::spool::{Class, Fate, Gone, Options, Spool, Unkept};

const SPAN: usize = 10_000;

/// Appends records of a class until one is refused or something had to make room.
fn fill(spool: &mut Spool, class: Class) -> (u64, Option<Gone>) {
    for count in 0.. {
        match spool.append(class, count, &[class as u8; SPAN]) {
            Ok(_) => {}
            Err(Unkept::Full | Unkept::Busy) => return (count, None),
            Err(other) => panic!("{other:?}"),
        }
        if let Some(mut gone) = spool.gone() {
            while let Some(more) = spool.gone() {
                assert_eq!((gone.class, gone.ordinals.end), (more.class, more.ordinals.start));
                gone = Gone {
                    class,
                    ordinals: gone.ordinals.start..more.ordinals.end,
                    records: gone.records + more.records,
                };
            }
            return (count, Some(gone));
        }
    }
    unreachable!()
}

#[test]
fn the_oldest_routine_records_make_room_and_are_counted() {
    let folder = TempDir::new().unwrap();
    let mut spool = spool(&folder, 1, MIB);
    let (appended, gone) = fill(&mut spool, Class::Routine);
    let gone = gone.unwrap();
    assert_eq!((gone.class, gone.ordinals.start, gone.records), (Class::Routine, 0, gone.ordinals.end));
    assert_eq!(spool.waiting(Class::Routine), appended + 1 - gone.records);
    assert_eq!(spool.read(Class::Routine, 0, 1).records[0].place.ordinal, gone.ordinals.end);
    assert_eq!(spool.ledger().done, [(Fate::EVICTED, gone.records)].into());
    assert!(appended > 80, "most of the room is used: {appended}");
}

#[test]
fn kept_records_make_routine_ones_go_and_never_the_other_way_round() {
    let folder = TempDir::new().unwrap();
    let mut spool = spool(&folder, 1, MIB);
    spool.append(Class::Routine, 0, &[0; SPAN]).unwrap();
    let (_, gone) = fill(&mut spool, Class::Kept);
    assert_eq!(gone, Some(Gone { class: Class::Routine, ordinals: 0..1, records: 1 }));
    let (appended, gone) = fill(&mut spool, Class::Routine);
    assert_eq!((appended, gone), (0, None), "kept records make no room for routine ones");
    let (_, gone) = fill(&mut spool, Class::Kept);
    assert_eq!(gone.map(|gone| (gone.class, gone.ordinals.start)), Some((Class::Kept, 0)));
}

#[test]
fn what_is_out_for_delivery_makes_no_room() {
    let folder = TempDir::new().unwrap();
    let mut spool = spool(&folder, 1, MIB);
    spool.append(Class::Routine, 0, &[1; SPAN]).unwrap();
    spool.hold(Class::Routine, 0..1);
    let (_, gone) = fill(&mut spool, Class::Routine);
    assert!(gone.unwrap().ordinals.start > 0);
    assert_eq!(spool.read(Class::Routine, 0, 1).records[0].place.ordinal, 0);
    spool.hold(Class::Routine, 0..0);
    let (_, gone) = fill(&mut spool, Class::Routine);
    assert_eq!(gone.unwrap().ordinals.start, 0);
}

#[test]
fn the_dead_make_room_before_the_living_and_their_account_says_so() {
    let folder = TempDir::new().unwrap();
    let mut dead = spool(&folder, 1, MIB);
    for order in 0..3 {
        dead.append(Class::Routine, order, &[1; SPAN]).unwrap();
        dead.append(Class::Kept, order, &[1; SPAN]).unwrap();
    }
    drop(dead);
    let mut living = spool(&folder, 2, MIB);
    let (_, gone) = fill(&mut living, Class::Routine);
    assert!(gone.is_some(), "in the end one's own go too");
    let mut left = living.adopt().unwrap();
    assert_eq!((left.waiting(Class::Routine), left.waiting(Class::Kept)), (0, 3));
    assert_eq!(left.account().done, [(Fate::EVICTED, 3)].into());
    let kept = left.read(Class::Kept, 0, usize::MAX);
    left.done(&places(&kept), Fate::DELIVERED);
    left.close();
    assert_eq!(living.ledger().done[&Fate::DELIVERED], 3);
}

#[test]
fn what_was_taken_over_makes_room_too_and_tells() {
    let folder = TempDir::new().unwrap();
    let mut dead = spool(&folder, 1, MIB);
    for order in 0..3 {
        dead.append(Class::Routine, order, &[1; SPAN]).unwrap();
    }
    drop(dead);
    let mut living = spool(&folder, 2, MIB);
    let mut left = living.adopt().unwrap();
    let (_, own) = fill(&mut living, Class::Routine);
    assert_eq!(left.gone(), Some(Gone { class: Class::Routine, ordinals: 0..3, records: 3 }));
    assert_eq!((left.gone(), left.waiting(Class::Routine)), (None, 0));
    assert!(own.is_some());
}

#[test]
fn delivered_records_make_room_before_any_that_wait() {
    let folder = TempDir::new().unwrap();
    let mut spool = spool(&folder, 1, MIB);
    for order in 0..2_000 {
        let place = spool.append(Class::Routine, order, &[1; SPAN]).unwrap();
        assert_eq!(spool.gone(), None);
        assert!(bytes_on_disk(&folder) <= MIB);
        spool.done(&[place], Fate::DELIVERED);
    }
    assert_eq!(spool.ledger().done, [(Fate::DELIVERED, 2_000)].into());
}

#[test]
fn a_journal_that_is_full_begins_anew_and_says_the_same() {
    let folder = TempDir::new().unwrap();
    let mut first = spool(&folder, 1, MIB);
    let all: Vec<_> = (0..2_000).map(|order| first.append(Class::Routine, order, b"span").unwrap()).collect();
    for place in all.iter().step_by(2) {
        first.done(&[*place], Fate(place.ordinal as u8 % 4));
    }
    sync(&mut first);
    let journals = std::fs::read_dir(folder.path().join("spool/1700000000000-1-00000001")).unwrap();
    let names = journals.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("done-")).count(), 1, "those before it are gone");
    let expected = first.ledger();
    drop(first);
    let mut second = spool(&folder, 2, MIB);
    let mut left = second.adopt().unwrap();
    assert_eq!((left.account(), left.waiting(Class::Routine)), (expected, 1_000));
    let chunk = left.read(Class::Routine, 0, usize::MAX);
    assert_eq!((payloads(&chunk).len(), chunk.records[3].place.ordinal), (1_000, 7));
}

#[test]
fn a_disk_that_is_nearly_full_is_used_to_its_last_small_segment() {
    let disk = SimulatedDisk::new(1);
    let writer = "1700000000000-1-00000001".to_owned();
    let options = Options { folder: "/spool".into(), capacity: 64 * MIB, sync: Duration::from_millis(200), writer };
    let mut spool = Spool::new(Arc::new(disk.clone()), options);
    disk.limit_room(Some(MIB / 2));
    let mut appended = 0;
    while spool.append(Class::Routine, appended, &[1; SPAN]).is_ok() {
        appended += 1;
    }
    // Three to each 32 KiB.
    assert!(appended > 40, "{appended}");
    assert_eq!(spool.waiting(Class::Routine), appended);
}
