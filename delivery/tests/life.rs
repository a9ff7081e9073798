//! One process that uses the spool in every way, until it ends or is ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use spawn_delivery::disk::SimulatedDisk;
use spawn_delivery::spool::{Class, Fate, Gone, Left, Record, Spool, Syncing};

use crate::world::{Fact, GIVEN_UP, NOTED, Trouble, Unsafe, World, class, payload};

/// How many bytes are asked for at a time.
const BATCH: usize = 4_000;

/// A process and its spool.
pub(crate) struct Life {
    pub(crate) disk: SimulatedDisk,
    pub(crate) spool: Spool,
    writer: u64,
    now: Instant,
    syncing: Option<(Syncing, Unsafe)>,
    open: Vec<u64>,
}

impl Life {
    pub(crate) fn begin(world: &mut World) -> Self {
        let disk = world.disk.process();
        let options = world.options();
        let mut spool = Spool::new(Arc::new(disk.clone()), options);
        spool.about(format!("writer {}", world.writers).into_bytes());
        Self { disk, spool, writer: world.writers, now: Instant::now(), syncing: None, open: Vec::new() }
    }

    /// Does something, mostly appending.
    pub(crate) fn step(&mut self, world: &mut World, random: &mut Rng) {
        match random.u8(..32) {
            0..=13 => self.append(world),
            14..=16 => self.sync(world),
            17 => self.sync_when_due(world),
            18..=21 => self.deliver(world, random),
            22 => self.give_up(world),
            23 => self.note(world),
            24 => self.begun(world),
            25 => self.ended(world),
            26..=27 => self.adopt(world, random),
            _ => (0..random.u8(..8)).for_each(|_| self.append(world)),
        }
        if !self.disk.is_dead() {
            world.check_room();
            let ledger = self.spool.ledger();
            let waiting: u64 = Class::ALL.iter().map(|class| self.spool.waiting(*class)).sum();
            assert!(ledger.waiting() >= waiting, "{waiting} wait: {ledger:?}");
        }
    }

    pub(crate) fn append(&mut self, world: &mut World) {
        world.last += 1;
        let number = world.last;
        let appended = self.spool.append(class(number), number, &payload(number));
        match appended {
            Ok(place) => {
                let safe = world.sync.is_zero() && !self.disk.is_dead();
                world.facts.insert(number, Fact { writer: self.writer, place, safe, gone: false });
            }
            Err(_) => drop(world.unsure.insert(number)),
        }
        while let Some(gone) = self.spool.gone() {
            went(world, self.writer, &gone);
        }
    }

    /// Begins a sync; or ends the one that is under way, so that something may happen in between.
    pub(crate) fn sync(&mut self, world: &mut World) {
        if let Some((syncing, then)) = self.syncing.take() {
            self.finish(world, syncing, &then);
        } else {
            let then = world.unsafe_now();
            self.syncing = self.spool.sync_now().map(|syncing| (syncing, then));
        }
    }

    fn sync_when_due(&mut self, world: &mut World) {
        self.now += Duration::from_millis(300);
        let then = world.unsafe_now();
        if let Some(syncing) = self.spool.sync(self.now) {
            self.finish(world, syncing, &then);
        }
    }

    fn finish(&mut self, world: &mut World, syncing: Syncing, then: &Unsafe) {
        if self.spool.synced(syncing.run()).is_ok() && !self.disk.is_dead() {
            world.safe(then, self.writer);
        }
    }

    pub(crate) fn deliver(&mut self, world: &mut World, random: &mut Rng) {
        let class = *random.choice(Class::ALL.iter()).unwrap_or(&Class::Kept);
        let chunk = self.spool.read(class, 0, BATCH);
        if let (Some(first), Some(last)) = (chunk.records.first(), chunk.records.last()) {
            self.spool.hold(class, first.place.ordinal..last.place.ordinal + 1);
            let batch = world.send(&chunk.records, Some(self.writer));
            if random.bool() {
                self.append(world);
            }
            self.spool.done(&places(&chunk.records), Fate::DELIVERED);
            self.spool.hold(class, 0..0);
            if !self.disk.is_dead() {
                world.entered(batch);
            }
        }
    }

    fn give_up(&mut self, world: &mut World) {
        let chunk = self.spool.read(Class::Routine, 0, 1);
        world.gave_up(&chunk.records);
        self.spool.done(&places(&chunk.records), GIVEN_UP);
    }

    fn note(&mut self, world: &mut World) {
        self.spool.note(NOTED, 3);
        // Without a folder it is not written yet, and a folder is made for the first record.
        let written = world.facts.values().any(|fact| fact.writer == self.writer);
        if self.disk.is_dead() || !written || world.trouble != Trouble::Killed {
            world.notes_unsure += 3
        } else {
            world.noted += 3
        }
    }

    fn begun(&mut self, world: &mut World) {
        world.last += 1;
        self.spool.begun(world.last, &payload(world.last));
        self.open.push(world.last);
        if !self.disk.is_dead() {
            world.open.insert(world.last);
        }
    }

    fn ended(&mut self, world: &mut World) {
        if let Some(id) = self.open.pop() {
            self.spool.ended(id);
            world.open.remove(&id);
        }
    }

    /// Takes over what another has left and delivers some of it.
    fn adopt(&mut self, world: &mut World, random: &mut Rng) {
        if let Some(mut left) = self.spool.adopt() {
            found(world, &left);
            for class in Class::ALL {
                if random.u8(..4) > 0 {
                    self.deliver_left(world, &mut left, class);
                }
            }
            left.close();
        }
    }

    fn deliver_left(&mut self, world: &mut World, left: &mut Left, class: Class) {
        let mut from = 0;
        loop {
            let chunk = left.read(class, from, BATCH);
            if !chunk.records.is_empty() {
                let batch = world.send(&chunk.records, None);
                left.done(&places(&chunk.records), Fate::DELIVERED);
                if !self.disk.is_dead() {
                    world.entered(batch);
                }
            }
            if chunk.next <= from || self.disk.is_dead() || chunk.trouble.is_some() {
                return;
            }
            from = chunk.next;
        }
    }

    /// Delivers all that is there, of this process and of those that are gone, and ends in good order.
    pub(crate) fn finish_all(mut self, world: &mut World) {
        for class in Class::ALL {
            loop {
                let chunk = self.spool.read(class, 0, BATCH);
                if chunk.records.is_empty() {
                    break;
                }
                let batch = world.send(&chunk.records, Some(self.writer));
                self.spool.done(&places(&chunk.records), Fate::DELIVERED);
                world.entered(batch);
            }
            assert_eq!(self.spool.waiting(class), 0);
        }
        // One round for each writer, and one more to see that nothing is left.
        for _ in 0..=world.writers {
            let Some(mut left) = self.spool.adopt() else { break };
            found(world, &left);
            for class in Class::ALL {
                self.deliver_left(world, &mut left, class);
                assert_eq!(left.waiting(class), 0, "{class:?} of {}", left.writer());
            }
            left.close();
        }
        assert!(self.spool.adopt().is_none(), "writers are left: {:#?}", world.disk.files());
        world.check_room();
        world.check_end(&self.spool.ledger());
        self.spool.close();
    }

    /// Ends in good order.
    pub(crate) fn close(self, world: &mut World) {
        if !self.disk.is_dead() {
            // Who ends in good order says what becomes of what is under way.
            world.open.retain(|id| !self.open.contains(id));
        }
        self.spool.close();
    }
}

fn went(world: &mut World, writer: u64, gone: &Gone) {
    let mut undone = 0;
    let sent = world.sent();
    for (number, fact) in &mut world.facts {
        let is_it =
            fact.writer == writer && fact.place.class == gone.class && gone.ordinals.contains(&fact.place.ordinal);
        if is_it && !fact.gone && !sent.contains(number) {
            fact.gone = true;
            undone += 1;
        }
    }
    assert!(gone.records >= undone, "{gone:?}, but {undone} were not done with");
}

/// Takes down what was under way.
fn found(world: &mut World, left: &Left) {
    for (id, note) in left.open() {
        assert_eq!(note, payload(id), "the note of {id}");
        world.found.insert(id);
    }
}

fn places(records: &[Record]) -> Vec<spawn_delivery::spool::Place> {
    records.iter().map(|record| record.place).collect()
}
