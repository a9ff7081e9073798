//! That the simulated disk loses what a disk may lose, and nothing else.

use super::*;

const FILE: &str = "/a/file";

fn made() -> (SimulatedDisk, Arc<dyn DiskFile>) {
    made_with(1)
}

fn made_with(seed: u64) -> (SimulatedDisk, Arc<dyn DiskFile>) {
    let disk = SimulatedDisk::new(seed);
    disk.create_folder(Path::new("/a")).unwrap();
    let file = disk.create(Path::new(FILE), 4096).unwrap();
    disk.settle();
    (disk, file)
}

fn read(disk: &SimulatedDisk) -> Vec<u8> {
    disk.contents(Path::new(FILE)).unwrap()
}

#[test]
fn what_was_written_outlives_its_process() {
    let (disk, file) = made();
    file.write_at(b"record", 10).unwrap();
    disk.kill();
    assert!(file.write_at(b"more", 0).is_err());
    assert_eq!(read(&disk.process())[..20], *b"\0\0\0\0\0\0\0\0\0\0record\0\0\0\0");
}

#[test]
fn what_was_synced_outlives_the_power() {
    for seed in 0..100 {
        let (disk, file) = made_with(seed);
        file.write_at(&[1; 1000], 0).unwrap();
        file.sync().unwrap();
        file.write_at(&[2; 1000], 1024).unwrap();
        disk.lose_power();
        assert_eq!(read(&disk)[..1000], [1; 1000], "seed {seed}");
    }
}

#[test]
fn of_what_was_not_synced_any_sectors_are_lost_and_some_are_torn() {
    let (mut lost, mut kept, mut torn) = (0, 0, 0);
    for seed in 0..200 {
        let (disk, file) = made_with(seed);
        file.write_at(&[1; 4096], 0).unwrap();
        disk.lose_power();
        for sector in read(&disk).chunks(512) {
            match sector.iter().filter(|byte| **byte == 1).count() {
                0 => lost += 1,
                512 => kept += 1,
                _ => torn += 1,
            }
        }
    }
    assert!(lost > 100 && kept > 100 && torn > 50, "{lost} lost, {kept} kept, {torn} torn");
}

#[test]
fn a_sector_that_was_overwritten_goes_back_to_what_was_synced() {
    let mut old = 0;
    for seed in 0..100 {
        let (disk, file) = made_with(seed);
        file.write_at(&[1; 512], 0).unwrap();
        file.sync().unwrap();
        file.write_at(&[2; 512], 0).unwrap();
        file.write_at(&[3; 512], 0).unwrap();
        disk.lose_power();
        let sector = &read(&disk)[..512];
        assert!(sector.iter().all(|byte| [1, 3].contains(byte)), "seed {seed}");
        old += usize::from(sector == [1; 512]);
    }
    assert!(old > 10, "{old}");
}

#[test]
fn what_a_failed_sync_left_is_not_saved_by_the_next_one() {
    let mut lost = 0;
    for seed in 0..50 {
        let (disk, file) = made_with(seed);
        file.write_at(&[1; 512], 0).unwrap();
        disk.fail(Fault::error(5).of(&[Operation::Sync]).once_after(0));
        assert_eq!(file.sync().unwrap_err().raw_os_error(), Some(5));
        file.sync().unwrap();
        disk.lose_power();
        lost += usize::from(read(&disk)[..512] == [0; 512]);
    }
    assert!((10..40).contains(&lost), "{lost}");
}

#[test]
fn names_last_from_the_sync_of_their_folder_on() {
    let mut lost = 0;
    for seed in 0..100 {
        let (disk, _) = made_with(seed);
        disk.create(Path::new("/a/b"), 0).unwrap();
        disk.sync_folder(Path::new("/a")).unwrap();
        disk.create(Path::new("/a/c"), 0).unwrap();
        disk.rename(Path::new("/a/b"), Path::new("/a/d")).unwrap();
        disk.lose_power();
        let (old, new) = (disk.contents(Path::new("/a/b")).is_ok(), disk.contents(Path::new("/a/d")).is_ok());
        assert!(old != new, "seed {seed}: a rename leaves the old or the new name");
        lost += usize::from(disk.contents(Path::new("/a/c")).is_err());
    }
    assert!((10..90).contains(&lost), "{lost}");
}

#[test]
fn what_was_removed_may_come_back_until_its_folder_is_synced() {
    let mut back = 0;
    for seed in 0..100 {
        let (disk, file) = made_with(seed);
        file.write_at(b"record", 0).unwrap();
        file.sync().unwrap();
        disk.remove(Path::new(FILE)).unwrap();
        assert!(disk.contents(Path::new(FILE)).is_err());
        if seed % 2 == 0 {
            disk.sync_folder(Path::new("/a")).unwrap();
        }
        disk.lose_power();
        match disk.contents(Path::new(FILE)) {
            Ok(contents) => {
                assert!(seed % 2 == 1 && contents.starts_with(b"record"), "seed {seed}");
                back += 1;
            }
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::NotFound),
        }
    }
    assert!((10..40).contains(&back), "{back}");
}

#[test]
fn a_crash_comes_in_the_middle_of_the_change_it_was_set_for() {
    let mut lengths = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let (disk, file) = made_with(seed);
        disk.crash_after(1, Crash::Kill);
        file.write_at(&[1; 8], 0).unwrap();
        assert!(file.write_at(&[2; 8], 8).is_err());
        assert!(disk.is_dead() && disk.list(Path::new("/a")).is_err());
        lengths.insert(read(&disk)[8..16].iter().filter(|byte| **byte == 2).count());
    }
    assert!(lengths.contains(&0) && lengths.contains(&8) && lengths.len() > 4, "{lengths:?}");
}

#[test]
fn a_lock_is_free_when_it_is_dropped_and_when_its_process_ends() {
    let (disk, _) = made();
    let path = Path::new("/a/lock");
    let held = disk.lock(path).unwrap().unwrap();
    let other = disk.process();
    assert!(other.lock(path).unwrap().is_none() && disk.lock(path).unwrap().is_none());
    drop(held);
    let held = other.lock(path).unwrap().unwrap();
    other.kill();
    let ours = disk.lock(path).unwrap().unwrap();
    drop(held);
    assert!(disk.lock(path).unwrap().is_none(), "the lock of a process that is dead gives nothing back");
    drop(ours);
}

#[test]
fn a_full_disk_says_so_and_a_vanished_folder_is_not_found() {
    let (disk, file) = made();
    disk.limit_room(Some(5000));
    assert_eq!(disk.create(Path::new("/a/b"), 1000).unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert!(disk.contents(Path::new("/a/b")).is_err());
    file.write_at(&[1; 100], 4000).unwrap();
    assert_eq!(file.write_at(&[1; 1000], 4090).unwrap_err().kind(), io::ErrorKind::StorageFull);
    disk.remove_all(Path::new("/a"));
    assert_eq!(disk.list(Path::new("/a")).unwrap_err().kind(), io::ErrorKind::NotFound);
    file.write_at(b"into a file without a name", 0).unwrap();
}

#[test]
fn faults_strike_what_they_are_for_and_slow_ones_only_take_time() {
    let (disk, file) = made();
    disk.fail(Fault::error(30).of(&[Operation::Write]).once_after(1));
    disk.fail(Fault { error: None, delay: Duration::from_secs(2), ..Fault::error(0) }.of(&[Operation::Sync]));
    file.write_at(b"1", 0).unwrap();
    assert_eq!(file.write_at(b"2", 0).unwrap_err().raw_os_error(), Some(30));
    file.write_at(b"3", 0).unwrap();
    file.sync().unwrap();
    assert_eq!(disk.waited(), Duration::from_secs(2));
    disk.mend();
    file.sync().unwrap();
    assert_eq!(disk.waited(), Duration::from_secs(2));
}
