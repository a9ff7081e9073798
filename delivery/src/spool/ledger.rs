//! The account of writers that are finished, which outlives their folders.

use std::io;
use std::path::PathBuf;

use super::room::Room;
use super::shelf::Shelf;
use super::{Fate, Totals};

/// The name of the file.
const LEDGER: &str = "ledger";
/// What is written before it takes that name.
const NEW: &str = "ledger.new";
/// What is locked while it is read and written.
const LOCK: &str = "ledger.lock";
/// How it begins, with its version.
const TITLE: &str = "spool-ledger 1";
/// What stands between its two copies.
const AGAIN: &str = "again\n";

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ledger {
    totals: Totals,
    /// Writers whose totals are in it though their folders are not known to be removed.
    taken: Vec<String>,
}

/// What stands there.
enum Stands {
    Ledger(Ledger),
    Nothing,
    /// Something that cannot be read here.
    Foreign,
}

/// The account of the writers that are finished. What cannot be read counts nothing.
pub(super) fn totals(room: &Room) -> Totals {
    match read(room) {
        Ok(Stands::Ledger(ledger)) => ledger.totals,
        _ => Totals::default(),
    }
}

/// Whether a writer's totals are in the ledger, so that its folder is only still to be removed.
pub(super) fn has(room: &Room, writer: &str) -> bool {
    matches!(read(room), Ok(Stands::Ledger(ledger)) if ledger.taken.iter().any(|taken| taken == writer))
}

/// Enters the totals of a shelf that nothing waits on, and removes it. On failure all stays, and is worth another attempt.
pub(super) fn enter(room: &Room, shelf: &mut Shelf) -> io::Result<()> {
    let totals = shelf.totals();
    if totals == Totals::default() {
        shelf.remove_all();
        return Ok(());
    }
    room.disk.create_folder(&room.folder)?;
    let busy = || io::Error::new(io::ErrorKind::WouldBlock, "another process is writing the ledger");
    let _held = room.lock_of(&room.folder.join(LOCK))?.ok_or_else(busy)?;
    // So that a folder that is not there any more does not come back after a power loss, and is counted twice.
    room.disk.sync_folder(&room.folder)?;
    let mut ledger = match read(room)? {
        Stands::Ledger(ledger) => ledger,
        Stands::Nothing => Ledger::default(),
        Stands::Foreign => {
            let name = format!("unknown-{}-{LEDGER}", shelf.name);
            room.move_aside(&path(room, LEDGER), &room.folder.join(super::room::SET_ASIDE).join(name));
            Ledger::default()
        }
    };
    if !ledger.taken.contains(&shelf.name) {
        let there = room.writers()?;
        ledger.taken.retain(|taken| there.contains(taken));
        ledger.taken.push(shelf.name.clone());
        ledger.totals.add(&totals);
        write(room, &ledger)?;
    }
    shelf.remove_all();
    room.disk.sync_folder(&room.folder)
}

fn path(room: &Room, name: &str) -> PathBuf {
    room.folder.join(name)
}

fn read(room: &Room) -> io::Result<Stands> {
    let file = match room.disk.open(&path(room, LEDGER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Stands::Nothing),
        opened => opened?,
    };
    let mut bytes = vec![0; usize::try_from(file.size()?).map_err(io::Error::other)?];
    let length = file.read_at(&mut bytes, 0)?;
    let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
    let known = text.split(AGAIN).find_map(parse);
    Ok(known.map_or(Stands::Foreign, Stands::Ledger))
}

fn write(room: &Room, ledger: &Ledger) -> io::Result<()> {
    let one = print(ledger);
    // Twice, so that one flipped bit does not take the account.
    let text = format!("{one}{AGAIN}{one}");
    let new = path(room, NEW);
    match room.disk.remove(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = room.disk.create(&new, text.len() as u64)?;
    file.write_at(text.as_bytes(), 0)?;
    file.sync()?;
    room.disk.rename(&new, &path(room, LEDGER))?;
    room.disk.sync_folder(&room.folder)
}

fn print(ledger: &Ledger) -> String {
    let mut text = format!("{TITLE}\ncreated {}\n", ledger.totals.created);
    for (fate, records) in &ledger.totals.done {
        text.push_str(&format!("done {} {records}\n", fate.0));
    }
    for name in &ledger.taken {
        text.push_str(&format!("taken {name}\n"));
    }
    let check = crc32c::crc32c(text.as_bytes());
    text.push_str(&format!("check {check:08x}\n"));
    text
}

fn parse(text: &str) -> Option<Ledger> {
    let (body, check) = text.rsplit_once("check ")?;
    let check = u32::from_str_radix(check.trim_end(), 16).ok()?;
    if !body.starts_with(TITLE) || crc32c::crc32c(body.as_bytes()) != check {
        return None;
    }
    let mut ledger = Ledger::default();
    for line in body.lines().skip(1) {
        let mut words = line.split(' ');
        match (words.next()?, words.next()?, words.next()) {
            ("created", records, None) => ledger.totals.created = records.parse().ok()?,
            ("done", fate, Some(records)) => {
                ledger.totals.done.insert(Fate(fate.parse().ok()?), records.parse().ok()?);
            }
            ("taken", name, None) => ledger.taken.push(name.to_owned()),
            _ => return None,
        }
    }
    Some(ledger)
}
