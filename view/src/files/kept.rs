//! The spans that are held, by file, and how many there was no room for.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use opentelemetry::trace::TraceId;

use super::ids;
use crate::read::Sink;
use crate::span::Span;
use crate::trace::parts::is_of_parts;

/// Of more traces than these, no text is looked through for their ids: most have one.
const FEW: usize = 10_000;

/// The spans that are held.
#[derive(Debug, Default)]
pub(super) struct Kept {
    files: BTreeMap<PathBuf, Vec<Span>>,
    file: PathBuf,
    /// The traces that are wanted; none wants all.
    wanted: Option<HashSet<TraceId>>,
    /// Those that are not, where others are that nobody has seen yet.
    others: Option<HashSet<TraceId>>,
    not_wanted: HashSet<TraceId>,
    most: usize,
    count: usize,
    left_out: usize,
}

/// Traces by what becomes of them.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) hits: HashSet<TraceId>,
    pub(super) others: HashSet<TraceId>,
}

impl Kept {
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// How many more spans may be held.
    pub(super) const fn room(&self) -> usize {
        self.most.saturating_sub(self.count)
    }

    /// Holds the spans of these traces; those of the others are not wanted.
    pub(super) fn only(&mut self, wanted: HashSet<TraceId>, others: HashSet<TraceId>) {
        (self.wanted, self.not_wanted) = (Some(wanted), others);
    }

    /// Whether some spans are not wanted.
    pub(super) const fn sifts(&self) -> bool {
        self.wanted.is_some()
    }

    /// These are wanted too; whether any of them was not.
    pub(super) fn want(&mut self, more: HashSet<TraceId>) -> bool {
        let Some(wanted) = &mut self.wanted else { return false };
        let before = wanted.len();
        wanted.extend(more);
        self.not_wanted.retain(|id| !wanted.contains(id));
        wanted.len() > before
    }

    /// From now on, traces that nobody has seen yet are wanted too.
    pub(super) fn take_new_traces(&mut self, are_wanted: bool) {
        if are_wanted && self.others.is_none() {
            self.others = Some(std::mem::take(&mut self.not_wanted));
        }
    }

    /// Everything is read again.
    pub(super) fn forget(&mut self) {
        self.files.clear();
        (self.count, self.left_out) = (0, 0);
    }

    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.files.values().flatten()
    }

    pub(super) fn into_spans(self) -> Vec<Span> {
        let mut files = self.files.into_values();
        let first = files.next().unwrap_or_default();
        files.fold(first, |mut all, spans| {
            all.extend(spans);
            all
        })
    }

    /// What there was no room for.
    pub(super) fn left_out(&self) -> Option<String> {
        let (left_out, most) = (self.left_out, self.most);
        let text = || {
            format!(
                "{left_out} spans are left out: at most {most} are held at once; ask for less with an id, --limit or --since"
            )
        };
        (left_out > 0).then(text)
    }

    fn wants(&self, id: TraceId) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&id))
            || self.others.as_ref().is_some_and(|others| !others.contains(&id))
    }
}

impl Sink for Kept {
    fn anew(&mut self, file: &Path) {
        self.count -= self.files.remove(file).map_or(0, |spans| spans.len());
        self.further(file);
    }

    fn further(&mut self, file: &Path) {
        self.file = file.to_owned();
    }

    fn may_want(&self, json: &[u8]) -> bool {
        match (&self.wanted, &self.others) {
            (Some(wanted), None) if wanted.len() <= FEW => ids::names_any(json, wanted),
            _ => true,
        }
    }

    fn take(&mut self, span: Span) {
        let is_part = || span.links.iter().any(|link| is_of_parts(link) && self.wants(link.trace_id));
        if !self.wants(span.trace_id) && !is_part() {
            return;
        }
        if self.count >= self.most {
            self.left_out += 1;
            return;
        }
        self.count += 1;
        match self.files.get_mut(&self.file) {
            Some(spans) => spans.push(span),
            None => drop(self.files.insert(self.file.clone(), vec![span])),
        }
    }
}
