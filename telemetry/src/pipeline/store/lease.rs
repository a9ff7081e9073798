//! Spans go out for delivery, and come back if they were not delivered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry_sdk::trace::SpanData;
use spawn_delivery::spool::{Class, Fate};

use super::batch::{Batch, Item, Label, Leased};
use super::line::{Held, Line, LineId};
use super::{Lease, MEMORY, Store, Turn, class_of};

impl Store {
    /// Whose spans are next: this process's and what others have left take turns, but in a hurry its own go first.
    pub(in crate::pipeline) fn turn(&mut self, hurry: bool) -> Option<Turn> {
        self.tidy();
        let theirs = self.adopted.as_mut().and_then(|line| {
            let header = match line.closing.front() {
                Some((header, _)) => Arc::clone(header),
                None => {
                    Class::ALL.iter().filter_map(|class| line.head(*class)).min()?;
                    line.header.clone()?
                }
            };
            Some(Turn { line: line.id, header: Some(header) })
        });
        let own = self.own_waiting() > 0;
        if own && (hurry || !self.theirs || theirs.is_none()) {
            self.theirs = true;
            let former = self.former.first().map(|line| line.id);
            let own = self.own.as_ref().map_or(MEMORY, |own| own.line.id);
            return Some(Turn { line: former.unwrap_or(own), header: None });
        }
        self.theirs = false;
        theirs
    }

    /// Takes up to `spans` of the oldest spans whose turn it is, but no more than `bytes` of them beyond the first; `kept`
    /// ones before all others in a hurry.
    pub(in crate::pipeline) fn lease(
        &mut self,
        turn: &Turn,
        spans: usize,
        bytes: usize,
        hurry: bool,
    ) -> Option<Leased> {
        let mut items: Vec<(Label, Item)> = Vec::with_capacity(spans.min(self.waiting()));
        let mut taken = 0;
        while items.len() < spans {
            let room = if items.is_empty() { usize::MAX } else { bytes.saturating_sub(taken) };
            let Some((label, item)) = self.take(turn, room, hurry) else { break };
            taken += label.size;
            items.push((label, item));
        }
        let oldest = items.iter().map(|(label, _)| label.number).min()?;
        self.used +=
            items.iter().filter(|(_, item)| matches!(item, Item::Bytes(_))).map(|(label, _)| label.size).sum::<usize>();
        self.hold(turn.line, &items);
        let loose = items.iter().filter(|(label, _)| label.place.is_none()).count();
        self.lease = Some(Lease { line: turn.line, oldest, spans: items.len(), loose, bytes: taken });
        Some(Leased { items })
    }

    fn take(&mut self, turn: &Turn, room: usize, hurry: bool) -> Option<(Label, Item)> {
        let is_current = turn.line == self.own.as_ref().map_or(MEMORY, |own| own.line.id);
        if let Some(line) = self.adopted.as_mut().filter(|line| line.id == turn.line)
            && let Some((header, held)) = line.closing.front()
        {
            let is_next = Some(header) == turn.header.as_ref() && held.size <= room;
            return is_next.then(|| line.closing.pop_front()).flatten().map(|(_, held)| out(held));
        }
        let mut heads = [None; 2];
        for class in Class::ALL {
            let line = self.line(turn.line).and_then(|line| line.head(class));
            let loose = self.loose[class as usize].front().filter(|_| is_current).map(|held| held.number);
            let is_loose = loose.is_some_and(|loose| line.is_none_or(|line| loose < line));
            heads[class as usize] = if is_loose { loose } else { line }.map(|number| (number, is_loose, class));
        }
        let [routine, kept] = heads;
        let (_, is_loose, class) = match (routine, kept) {
            (Some(routine), Some(kept)) if routine.0 < kept.0 && !hurry => routine,
            (_, Some(kept)) => kept,
            (Some(routine), None) => routine,
            (None, None) => return None,
        };
        if is_loose {
            return self.loose[class as usize].pop_front_if(|held| held.size <= room).map(out);
        }
        let line = self.line(turn.line)?;
        // What follows may have been made under another resource.
        let is_theirs = line.header.is_none() || line.header == turn.header;
        if is_theirs { line.take(class, room) } else { None }
    }

    fn line(&mut self, id: LineId) -> Option<&mut Line> {
        let lines = self.own.as_mut().map(|own| &mut own.line).into_iter();
        lines.chain(&mut self.former).chain(&mut self.adopted).find(|line| line.id == id)
    }

    /// What is out does not make room for others.
    fn hold(&mut self, line: LineId, items: &[(Label, Item)]) {
        for class in Class::ALL {
            let places = items.iter().filter_map(|(label, _)| label.place).filter(|place| place.class == class);
            let (first, last) =
                places.fold((u64::MAX, 0), |(first, last), it| (first.min(it.ordinal), last.max(it.ordinal)));
            let ordinals = if first <= last { first..last + 1 } else { 0..0 };
            if let Some(line) = self.line(line) {
                line.source.hold(class, ordinals);
            }
        }
    }

    /// Ends the lease: each span, by its place in the batch, has a fate, or goes back to where it was. The answer is what is
    /// done with: to free that takes longer than all of this, so it is left to who does not hold the store.
    #[must_use = "it is to be dropped where nobody waits for the store"]
    pub(in crate::pipeline) fn settle(
        &mut self,
        batch: Batch,
        fate: impl Fn(usize) -> Option<Fate>,
        now: Instant,
    ) -> Vec<SpanData> {
        let Batch { mut spans, labels, unreadable } = batch;
        let Some(lease) = self.lease.take() else { return spans };
        self.used -= lease.bytes;
        let mut done: BTreeMap<Fate, Vec<_>> = BTreeMap::new();
        let mut noted: BTreeMap<Fate, u64> = BTreeMap::new();
        if !unreadable.is_empty() {
            done.insert(Fate::CORRUPT, unreadable);
        }
        let (all, mut back) = (spans.len(), Vec::new());
        for (at, label) in labels.into_iter().enumerate() {
            match (fate(at), label.place) {
                (Some(fate), Some(place)) => done.entry(fate).or_insert_with(|| Vec::with_capacity(all)).push(place),
                (Some(fate), None) => *noted.entry(fate).or_default() += 1,
                (None, _) => back.push((at, label)),
            }
        }
        // From the last on, so that what takes the place of one has been looked at.
        for (at, Label { number, size, place, fits }) in back.into_iter().rev() {
            self.used += size;
            let span = spans.swap_remove(at);
            let held = Held { number, size, span, place, fits };
            self.give_back(lease.line, held);
        }
        for (fate, places) in done {
            match self.own.as_mut().filter(|own| own.line.id == lease.line) {
                Some(own) => own.done(places, fate, now),
                None => {
                    if let Some(line) = self.line(lease.line) {
                        line.source.done(&places, fate);
                    }
                    if let Some(own) = &mut self.own {
                        own.touch(now);
                    }
                }
            }
        }
        let is_theirs = self.adopted.as_ref().is_some_and(|line| line.id == lease.line);
        if let Some(own) = self.own.as_mut().filter(|_| !is_theirs) {
            noted.into_iter().for_each(|(fate, spans)| own.note(fate, spans, now));
        }
        if let Some(line) = self.line(lease.line) {
            Class::ALL.iter().for_each(|class| line.source.hold(*class, 0..0));
        }
        self.tidy();
        spans
    }

    fn give_back(&mut self, line: LineId, held: Held) {
        let class = class_of(&held.span);
        match held.place {
            Some(place) => {
                if let Some(line) = self.line(line) {
                    line.give_back(place.class, held);
                }
            }
            None => match self.adopted.as_mut().filter(|adopted| adopted.id == line) {
                Some(adopted) => {
                    let header = adopted.header.clone().unwrap_or_default();
                    adopted.closing.push_front((header, held));
                }
                None => self.loose[class as usize].push_front(held),
            },
        }
    }
}

fn out(held: Held) -> (Label, Item) {
    let Held { number, size, span, place, fits } = held;
    (Label { number, size, place, fits }, Item::Span(span))
}
