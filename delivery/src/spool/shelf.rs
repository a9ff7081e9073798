//! What one writer has on disk, as this process sees it: its own, or one that it has taken over.

mod load;
mod read;
mod remove;
mod say;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::done::{Done, VOID};
use super::files::{What, header};
use super::log::Log;
use super::record::{self, Kind};
use super::room::Room;
use super::scan::Window;
use super::{Class, Fate, Gone, Place, Totals};
use crate::disk::DiskFile;

/// The file that is locked as long as the writer lives, or whoever has taken over from it.
pub(super) const LOCK: &str = "lock";
/// Segments whose files stay open, so that they can be written again if the folder vanishes.
const OPEN_FILES: usize = 64;

/// What a writer has on disk.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) room: Arc<Room>,
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Whether the folder is there. Before that nothing is written.
    pub(super) ready: bool,
    pub(super) sides: [Side; 2],
    pub(super) journal: Log,
    pub(super) notes: Log,
    pub(super) open: BTreeMap<u64, Vec<u8>>,
    pub(super) noted: BTreeMap<Fate, u64>,
    pub(super) order: u64,
    /// Records that were found lost to the disk.
    pub(super) corrupt: u64,
    /// Segments that nothing waits in, to be removed when the disk knows that.
    pub(super) leaving: Vec<PathBuf>,
    /// Whether the folder holds names that the disk may not know.
    pub(super) names: bool,
    window: Window,
    scratch: Vec<u8>,
}

/// The records of one class.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) seed: u32,
    pub(super) segments: VecDeque<Segment>,
    /// Whether the last segment is being written.
    pub(super) growing: bool,
    pub(super) next_number: u32,
    pub(super) done: Done,
    pub(super) appended: u64,
    /// What the journal says of that.
    journalled: u64,
    pub(super) held: Range<u64>,
    gone: VecDeque<Gone>,
    cursor: Option<Cursor>,
}

/// Where reading goes on.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    segment: u32,
    at: u64,
    ordinal: u64,
}

/// A file of records.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u32,
    pub(super) path: PathBuf,
    pub(super) first: u64,
    /// The ordinal after its last record.
    pub(super) end: u64,
    /// Bytes that records may be in.
    pub(super) at: u64,
    pub(super) room: u64,
    pub(super) file: Option<Arc<dyn DiskFile>>,
    pub(super) header: Arc<[u8]>,
    /// Whether the disk has not kept all of it.
    pub(super) hurt: bool,
    pub(super) dirty: bool,
    /// How often the disk refused to read it.
    refusals: u8,
}

impl Shelf {
    /// A shelf with nothing on it, and no folder.
    pub(super) fn new(room: Arc<Room>, name: String) -> Self {
        let path = room.folder.join(&name);
        Self {
            ready: false,
            sides: Class::ALL.map(|class| Side::new(class, &name)),
            journal: Log::new(What::Done, path.clone(), 0, Vec::new()),
            notes: Log::new(What::Open, path.clone(), 0, Vec::new()),
            open: BTreeMap::new(),
            noted: BTreeMap::new(),
            order: 0,
            corrupt: 0,
            leaving: Vec::new(),
            names: false,
            window: Window::default(),
            scratch: Vec::new(),
            room,
            name,
            path,
        }
    }

    /// Whether a record of this size fits the segment that is being written.
    pub(super) fn fits(&self, class: Class, bytes: usize) -> bool {
        let side = &self.sides[class as usize];
        side.growing && side.segments.back().is_some_and(|segment| segment.at + bytes as u64 <= segment.room)
    }

    /// Begins a segment. The caller has seen to the room.
    pub(super) fn grow(&mut self, class: Class, room: u64, about: &Arc<[u8]>) -> io::Result<()> {
        let side = &mut self.sides[class as usize];
        let what = What::Segment(class);
        let number = side.next_number;
        let path = self.path.join(what.name(number));
        let file = self.room.disk.create(&path, room)?;
        side.next_number = number.saturating_add(1);
        self.scratch.clear();
        self.scratch.extend_from_slice(&header(what, number, side.appended));
        // Twice, so that one flipped bit does not take the origin from all records of the segment.
        for _ in 0..2 {
            record::write(&mut self.scratch, side.seed, Kind::About, 0, 0, about);
        }
        if let Err(error) = file.write_at(&self.scratch, 0) {
            drop(self.room.disk.remove(&path));
            return Err(error);
        }
        let mut segment = Segment::new(number, path, side.appended, room);
        segment.at = self.scratch.len() as u64;
        segment.header = Arc::clone(about);
        (segment.file, segment.dirty) = (Some(file), true);
        side.segments.push_back(segment);
        side.growing = true;
        side.close_files();
        self.names = true;
        Ok(())
    }

    /// Writes a record into the segment that is being written, which it fits.
    pub(super) fn write(&mut self, class: Class, order: u64, payload: &[u8]) -> io::Result<Place> {
        let side = &mut self.sides[class as usize];
        let ordinal = side.appended;
        let Some(segment) = side.segments.back_mut() else { return Err(io::Error::other("no segment is open")) };
        let Some(file) = &segment.file else { return Err(io::Error::other("no segment is open")) };
        self.scratch.clear();
        record::write(&mut self.scratch, side.seed, Kind::Record, ordinal, order, payload);
        if let Err(error) = file.write_at(&self.scratch, segment.at) {
            // Whatever of it is there, the next segment begins with the same ordinal, and so ends this one before it.
            side.growing = false;
            return Err(error);
        }
        segment.at += self.scratch.len() as u64;
        segment.dirty = true;
        side.appended += 1;
        segment.end = side.appended;
        self.order = self.order.max(order);
        Ok(Place { class, ordinal })
    }

    /// Takes what had to make room, once.
    pub(super) fn gone(&mut self) -> Option<Gone> {
        self.sides.iter_mut().find_map(|side| side.gone.pop_front())
    }

    pub(super) fn waiting(&self, class: Class) -> u64 {
        let side = &self.sides[class as usize];
        side.appended.saturating_sub(side.done.count())
    }

    /// Whether anything is not done with.
    pub(super) fn waits(&self) -> bool {
        Class::ALL.into_iter().any(|class| self.waiting(class) > 0)
    }

    /// What became of its records.
    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals { created: self.noted.values().sum(), done: self.noted.clone() };
        for side in &self.sides {
            totals.created += side.appended;
            for (fate, records) in side.done.totals() {
                *totals.done.entry(fate).or_default() += records;
            }
        }
        totals.created -= totals.done.remove(&VOID).unwrap_or_default();
        totals
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Side {
    fn new(class: Class, writer: &str) -> Self {
        Self {
            seed: What::Segment(class).seed(writer),
            segments: VecDeque::new(),
            growing: false,
            next_number: 0,
            done: Done::default(),
            appended: 0,
            journalled: 0,
            held: 0..0,
            gone: VecDeque::new(),
            cursor: None,
        }
    }

    /// Closes the files of all but the latest segments, once the disk has them.
    pub(super) fn close_files(&mut self) {
        let many = self.segments.len().saturating_sub(OPEN_FILES);
        for segment in self.segments.iter_mut().take(many).filter(|segment| !segment.dirty) {
            segment.file = None;
        }
    }
}

impl Segment {
    /// A segment with room for records.
    fn new(number: u32, path: PathBuf, first: u64, room: u64) -> Self {
        Self {
            number,
            path,
            first,
            end: first,
            at: room,
            room,
            file: None,
            header: Arc::default(),
            hurt: false,
            dirty: false,
            refusals: 0,
        }
    }

    /// Its file, opened if need be.
    fn open(&self, room: &Room) -> io::Result<Arc<dyn DiskFile>> {
        match &self.file {
            Some(file) => Ok(Arc::clone(file)),
            None => room.disk.open(&self.path),
        }
    }

    /// The name that it is set aside under.
    fn aside(&self, shelf: &str) -> String {
        aside("hurt", shelf, &self.path)
    }
}

/// The name that a file of a writer is set aside under. `hurt` goes before `unknown` when room is wanted.
fn aside(why: &str, shelf: &str, path: &Path) -> String {
    format!("{why}-{shelf}-{}", path.file_name().unwrap_or_default().to_string_lossy())
}
