//! Writes the documents of spans into the parts of their traces.

use std::time::Instant;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::budget::{Budget, Limits, More, Parent, Released, Spot, Trace};
use super::tie;
use super::{DOCUMENTS, Document, Of};
use crate::xray::{Place, Ties, Translator, Written};

/// Most bytes of a text that is kept to be used again.
const SPARE: usize = 4_096;

/// Turns spans into documents, each for the part of its trace that it belongs to.
#[derive(Debug)]
pub(super) struct Writer {
    translator: Translator,
    /// Who sends: every program splits a trace by what it has sent itself.
    sender: String,
    scratch: String,
    /// Texts of documents that are on their way no more, to be used again.
    spare: Vec<String>,
}

/// What is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task<'a> {
    pub(super) span: &'a SpanData,
    pub(super) of: Of,
    pub(super) now: Instant,
}

impl Task<'_> {
    fn id(&self) -> SpanId {
        self.span.span_context.span_id()
    }

    fn is_announcement(&self) -> bool {
        self.of == Of::Announcement
    }

    fn more<'l>(&self, limits: &'l Limits) -> More<'l> {
        More { under_way: self.is_announcement(), now: self.now, limits }
    }
}

impl Writer {
    pub(super) fn new(translator: Translator, sender: String) -> Self {
        Self { translator, sender, scratch: String::new(), spare: Vec::new() }
    }

    /// Has documents written with at most so many bytes, as far as something can be left out.
    pub(super) fn within(&mut self, bytes: usize, write: impl FnOnce(&mut Self)) {
        let before = self.translator.set_room(bytes);
        write(self);
        self.translator.set_room(before);
    }

    /// Appends the document of a span, and before it those that tie its part to others. An announcement for which there is
    /// no room is left out.
    pub(super) fn write(&mut self, task: Task<'_>, budget: &mut Budget, into: &mut Vec<Document>) {
        let limits = budget.limits;
        let more = task.more(&limits);
        let trace = budget.trace(task.span, task.now);
        let mut released = None;
        // It ends: what is placed nowhere has room in a part that was opened for it.
        let (spot, written) = loop {
            if let Some(found) = self.fitting(task, trace, more) {
                break found;
            }
            if more.under_way && trace.is_placed(task.id()) {
                return;
            }
            match trace.release(task.id()) {
                None => self.open(task, trace, into),
                from => released = from,
            }
        };
        let first = trace.take(task.span, spot, self.scratch.len(), more.under_way);
        if let Some(released) = released {
            self.stand_in(task, spot, trace, &released, into);
        }
        if first {
            budget.remark(written.cut, spot.part > 0);
        }
        let text = std::mem::replace(&mut self.scratch, self.spare.pop().unwrap_or_default());
        into.push(Document { id: written.id, text, of: task.of });
    }

    /// Has the texts of documents back that nobody needs any more. Only so many, and not of the largest: memory is for spans
    /// that wait.
    pub(super) fn have_back(&mut self, documents: Vec<Document>) {
        let room = DOCUMENTS.saturating_sub(self.spare.len());
        let small = documents.into_iter().map(|document| document.text).filter(|text| text.capacity() <= SPARE);
        self.spare.extend(small.take(room));
    }

    /// Writes the document where it belongs, if there is room.
    fn fitting(&mut self, task: Task<'_>, trace: &mut Trace, more: More<'_>) -> Option<(Spot, Written)> {
        let rather = trace.spot(task.span);
        // A part that is full and still awaits this span need not await its parent as well.
        let apart = trace.spot_apart(task.span).filter(|_| trace.can_await_more(more.limits));
        for spot in [Some(rather), apart].into_iter().flatten() {
            let written = self.translate(task, spot, trace);
            if trace.has_room(task.span, spot, self.scratch.len(), more) {
                return Some((spot, written));
            }
            trace.annotations(spot.part).give_back();
        }
        None
    }

    fn translate(&mut self, task: Task<'_>, spot: Spot, trace: &mut Trace) -> Written {
        let span = task.span;
        let parent = match spot.parent {
            Parent::In(part) => Some(trace.part_id(part, &self.sender)),
            Parent::None | Parent::Here => None,
        };
        let ties = Ties { parent, continued: None, continues: self.back(task, spot.part, trace) };
        let trace_id = trace.part_id(spot.part, &self.sender);
        let place = Place { trace_id, under_way: task.is_announcement(), ties };
        let is_top = parent.is_some() || span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote;
        let annotations = trace.annotations(spot.part);
        self.scratch.clear();
        let grant = &mut |key: &str, value: &str| annotations.grant(task.id(), is_top, key, value);
        self.translator.document(span, &place, grant, &mut self.scratch)
    }

    /// What the part goes on from, on the span for which it was opened.
    fn back(&self, task: Task<'_>, part: usize, trace: &Trace) -> Option<(TraceId, SpanId)> {
        let (before, tie) = trace.continues(part, task.id())?;
        Some((trace.part_id(before, &self.sender), tie))
    }

    /// Opens the next part of the trace for this span, and says so in the part before.
    fn open(&mut self, task: Task<'_>, trace: &mut Trace, into: &mut Vec<Document>) {
        let from = trace.open(task.now);
        let here = trace.part_id(from, &self.sender);
        let there = trace.part_id(from + 1, &self.sender);
        let above = trace.any_in(from, task.span.parent_span_id);
        let tie = tie::continued(task.span, here, above, there);
        let ties = Ties { continued: Some((there, task.id())), ..Ties::default() };
        let bytes = self.beside(&tie, here, ties, into);
        trace.close(from, bytes, task.id(), tie.span_context.span_id());
    }

    /// Puts a short document where others hang below a span that is larger than what their part has left.
    fn stand_in(&mut self, task: Task<'_>, spot: Spot, trace: &mut Trace, from: &Released, into: &mut Vec<Document>) {
        let here = trace.part_id(from.part, &self.sender);
        let there = trace.part_id(spot.part, &self.sender);
        let parent = trace.elsewhere(task.span.parent_span_id, from.part).map(|part| trace.part_id(part, &self.sender));
        let continues = self.back(task, from.part, trace);
        let ties = Ties { parent, continued: Some((there, task.id())), continues };
        let bytes = self.beside(&tie::stand_in(task.span), here, ties, into);
        trace.take_stand_in(from, bytes);
    }

    /// Writes a document that belongs to no span of the batch, and says how long it is.
    fn beside(&mut self, span: &SpanData, trace_id: TraceId, ties: Ties, into: &mut Vec<Document>) -> usize {
        let place = Place { trace_id, under_way: false, ties };
        let mut text = String::new();
        let written = self.translator.document(span, &place, &mut |_, _| false, &mut text);
        let bytes = text.len();
        into.push(Document { id: written.id, text, of: Of::Beside });
        bytes
    }
}

#[cfg(test)]
mod tests;
