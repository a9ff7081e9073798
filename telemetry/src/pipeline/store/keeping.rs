//! What the store has to do with the disk beside spans: notes of what is under way, what others have left, the end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::spool::{Left, Synced};

use super::disk::{Duty, Own};
use super::line::{Held, Line, Source};
use super::{Store, size};
use crate::health::Problem;
use crate::storage::StorageStatus;

impl Store {
    /// Has it looked soon for what writers have left that are gone.
    pub(in crate::pipeline) fn look_now(&mut self, now: Instant) {
        if let Some(own) = &mut self.own {
            own.look_now(now);
        }
    }

    /// Whether anything of writers that are gone is here.
    pub(in crate::pipeline) fn holds_adopted(&self) -> bool {
        self.adopted.is_some()
    }

    /// Whether anything of writers that are gone is here, or may be: since this instant nobody has looked.
    pub(in crate::pipeline) fn may_hold_adopted(&self, since: Instant) -> bool {
        self.adopted.is_some() || self.own.as_ref().is_some_and(|own| own.is_to_look(since))
    }

    /// Takes over what a writer has left: how many spans that are.
    pub(in crate::pipeline) fn adopt(&mut self, left: Left, open: Vec<(Arc<[u8]>, SpanData)>) -> u64 {
        self.lines += 1;
        let mut line = Line::of(self.lines, left);
        for (header, span) in open {
            let size = size::in_bytes(&span);
            self.used += size;
            line.closing.push_back((header, Held { number: 0, size, span, place: None, fits: false }));
        }
        let spans = line.len() as u64;
        self.adopted = Some(line);
        self.tidy();
        spans
    }

    /// Notes a span that is under way.
    pub(in crate::pipeline) fn begun(&mut self, id: u64, span: &SpanData, now: Instant) {
        if let Some(own) = &mut self.own {
            own.begun(id, span, now);
        }
    }

    /// Takes the note back.
    pub(in crate::pipeline) fn ended(&mut self, id: u64, now: Instant) {
        if let Some(own) = &mut self.own {
            own.ended(id, now);
        }
    }

    /// What the thread has to do that may wait for the disk. `looks`: what others have left can be delivered.
    pub(in crate::pipeline) fn duty(&mut self, now: Instant, looks: bool) -> Duty {
        let looks = looks && self.adopted.is_none() && self.leaving.is_empty();
        self.own.as_mut().map_or(Duty::Wait(None), |own| own.duty(now, looks))
    }

    /// Lines to be closed.
    pub(in crate::pipeline) fn take_leaving(&mut self) -> Vec<Source> {
        std::mem::take(&mut self.leaving)
    }

    /// The disk has answered.
    pub(in crate::pipeline) fn synced(&mut self, synced: Synced) {
        if let Some(own) = &mut self.own {
            own.synced(synced);
        }
    }

    /// It was looked for what others have left, and this was found.
    pub(in crate::pipeline) fn looked(&mut self, found: Option<&Left>, begun: Instant) {
        if let Some(own) = &mut self.own {
            own.looked(found, begun);
        }
    }

    /// The program ends: what is on disk is left to the next, and all lines are to be closed. Whether there are any.
    pub(in crate::pipeline) fn leave(&mut self) -> bool {
        let lines =
            self.own.take().map(|own| own.line).into_iter().chain(self.former.drain(..)).chain(self.adopted.take());
        for line in lines {
            self.used -= line.bytes();
            self.left_behind += line.len();
            self.leaving.push(line.source);
        }
        !self.leaving.is_empty()
    }

    /// Whether spans are kept on disk.
    pub(in crate::pipeline) fn has_disk(&self) -> bool {
        self.own.is_some() || !self.former.is_empty()
    }

    /// Whether something was written that the disk has not been asked to keep, or a line is to be closed.
    pub(in crate::pipeline) fn has_for_the_disk(&self) -> bool {
        !self.leaving.is_empty() || self.own.as_ref().is_some_and(Own::has_for_the_disk)
    }

    /// Whether something was written that the disk has not been asked to keep: the thread that waits for it knows when to.
    pub(in crate::pipeline) fn is_dirty(&self) -> bool {
        self.own.as_ref().is_some_and(Own::is_dirty)
    }

    /// Whether the thread that waits for the disk is to be called, which is not free: it was asleep before, or a line is to be
    /// closed.
    pub(in crate::pipeline) fn is_news_for_the_disk(&self, was_dirty: bool) -> bool {
        !self.leaving.is_empty() || (!was_dirty && self.is_dirty())
    }

    /// What is wrong with the disk.
    pub(in crate::pipeline) fn problem(&self) -> Option<&Problem> {
        self.own.as_ref().and_then(|own| own.problem.as_ref())
    }

    /// How it stands with the spans here.
    pub(in crate::pipeline) fn status(&self) -> StorageStatus {
        let out = self.lease.as_ref().map_or(0, |lease| lease.loose);
        let loose = self.loose.iter().map(VecDeque::len).sum::<usize>() + out;
        let own = self.own.as_ref();
        let usage = own.and_then(Own::usage).unwrap_or_default();
        StorageStatus {
            folder: own.and_then(|own| own.storage.folder.clone()),
            on_disk: if self.has_disk() || self.left_behind > 0 { (self.len() - loose) as u64 } else { 0 },
            in_memory: if self.has_disk() || self.left_behind > 0 { loose } else { self.len() } as u64,
            bytes: usage.bytes,
            capacity: usage.capacity,
            writers: usage.writers as u64,
            set_aside: usage.set_aside as u64,
            corrupt: usage.corrupt,
        }
    }
}
