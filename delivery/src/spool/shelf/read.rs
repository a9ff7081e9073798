//! Reads back what is not done with.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Cursor, Shelf};
use crate::disk::DiskFile;
use crate::spool::files::HEADER;
use crate::spool::record::{Head, Kind};
use crate::spool::scan::{Found, Scan};
use crate::spool::{Chunk, Class, Fate, Place, Record};

/// Refusals of the disk to read a segment after which what it refuses is given up, block by block.
const PATIENCE: u8 = 64;

/// What reading a segment has come to.
enum Stop {
    /// Its end.
    End,
    /// The chunk is full.
    Full,
    /// The disk refused.
    Trouble(io::Error),
}

/// Where reading a segment begins.
struct Start {
    file: Arc<dyn DiskFile>,
    within: Range<u64>,
    expected: u64,
}

impl Shelf {
    /// Undone records from an ordinal on, as [`crate::spool::Spool::read`] says.
    pub(in crate::spool) fn read(&mut self, class: Class, from: u64, bytes: usize) -> Chunk {
        let mut left = bytes;
        let mut chunk = Chunk { next: from.max(self.sides[class as usize].done.low()), ..Chunk::default() };
        while let Some(index) = self.next_segment(class, chunk.next) {
            let header = Arc::clone(&self.sides[class as usize].segments[index].header);
            if chunk.records.is_empty() {
                chunk.header = header;
            } else if chunk.header != header {
                return chunk;
            }
            match self.read_segment(class, index, &mut chunk, &mut left) {
                Stop::End => {}
                Stop::Full => return chunk,
                Stop::Trouble(error) => {
                    chunk.trouble = Some(error);
                    return chunk;
                }
            }
        }
        chunk.next = self.sides[class as usize].appended.max(chunk.next);
        chunk
    }

    /// The segment that has the first undone record from this ordinal on.
    fn next_segment(&self, class: Class, from: u64) -> Option<usize> {
        let side = &self.sides[class as usize];
        let start = side.segments.partition_point(|segment| segment.end <= from);
        let waits = |index: &usize| {
            let segment = &side.segments[*index];
            side.done.undone(&(segment.first.max(from)..segment.end)) > 0
        };
        (start..side.segments.len()).find(waits)
    }

    /// Where to read a segment from. `None`: its file is not there any more.
    fn start(&self, class: Class, index: usize, next: u64) -> io::Result<Option<Start>> {
        let side = &self.sides[class as usize];
        let segment = &side.segments[index];
        let file = match segment.open(&self.room) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.lists(&segment.path)? => return Ok(None),
            opened => opened?,
        };
        let known = side.cursor.filter(|cursor| cursor.segment == segment.number && cursor.ordinal <= next);
        let (at, expected) = known.map_or((HEADER as u64, segment.first), |cursor| (cursor.at, cursor.ordinal));
        Ok(Some(Start { file, within: at..segment.at, expected }))
    }

    /// Whether a file is in the folder.
    fn lists(&self, path: &Path) -> io::Result<bool> {
        let name = path.file_name().unwrap_or_default();
        Ok(self.room.disk.list(&self.path)?.iter().any(|entry| name == entry.name.as_str()))
    }

    fn read_segment(&mut self, class: Class, index: usize, chunk: &mut Chunk, left: &mut usize) -> Stop {
        let start = match self.start(class, index, chunk.next) {
            Ok(start) => start,
            Err(error) => return self.refused(class, index, error),
        };
        let segment = &self.sides[class as usize].segments[index];
        let (first, end, rough) = (segment.first, segment.end, segment.refusals >= PATIENCE);
        let Some(Start { file, within, mut expected }) = start else {
            self.lose(class, index, first..end, chunk);
            return Stop::End;
        };
        let seed = self.sides[class as usize].seed;
        let mut window = std::mem::take(&mut self.window);
        let mut scan = Scan::new(&*file, seed, within, &mut window);
        scan.rough = rough;
        let stop = loop {
            let at = scan.at;
            let (head, payload) = match scan.next() {
                Ok(Found::Record(head, payload)) => (head, payload),
                Ok(Found::Broken(_)) => continue,
                Ok(Found::End) => {
                    self.lose(class, index, expected..end, chunk);
                    break Stop::End;
                }
                Err(error) => break self.refused(class, index, error),
            };
            if head.kind != Kind::Record || head.ordinal < expected || head.ordinal >= end {
                continue;
            }
            self.lose(class, index, expected..head.ordinal, chunk);
            expected = head.ordinal;
            let taken = self.take(class, head, scan.payload(payload), chunk, left);
            let (at, ordinal) = if taken { (scan.at, expected + 1) } else { (at, expected) };
            self.resume(class, index, at, ordinal, chunk);
            if !taken {
                break Stop::Full;
            }
            expected = ordinal;
        };
        self.window = window;
        if matches!(stop, Stop::End) {
            chunk.next = chunk.next.max(end);
        }
        stop
    }

    /// Remembers where reading goes on.
    fn resume(&mut self, class: Class, index: usize, at: u64, ordinal: u64, chunk: &mut Chunk) {
        let side = &mut self.sides[class as usize];
        side.cursor = Some(Cursor { segment: side.segments[index].number, at, ordinal });
        chunk.next = chunk.next.max(ordinal);
    }

    fn refused(&mut self, class: Class, index: usize, error: io::Error) -> Stop {
        let segment = &mut self.sides[class as usize].segments[index];
        segment.refusals = segment.refusals.saturating_add(1);
        Stop::Trouble(error)
    }

    /// Adds a record to the chunk if it waits. `false`: the chunk is full.
    fn take(&self, class: Class, head: Head, payload: &[u8], chunk: &mut Chunk, left: &mut usize) -> bool {
        let waits = head.ordinal >= chunk.next && !self.sides[class as usize].done.contains(head.ordinal);
        if !waits {
            return true;
        }
        if payload.len() > *left && !chunk.records.is_empty() {
            return false;
        }
        *left = left.saturating_sub(payload.len());
        let place = Place { class, ordinal: head.ordinal };
        chunk.records.push(Record { place, order: head.order, payload: payload.to_vec() });
        true
    }

    /// Enters what should have been there as lost.
    fn lose(&mut self, class: Class, index: usize, ordinals: Range<u64>, chunk: &mut Chunk) {
        let lost = self.enter(class, ordinals, Fate::CORRUPT);
        if lost > 0 {
            self.sides[class as usize].segments[index].hurt = true;
            self.corrupt += lost;
            self.room.corrupt.fetch_add(lost, Ordering::Relaxed);
            chunk.corrupt += lost;
        }
    }
}
