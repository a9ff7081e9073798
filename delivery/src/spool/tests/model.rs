//! Whatever is done to a spool, it holds what a plain model of it holds, and stays below its capacity.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tempfile::TempDir;

use super::{bytes_on_disk, places, spool, sync};
use crate::spool::{Class, Fate, Gone, Left, Place, Record, Spool, Totals, Unkept};

#[derive(Clone, Copy, Debug)]
enum Step {
    Append(Class, usize),
    Deliver(Class, usize, u8),
    /// One in three of what waits, so that what is done with has holes.
    DeliverSome(Class),
    Sync,
    About(u8),
    Note(u8),
    Hold(Class, u64),
    /// The process is killed, and another begins.
    Crash,
    /// It ends well, and another begins.
    Close,
    Adopt,
    DeliverLeft(Class, usize, u8),
    CloseLeft,
    DropLeft,
}

fn step() -> impl Strategy<Value = Step> {
    let class = prop_oneof![2 => Just(Class::Routine), 1 => Just(Class::Kept)];
    let size = prop_oneof![0_usize..200, 5_000_usize..60_000];
    prop_oneof![
        12 => (class.clone(), size).prop_map(|(class, size)| Step::Append(class, size)),
        4 => (class.clone(), 1_usize..60_000, 0_u8..3).prop_map(|(class, bytes, fate)| Step::Deliver(class, bytes, fate)),
        1 => class.clone().prop_map(Step::DeliverSome),
        2 => Just(Step::Sync),
        1 => (0_u8..3).prop_map(Step::About),
        1 => (0_u8..3).prop_map(Step::Note),
        1 => (class.clone(), 0_u64..20).prop_map(|(class, length)| Step::Hold(class, length)),
        1 => Just(Step::Crash),
        1 => Just(Step::Close),
        2 => Just(Step::Adopt),
        2 => (class, 1_usize..60_000, 0_u8..3).prop_map(|(class, bytes, fate)| Step::DeliverLeft(class, bytes, fate)),
        1 => Just(Step::CloseLeft),
        1 => Just(Step::DropLeft),
    ]
}

/// What waits of one writer.
#[derive(Clone, Debug, Default)]
struct Waiting([BTreeMap<u64, (u64, Vec<u8>)>; 2]);

impl Waiting {
    fn of(&mut self, class: Class) -> &mut BTreeMap<u64, (u64, Vec<u8>)> {
        &mut self.0[class as usize]
    }

    fn records(&self, class: Class) -> Vec<Record> {
        let record = |(ordinal, (order, payload)): (&u64, &(u64, Vec<u8>))| Record {
            place: Place { class, ordinal: *ordinal },
            order: *order,
            payload: payload.clone(),
        };
        self.0[class as usize].iter().map(record).collect()
    }

    fn make_room(&mut self, gone: &Gone) -> u64 {
        let before = self.of(gone.class).len();
        self.of(gone.class).retain(|ordinal, _| !gone.ordinals.contains(ordinal));
        (before - self.of(gone.class).len()) as u64
    }
}

struct Model {
    folder: TempDir,
    capacity: u64,
    writers: u32,
    order: u64,
    spool: Spool,
    waiting: Waiting,
    /// Writers that are gone, by name.
    dead: BTreeMap<String, Waiting>,
    left: Option<(Left, Waiting)>,
    totals: Totals,
    /// Notes of this writer.
    noted: Totals,
}

impl Model {
    fn new(capacity: u64) -> Self {
        // In memory where that is to be had: thousands of times the disk would be asked to keep things.
        let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let spool = spool(&folder, 1, capacity);
        Self {
            folder,
            capacity,
            writers: 1,
            order: 0,
            spool,
            waiting: Waiting::default(),
            dead: BTreeMap::new(),
            left: None,
            totals: Totals::default(),
            noted: Totals::default(),
        }
    }

    fn count(&mut self, fate: Fate, records: u64) {
        if records > 0 {
            *self.totals.done.entry(fate).or_default() += records;
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Append(class, size) => self.append(class, size),
            Step::Deliver(class, bytes, fate) => {
                let chunk = self.spool.read(class, 0, bytes);
                assert_eq!((chunk.corrupt, chunk.trouble.is_none()), (0, true));
                let expected = self.waiting.records(class);
                assert_eq!(chunk.records, expected[..chunk.records.len()]);
                assert_eq!(chunk.records.is_empty(), expected.is_empty());
                self.spool.done(&places(&chunk), Fate(fate));
                chunk.records.iter().for_each(|record| drop(self.waiting.of(class).remove(&record.place.ordinal)));
                self.count(Fate(fate), chunk.records.len() as u64);
            }
            Step::DeliverSome(class) => {
                let some: Vec<u64> = self.waiting.of(class).keys().copied().step_by(3).collect();
                let places: Vec<Place> = some.iter().map(|ordinal| Place { class, ordinal: *ordinal }).collect();
                self.spool.done(&places, Fate::DELIVERED);
                // Again, and of an ordinal that there is not: nothing happens.
                self.spool.done(&places, Fate(2));
                self.spool.done(&[Place { class, ordinal: u64::MAX }], Fate(2));
                some.iter().for_each(|ordinal| drop(self.waiting.of(class).remove(ordinal)));
                self.count(Fate::DELIVERED, some.len() as u64);
            }
            Step::Sync => sync(&mut self.spool),
            Step::About(about) => self.spool.about(vec![about; 40]),
            Step::Note(fate) => {
                self.spool.note(Fate(fate), 2);
                *self.noted.done.entry(Fate(fate)).or_default() += 2;
                self.noted.created += 2;
            }
            Step::Hold(class, length) => {
                let first = self.waiting.of(class).keys().next().copied().unwrap_or_default();
                self.spool.hold(class, first..first + length);
            }
            Step::Crash => {
                // Notes are in memory until there is a folder.
                if !self.spool.shelf.ready {
                    self.noted = Totals::default();
                }
                self.begin_anew(drop);
            }
            Step::Close => self.begin_anew(Spool::close),
            Step::Adopt => self.adopt(),
            Step::DeliverLeft(class, bytes, fate) => self.deliver_left(class, bytes, fate),
            Step::CloseLeft => self.release(Left::close),
            Step::DropLeft => self.release(drop),
        }
    }

    fn append(&mut self, class: Class, size: usize) {
        self.order += 1;
        let payload = vec![self.order as u8; size];
        match self.spool.append(class, self.order, &payload) {
            Ok(place) => {
                self.totals.created += 1;
                self.waiting.of(class).insert(place.ordinal, (self.order, payload));
            }
            Err(Unkept::Full) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    /// What had to make room is told.
    fn told(&mut self) {
        while let Some(gone) = self.spool.gone() {
            let records = self.waiting.make_room(&gone);
            assert_eq!(records, gone.records);
            self.count(Fate::EVICTED, records);
        }
        if let Some((left, waiting)) = &mut self.left {
            let mut evicted = 0;
            while let Some(gone) = left.gone() {
                assert_eq!(waiting.make_room(&gone), gone.records);
                evicted += gone.records;
            }
            self.count(Fate::EVICTED, evicted);
        }
    }

    fn name(&self) -> String {
        format!("1700000000000-{0}-{0:08x}", self.writers)
    }

    fn begin_anew(&mut self, end: impl FnOnce(Spool)) {
        let name = self.name();
        self.totals.add(&std::mem::take(&mut self.noted));
        self.writers += 1;
        // What was taken over dies with its process.
        self.release(drop);
        let next = spool(&self.folder, self.writers, self.capacity);
        end(std::mem::replace(&mut self.spool, next));
        self.dead.insert(name, std::mem::take(&mut self.waiting));
    }

    fn adopt(&mut self) {
        self.release(drop);
        let Some(left) = self.spool.adopt() else { return };
        let mut waiting = self.dead.remove(&left.writer()).unwrap();
        let before: u64 = Class::ALL.iter().map(|class| waiting.of(*class).len() as u64).sum();
        // Nobody was told what had to make room of a writer that nobody had taken over: its own account says so.
        let mut after = 0;
        for class in Class::ALL {
            let there = left.waiting(class);
            let skip = waiting.of(class).len() as u64 - there;
            let first = waiting.of(class).keys().nth(skip as usize).copied().unwrap_or(u64::MAX);
            waiting.of(class).retain(|ordinal, _| *ordinal >= first);
            after += there;
        }
        self.count(Fate::EVICTED, before - after);
        self.told();
        self.left = Some((left, waiting));
    }

    fn deliver_left(&mut self, class: Class, bytes: usize, fate: u8) {
        let Some((left, waiting)) = &mut self.left else { return };
        let chunk = left.read(class, 0, bytes);
        let expected = waiting.records(class);
        assert_eq!(chunk.records, expected[..chunk.records.len()]);
        assert_eq!(chunk.records.is_empty(), expected.is_empty());
        left.done(&places(&chunk), Fate(fate));
        chunk.records.iter().for_each(|record| drop(waiting.of(class).remove(&record.place.ordinal)));
        self.count(Fate(fate), chunk.records.len() as u64);
    }

    fn release(&mut self, end: impl FnOnce(Left)) {
        if let Some((left, waiting)) = self.left.take() {
            self.dead.insert(left.writer(), waiting);
            end(left);
        }
    }

    fn check(&mut self) {
        self.told();
        assert!(bytes_on_disk(&self.folder) <= self.capacity, "{} bytes", bytes_on_disk(&self.folder));
        for class in Class::ALL {
            assert_eq!(self.spool.waiting(class), self.waiting.of(class).len() as u64);
            if let Some((left, waiting)) = &mut self.left {
                assert_eq!(left.waiting(class), waiting.of(class).len() as u64);
            }
        }
    }

    /// Everything is delivered, and the account of all lives is whole.
    fn drain(&mut self) {
        self.take(Step::Crash);
        loop {
            self.adopt();
            if self.left.is_none() {
                break;
            }
            for class in Class::ALL {
                self.deliver_left(class, usize::MAX, 0);
                self.deliver_left(class, usize::MAX, 0);
                self.deliver_left(class, usize::MAX, 0);
                self.deliver_left(class, usize::MAX, 0);
            }
            self.release(Left::close);
        }
        let mut evicted = 0;
        for waiting in self.dead.values_mut() {
            evicted += Class::ALL.iter().map(|class| waiting.of(*class).len() as u64).sum::<u64>();
        }
        // A writer of which all had to make room is closed on the way, without being handed out.
        self.count(Fate::EVICTED, evicted);
        self.totals.done.retain(|_, records| *records > 0);
        assert_eq!(self.spool.ledger(), self.totals);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_spool_holds_what_a_plain_model_holds(
        capacity in prop_oneof![Just(512 * 1024_u64), Just(1024 * 1024)],
        steps in prop::collection::vec(step(), 1..120)
    ) {
        let mut model = Model::new(capacity);
        for step in steps {
            model.take(step);
            model.check();
        }
        model.drain();
    }
}
