//! Files of any length, looked at for what is wanted: of a large one, the spans of what is wanted are held and no others.

mod ids;
mod kept;
mod sketches;

use std::collections::HashSet;

use opentelemetry::trace::TraceId;

use crate::read::{PathError, Reader};
use crate::search::Query;
use crate::span::Span;
use kept::{Kept, Taken};
use sketches::Sketches;

/// Files of more bytes than these, together, are large: their spans would take half a gigabyte or more.
const LARGE: u64 = 256 << 20;
/// Spans that are held at once: 1.2 gigabytes with all that is made of them (docs/performance.md).
const MOST_SPANS: usize = 500_000;
/// Times that everything is read for what turned out to be wanted too: links may be followed eight times.
const MOST_READINGS: usize = 16;

/// What to look for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// These traces.
    These(Vec<TraceId>),
    /// The newest that a search finds.
    Search {
        /// The search.
        query: Query,
        /// How many.
        limit: usize,
    },
}

/// Files, folders and spools, and what is wanted of them.
#[derive(Debug)]
pub struct Files {
    reader: Reader,
    wanted: Wanted,
    links: u32,
    kept: Kept,
    sketches: Sketches,
    was_read: bool,
    large: u64,
}

impl Files {
    /// What is wanted of these files; links to other traces are followed so many times.
    #[must_use]
    pub fn new(reader: Reader, wanted: Wanted, links: u32) -> Self {
        let (kept, sketches) = (Kept::new(MOST_SPANS), Sketches::default());
        Self { reader, wanted, links, kept, sketches, was_read: false, large: LARGE }
    }

    /// With other bounds, for tests: bytes from which on files are large, and spans that are held.
    #[must_use]
    pub fn bounded(self, large: u64, spans: usize) -> Self {
        Self { large, kept: Kept::new(spans), ..self }
    }

    /// Reads what is there, or what is new; whether anything was.
    ///
    /// # Errors
    ///
    /// A path that must be there cannot be read at all.
    pub fn read(&mut self) -> Result<bool, PathError> {
        if !self.was_read && self.reader.length() >= self.large {
            self.sift()?;
        }
        let is_new = self.reader.read(&mut self.kept)?;
        let grows = is_new && self.kept.sifts() && !(self.was_read && matches!(self.wanted, Wanted::Search { .. }));
        for _ in 0..if grows { MOST_READINGS } else { 0 } {
            let linked = ids::linked(self.kept.spans(), self.base(), self.links);
            if !self.kept.want(linked) {
                break;
            }
            self.reader.forget();
            self.kept.forget();
            self.reader.read(&mut self.kept)?;
        }
        self.was_read = true;
        self.kept.take_new_traces(matches!(self.wanted, Wanted::Search { .. }));
        Ok(is_new)
    }

    /// The spans that are held.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        self.kept.spans()
    }

    /// The same, when no more is read.
    #[must_use]
    pub fn into_spans(self) -> Vec<Span> {
        self.kept.into_spans()
    }

    /// What could not be read, and what there was no room for.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.reader.problems();
        problems.extend(self.sketches.left_out());
        problems.extend(self.kept.left_out());
        problems
    }

    /// Finds out which traces are wanted, without holding their spans.
    fn sift(&mut self) -> Result<(), PathError> {
        match &self.wanted {
            Wanted::These(ids) => self.kept.only(ids.iter().copied().collect(), HashSet::new()),
            Wanted::Search { query, limit } => {
                let mut sketches = Sketches::new(query.clone());
                self.reader.read(&mut sketches)?;
                self.reader.forget();
                let Taken { hits, others } = sketches.newest(*limit, self.kept.room());
                self.kept.only(hits, others);
                self.sketches = sketches;
            }
        }
        Ok(())
    }

    /// The traces from which links are followed.
    fn base(&self) -> HashSet<TraceId> {
        match &self.wanted {
            Wanted::These(ids) => ids.iter().copied().collect(),
            Wanted::Search { .. } => self.sketches.hits().clone(),
        }
    }
}
