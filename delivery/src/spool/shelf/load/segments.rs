//! Finds out what the segments of a class hold.

use std::io;
use std::sync::Arc;

use super::after;
use crate::disk::DiskFile;
use crate::spool::files::{HEADER, Header, What, read_header};
use crate::spool::record::{Head, Kind};
use crate::spool::room::Room;
use crate::spool::scan::{Found, Scan, Window};
use crate::spool::shelf::{Segment, Shelf, Side};
use crate::spool::{Class, Fate};

impl Shelf {
    /// `known`: whether the journal says anything about this class.
    pub(super) fn load_segments(&mut self, class: Class, numbers: &[u32], known: bool) -> io::Result<()> {
        let mut window = Window::default();
        let mut segments = Vec::new();
        for number in numbers {
            segments.extend(self.look_at(class, *number, &mut window)?);
        }
        for index in 1..segments.len() {
            let first = segments[index].first.max(segments[index - 1].first);
            (segments[index].first, segments[index - 1].end) = (first, first);
        }
        let side = &mut self.sides[class as usize];
        side.next_number = after(numbers);
        if let Some(last) = segments.last_mut() {
            let (end, order) = end_of(side, last, &self.room, &mut window)?;
            self.order = self.order.max(order);
            side.appended = side.appended.max(end);
            last.end = side.appended;
        }
        let first = segments.first().map_or(side.appended, |segment| segment.first);
        side.segments = segments.into();
        // What is below the first segment has been removed as done with, or is lost.
        let lost = side.done.insert(0..first, if known { Fate::CORRUPT } else { Fate::UNKNOWN });
        self.corrupt += if known { lost } else { 0 };
        Ok(())
    }

    /// A segment, with what its records were written under if the disk has kept that. `None`: no record of it can be read.
    fn look_at(&mut self, class: Class, number: u32, window: &mut Window) -> io::Result<Option<Segment>> {
        let path = self.file(&What::Segment(class).name(number));
        let file = self.room.disk.open(&path)?;
        let size = file.size()?;
        let mut bytes = [0; HEADER];
        let read = file.read_at(&mut bytes, 0)?;
        let seed = self.sides[class as usize].seed;
        let (first, broken) = match read_header(&bytes[..read]) {
            Header::Known { first } => (first, false),
            Header::Foreign(_) => {
                self.set_aside("unknown", &path);
                return Ok(None);
            }
            Header::Broken => match first_record(&*file, seed, size, window)? {
                (Some(head), _) => (head.ordinal, true),
                (None, true) => {
                    self.set_aside("hurt", &path);
                    return Ok(None);
                }
                // Room that was set aside and never used.
                (None, false) => {
                    self.leaving.push(path);
                    return Ok(None);
                }
            },
        };
        let (header, torn) = about(&*file, seed, size, window)?;
        let mut segment = Segment::new(number, path, first, size);
        segment.hurt = broken || torn;
        segment.header = header.unwrap_or_default();
        Ok(Some(segment))
    }

    /// Segments whose own header the disk has not kept get that of another.
    pub(super) fn lend_headers(&mut self) {
        let known = self.sides.iter().flat_map(|side| &side.segments).find(|segment| !segment.header.is_empty());
        let Some(header) = known.map(|segment| Arc::clone(&segment.header)) else { return };
        for segment in self.sides.iter_mut().flat_map(|side| &mut side.segments) {
            if segment.hurt && segment.header.is_empty() {
                segment.header = Arc::clone(&header);
            }
        }
    }
}

/// The first record of a file whose own header is lost, and whether there is anything else than zeros.
fn first_record(file: &dyn DiskFile, seed: u32, size: u64, window: &mut Window) -> io::Result<(Option<Head>, bool)> {
    let mut scan = Scan::new(file, seed, 0..size, window);
    loop {
        match scan.next()? {
            Found::Record(head, _) if head.kind == Kind::Record => return Ok((Some(head), true)),
            // What it was written under is no record yet.
            Found::Record(..) | Found::Broken(_) => {}
            Found::End => return Ok((None, scan.rubbish)),
        }
    }
}

/// What the records of a segment were written under, and whether that is lost.
fn about(file: &dyn DiskFile, seed: u32, size: u64, window: &mut Window) -> io::Result<(Option<Arc<[u8]>>, bool)> {
    let mut scan = Scan::new(file, seed, HEADER as u64..size, window);
    loop {
        match scan.next()? {
            Found::Record(head, payload) if head.kind == Kind::About => {
                return Ok((Some(scan.payload(payload).into()), false));
            }
            Found::Broken(head) if head.kind == Kind::About => {}
            Found::Record(..) | Found::Broken(_) => return Ok((None, true)),
            Found::End => return Ok((None, scan.rubbish)),
        }
    }
}

/// The ordinal after the last record of a segment, and the greatest order number in it.
fn end_of(side: &Side, segment: &Segment, room: &Room, window: &mut Window) -> io::Result<(u64, u64)> {
    let file = segment.open(room)?;
    let mut scan = Scan::new(&*file, side.seed, HEADER as u64..segment.room, window);
    let (mut end, mut order) = (segment.first, 0);
    loop {
        match scan.next()? {
            Found::Record(head, _) if head.kind == Kind::Record => {
                end = end.max(head.ordinal.saturating_add(1));
                order = order.max(head.order);
            }
            Found::Record(..) | Found::Broken(_) => {}
            Found::End => break,
        }
    }
    // What stands after that is an append that the end of the process has cut short: nobody was told that it is kept.
    Ok((end, order))
}
