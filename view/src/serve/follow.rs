//! Files and folders that are read, and read again when they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Tell;
use super::live::Live;
use super::store::Coming;
use crate::{PathError, Reader, Sink, Span, to_resource_spans};

/// How often a file is looked at, and by how many times the time that reading it took a pause is longer.
const LOOK: Duration = Duration::from_millis(500);
const PAUSES: u32 = 10;
/// Spans that are handed on at once.
const AT_ONCE: usize = 10_000;

/// Reads this path now, and what has come to it whenever it changes.
pub(super) async fn follow(path: PathBuf, live: Arc<Live>, tell: Tell) {
    let mut reader = Reader::new(vec![path.clone()], true).following();
    loop {
        let (live, tell) = (Arc::clone(&live), Arc::clone(&tell));
        let began = Instant::now();
        let read = tokio::task::spawn_blocking(move || {
            read(&mut reader, &live, &tell);
            reader
        });
        let Ok(again) = read.await else { return };
        reader = again;
        if path == Path::new("-") {
            return;
        }
        tokio::time::sleep(LOOK.max(began.elapsed() * PAUSES)).await;
    }
}

fn read(reader: &mut Reader, live: &Live, tell: &Tell) {
    let mut sink = Pages { live, waiting: Vec::new() };
    let outcome = reader.read(&mut sink);
    sink.hand_on();
    let mut problems = reader.problems();
    if let Err(PathError { path, source }) = outcome {
        problems.push(format!("{} cannot be read: {source}; it is tried again", path.display()));
    }
    for problem in problems {
        if live.problem(&problem) {
            tell(&problem);
        }
    }
}

/// Hands spans on to the pages, some at a time: a file may be larger than what is kept of it.
struct Pages<'a> {
    live: &'a Live,
    waiting: Vec<Span>,
}

impl Pages<'_> {
    fn hand_on(&mut self) {
        if !self.waiting.is_empty() {
            self.live.add(to_resource_spans(&self.waiting), Coming::Again);
            self.waiting.clear();
        }
    }
}

impl Sink for Pages<'_> {
    fn take(&mut self, span: Span) {
        self.waiting.push(span);
        if self.waiting.len() >= AT_ONCE {
            self.hand_on();
        }
    }
}
