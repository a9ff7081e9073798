//! Reads the records of a file one after another, past whatever the disk has not kept.

use std::io;
use std::ops::Range;

use super::record::{HEAD, Head, SYNC};
use crate::disk::DiskFile;

/// Bytes that are read at a time.
const WINDOW: usize = 64 * 1024;
/// Bytes that are given up at a time where the disk refuses to read.
const BLOCK: usize = 4096;

/// What is read of a file at the moment. Kept by the caller, so that reading on takes no new memory.
#[derive(Debug, Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    filled: usize,
    start: u64,
}

/// A reader between two offsets of a file.
pub(super) struct Scan<'a> {
    pub(super) file: &'a dyn DiskFile,
    pub(super) seed: u32,
    pub(super) at: u64,
    pub(super) end: u64,
    pub(super) window: &'a mut Window,
    /// Whether what cannot be read is passed over as if it were zeros.
    pub(super) rough: bool,
    /// Whether there was anything but zeros and records since the last record.
    pub(super) rubbish: bool,
}

/// What comes next in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A record, and where in [`Scan::payload`] its payload is.
    Record(Head, Range<usize>),
    /// The header of a record whose payload is lost.
    Broken(Head),
    /// Nothing more.
    End,
}

impl<'a> Scan<'a> {
    pub(super) fn new(file: &'a dyn DiskFile, seed: u32, within: Range<u64>, window: &'a mut Window) -> Self {
        window.filled = 0;
        Self { file, seed, at: within.start, end: within.end, window, rough: false, rubbish: false }
    }

    /// The bytes of a payload that was found, until the next is asked for.
    pub(super) fn payload(&self, range: Range<usize>) -> &[u8] {
        self.window.bytes.get(range).unwrap_or_default()
    }

    pub(super) fn next(&mut self) -> io::Result<Found> {
        loop {
            if !self.reach(HEAD)? {
                self.rubbish |= self.here().iter().any(|byte| *byte != 0);
                return Ok(Found::End);
            }
            let Some(head) = Head::read(self.seed, self.here()) else {
                self.skip();
                continue;
            };
            if !self.reach(head.total())? {
                // Its length is true, so the rest is what is left of it.
                self.at = self.end;
                return Ok(Found::Broken(head));
            }
            let start = self.offset() + HEAD;
            let payload = start..start + head.length as usize;
            self.at += head.total() as u64;
            if !head.holds(self.seed, self.payload(payload.clone())) {
                return Ok(Found::Broken(head));
            }
            self.rubbish = false;
            return Ok(Found::Record(head, payload));
        }
    }

    /// Where in the window the reader is.
    fn offset(&self) -> usize {
        usize::try_from(self.at - self.window.start).unwrap_or(usize::MAX).min(self.window.filled)
    }

    /// What has been read from here on.
    fn here(&self) -> &[u8] {
        &self.window.bytes[self.offset()..self.window.filled]
    }

    /// Goes on to the next place that could be the beginning of a record.
    fn skip(&mut self) {
        let here = self.here();
        let places = 1..=here.len() - SYNC.len();
        let next = places.clone().find(|at| here[*at] == SYNC[0] && here[*at..].starts_with(&SYNC));
        let passed = next.unwrap_or(*places.end());
        self.rubbish |= here[..passed].iter().any(|byte| *byte != 0);
        self.at += passed as u64;
    }

    /// Whether this many bytes from here on are there to be looked at, having read them if need be.
    fn reach(&mut self, length: usize) -> io::Result<bool> {
        let there = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let begun = self.at >= self.window.start && self.window.filled > 0;
        if begun && self.here().len() >= length.min(there) {
            return Ok(there >= length);
        }
        if there < length && length > WINDOW {
            return Ok(false);
        }
        let want = length.max(WINDOW).min(there);
        if self.window.bytes.len() < want {
            self.window.bytes.resize(want, 0);
        }
        self.window.filled = 0;
        self.window.filled = self.read(want)?;
        self.window.start = self.at;
        if self.window.filled < want {
            // The file is shorter than it should be.
            self.end = self.at + self.window.filled as u64;
        }
        Ok(self.window.filled >= length)
    }

    fn read(&mut self, want: usize) -> io::Result<usize> {
        let into = &mut self.window.bytes[..want];
        match self.file.read_at(into, self.at) {
            Err(_) if self.rough => {}
            other => return other,
        }
        for (block, bytes) in into.chunks_mut(BLOCK).enumerate() {
            if self.file.read_at(bytes, self.at + (block * BLOCK) as u64).is_err() {
                bytes.fill(0);
            }
        }
        Ok(want)
    }
}
