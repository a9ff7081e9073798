//! Disks that refuse, folders that are not what they should be, and files that somebody else has written to.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::PathBuf;

use tempfile::TempDir;

use super::{MIB, payloads, places, spool, sync};
use crate::spool::files::{HEADER, What};
use crate::spool::{Class, Fate, Unkept};

const FIRST: &str = "spool/1700000000000-1-00000001";

fn path(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(FIRST).join(name)
}

fn overwrite(path: &PathBuf, at: u64, bytes: &[u8]) {
    fs::OpenOptions::new().write(true).open(path).unwrap().write_all_at(bytes, at).unwrap();
}

/// Three records of a writer that is gone, and where each of them is in its file.
fn three(folder: &TempDir) -> [u64; 3] {
    let mut writer = spool(folder, 1, MIB);
    writer.about(b"someone".to_vec());
    for text in ["zero", "one", "two"] {
        writer.append(Class::Routine, 1, text.as_bytes()).unwrap();
    }
    let about = (HEADER + 2 * (36 + 7)) as u64;
    [about, about + 36 + 4, about + 36 + 4 + 36 + 3]
}

#[test]
fn a_broken_record_costs_itself_and_is_counted_and_its_file_is_set_aside() {
    let folder = TempDir::new().unwrap();
    let [_, one, _] = three(&folder);
    overwrite(&path(&folder, "r-00000000.seg"), one + 36, b"X");
    let mut next = spool(&folder, 2, MIB);
    let mut left = next.adopt().unwrap();
    let chunk = left.read(Class::Routine, 0, usize::MAX);
    assert_eq!((payloads(&chunk), chunk.corrupt, chunk.next), (vec![&b"zero"[..], b"two"], 1, 3));
    left.done(&places(&chunk), Fate::DELIVERED);
    left.close();
    assert_eq!(next.ledger().done, [(Fate::DELIVERED, 2), (Fate::CORRUPT, 1)].into());
    assert!(folder.path().join("spool/set-aside/hurt-1700000000000-1-00000001-r-00000000.seg").exists());
    next.append(Class::Kept, 1, b"more").unwrap();
    sync(&mut next);
    assert_eq!((next.usage().set_aside, next.usage().corrupt), (1, 1));
}

#[test]
fn a_broken_length_does_not_take_the_records_after_it() {
    let folder = TempDir::new().unwrap();
    let [zero, ..] = three(&folder);
    overwrite(&path(&folder, "r-00000000.seg"), zero + 5, b"\xff");
    let mut next = spool(&folder, 2, MIB);
    let chunk = next.adopt().unwrap().read(Class::Routine, 0, usize::MAX);
    assert_eq!((payloads(&chunk), chunk.corrupt, &*chunk.header), (vec![&b"one"[..], b"two"], 1, &b"someone"[..]));
}

#[test]
fn a_file_whose_own_header_is_broken_is_read_all_the_same() {
    let folder = TempDir::new().unwrap();
    three(&folder);
    overwrite(&path(&folder, "r-00000000.seg"), 0, &[0; HEADER]);
    let mut next = spool(&folder, 2, MIB);
    let chunk = next.adopt().unwrap().read(Class::Routine, 0, usize::MAX);
    assert_eq!((payloads(&chunk), chunk.corrupt), (vec![&b"zero"[..], b"one", b"two"], 0));
}

#[test]
fn a_record_inside_a_record_is_none() {
    let folder = TempDir::new().unwrap();
    let mut writer = spool(&folder, 1, MIB);
    let mut forged = Vec::new();
    let seed = What::Segment(Class::Routine).seed("1700000000000-9-00000009");
    crate::spool::record::write(&mut forged, seed, crate::spool::record::Kind::Record, 1, 1, b"forged");
    writer.append(Class::Routine, 1, &forged).unwrap();
    writer.append(Class::Routine, 1, b"true").unwrap();
    drop(writer);
    overwrite(&path(&folder, "r-00000000.seg"), (HEADER + 72) as u64, b"XXXX");
    let mut next = spool(&folder, 2, MIB);
    let chunk = next.adopt().unwrap().read(Class::Routine, 0, usize::MAX);
    assert_eq!((payloads(&chunk), chunk.corrupt), (vec![&b"true"[..]], 1));
}

#[test]
fn files_of_a_later_version_are_set_aside_and_those_of_this_one_are_read() {
    let folder = TempDir::new().unwrap();
    let mut writer = spool(&folder, 1, MIB);
    writer.append(Class::Routine, 1, b"of version 1").unwrap();
    writer.append(Class::Kept, 1, b"of version 2").unwrap();
    sync(&mut writer);
    drop(writer);
    let file = path(&folder, "k-00000000.seg");
    let mut bytes = fs::read(&file).unwrap();
    assert_eq!(bytes[8], 1);
    bytes[8] = 2;
    let check = crc32c::crc32c(&bytes[..24]).to_le_bytes();
    bytes[24..28].copy_from_slice(&check);
    fs::write(&file, &bytes).unwrap();

    let mut next = spool(&folder, 2, MIB);
    let mut left = next.adopt().unwrap();
    let chunk = left.read(Class::Routine, 0, usize::MAX);
    assert_eq!(payloads(&chunk), [b"of version 1"]);
    left.done(&places(&chunk), Fate::DELIVERED);
    left.close();
    let aside = folder.path().join("spool/set-aside/unknown-1700000000000-1-00000001-k-00000000.seg");
    assert_eq!(fs::read(aside).unwrap(), bytes);
}

#[test]
fn a_ledger_of_a_later_version_is_set_aside_and_one_with_a_flipped_bit_is_read() {
    let folder = TempDir::new().unwrap();
    for writer in 1..=3 {
        let ledger = folder.path().join("spool/ledger");
        if writer == 2 {
            overwrite(&ledger, 20, b"\x00");
        }
        if writer == 3 {
            fs::write(&ledger, "spool-ledger 2\nanything\n").unwrap();
        }
        let mut spool = spool(&folder, writer, MIB);
        let place = spool.append(Class::Routine, 1, b"span").unwrap();
        spool.done(&[place], Fate::DELIVERED);
        spool.close();
        let expected = if writer == 3 { 1 } else { u64::from(writer) };
        assert_eq!(super::spool(&folder, 9, MIB).ledger().created, expected, "{writer}");
    }
    let aside = folder.path().join("spool/set-aside/unknown-1700000000000-3-00000003-ledger");
    assert_eq!(fs::read_to_string(aside).unwrap(), "spool-ledger 2\nanything\n");
}

#[test]
fn foreign_files_and_folders_harm_nothing() {
    let folder = TempDir::new().unwrap();
    three(&folder);
    fs::write(path(&folder, "notes.txt"), "mine").unwrap();
    fs::write(path(&folder, "r-00000007.seg"), "").unwrap();
    fs::create_dir(folder.path().join("spool/photos")).unwrap();
    fs::write(folder.path().join("spool/photos/cat"), "mew").unwrap();
    let mut next = spool(&folder, 2, MIB);
    let mut left = next.adopt().unwrap();
    let chunk = left.read(Class::Routine, 0, usize::MAX);
    assert_eq!(payloads(&chunk).len(), 3);
    left.done(&places(&chunk), Fate::DELIVERED);
    left.close();
    assert!(next.adopt().is_none());
    assert!(!folder.path().join(FIRST).exists());
    assert!(folder.path().join("spool/photos/cat").exists());
    assert!(folder.path().join("spool/set-aside/unknown-1700000000000-1-00000001-notes.txt").exists());
}

#[test]
fn a_folder_that_is_a_link_or_that_others_may_write_to_is_refused_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let elsewhere = TempDir::new().unwrap();
    let at = folder.path().join("spool");
    symlink(elsewhere.path(), &at).unwrap();
    let refusal = |writer| match spool(&folder, writer, MIB).append(Class::Kept, 1, b"span") {
        Err(Unkept::Disk(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refusal(1),
        format!("{} is a symbolic link: remove it, or name the folder that it leads to", at.display())
    );
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    fs::remove_file(&at).unwrap();
    fs::create_dir(&at).unwrap();
    fs::set_permissions(&at, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(refusal(2), format!("others may write to {0}: run `chmod 700 {0}`", at.display()));
    fs::remove_dir(&at).unwrap();
    fs::write(&at, "a file").unwrap();
    refusal(3);
}

#[test]
fn a_folder_that_vanishes_comes_back_with_all_that_was_in_it() {
    let folder = TempDir::new().unwrap();
    let mut writer = spool(&folder, 1, MIB);
    writer.about(b"someone".to_vec());
    writer.begun(4, b"root");
    let first = writer.append(Class::Routine, 1, b"before").unwrap();
    writer.append(Class::Kept, 2, b"kept").unwrap();
    writer.done(&[first], Fate::DELIVERED);
    sync(&mut writer);
    fs::remove_dir_all(folder.path().join("spool")).unwrap();
    writer.append(Class::Kept, 3, b"during").unwrap();
    sync(&mut writer);
    writer.append(Class::Kept, 4, b"after").unwrap();
    sync(&mut writer);
    drop(writer);
    let mut next = spool(&folder, 2, MIB);
    let mut left = next.adopt().unwrap();
    let chunk = left.read(Class::Kept, 0, usize::MAX);
    assert_eq!((payloads(&chunk), chunk.corrupt), (vec![&b"kept"[..], b"during", b"after"], 0));
    assert_eq!((left.waiting(Class::Routine), left.open()), (0, vec![(4, b"root".to_vec())]));
}

#[test]
fn a_folder_that_cannot_come_back_refuses_until_it_can() {
    let folder = TempDir::new().unwrap();
    let at = folder.path().join("spool");
    let mut writer = spool(&folder, 1, MIB);
    writer.append(Class::Kept, 1, b"before").unwrap();
    sync(&mut writer);
    fs::remove_dir_all(&at).unwrap();
    fs::write(&at, "in the way").unwrap();
    writer.append(Class::Kept, 2, b"during").unwrap();
    let synced = writer.sync_now().unwrap().run();
    writer.synced(synced).unwrap_err();
    assert!(matches!(writer.append(Class::Kept, 3, b"later"), Err(Unkept::Disk(_))));
    assert_eq!(payloads(&writer.read(Class::Kept, 0, usize::MAX)), [&b"before"[..], b"during"]);
    fs::remove_file(&at).unwrap();
    writer.append(Class::Kept, 3, b"later").unwrap();
    drop(writer);
    let mut next = spool(&folder, 2, MIB);
    let chunk = next.adopt().unwrap().read(Class::Kept, 0, usize::MAX);
    assert_eq!(payloads(&chunk), [&b"before"[..], b"during", b"later"]);
}
