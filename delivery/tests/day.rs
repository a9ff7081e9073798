//! A back end that is away for a day: what an agent makes meanwhile waits on its disk, over restarts, and all of it arrives.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use spawn_delivery::disk::SimulatedDisk;
use spawn_delivery::spool::{Class, Fate, Options, Spool};

const MIB: u64 = 1024 * 1024;
/// Time between two spans of an agent, as in the fleet of the simulation.
const BETWEEN: Duration = Duration::from_secs(20);
/// An encoded span with all attributes of a call, and a little more.
const SPAN: usize = 1_500;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The spool of an agent that was started so often before, with as much room as it has by default, on its disk.
fn spool(disk: &SimulatedDisk, start: u32) -> Spool {
    let options = Options {
        folder: "/state/spool".into(),
        capacity: 64 * MIB,
        sync: Duration::from_millis(200),
        writer: format!("{}-{start}-{start:08x}", 1_700_000_000_000_u64 + u64::from(start)),
    };
    Spool::new(Arc::new(disk.clone()), options)
}

fn class(number: u64) -> Class {
    if number.is_multiple_of(50) { Class::Kept } else { Class::Routine }
}

/// A span of that number.
fn span(number: u64) -> Vec<u8> {
    let mut span = vec![b'x'; SPAN];
    span[..8].copy_from_slice(&number.to_le_bytes());
    span
}

/// What has arrived, each once.
#[derive(Default)]
struct Arrived(BTreeSet<u64>);

impl Arrived {
    /// Takes all that `read` gives of a class, a request at a time.
    fn take(&mut self, class: Class, mut read: impl FnMut(u64) -> spawn_delivery::spool::Chunk) {
        let mut from = 0;
        loop {
            let chunk = read(from);
            if chunk.records.is_empty() {
                return;
            }
            from = chunk.next;
            for record in chunk.records {
                let number = record.payload[..8].try_into().map(u64::from_le_bytes).unwrap();
                assert!(record.payload == span(number) && record.place.class == class, "span {number} is whole");
                assert!(self.0.insert(number), "span {number} arrives once");
            }
        }
    }
}

/// A day without a back end in which the agent is killed now and then. How many spans had to make room.
fn a_day_without_a_back_end(disk: &SimulatedDisk, between: Duration, starts: u32) -> (u64, Spool, u64) {
    let spans = (DAY.as_secs_f64() / between.as_secs_f64()) as u64;
    let (mut number, mut now, mut gone) = (0, Instant::now(), 0);
    let mut process = disk.process();
    let mut last = spool(&process, 0);
    for start in 1..=starts {
        while number < spans * u64::from(start) / u64::from(starts) {
            last.append(class(number), number, &span(number)).unwrap();
            (number, now) = (number + 1, now + between);
            while let Some(more) = last.gone() {
                gone += more.records;
            }
            if let Some(syncing) = last.sync(now) {
                last.synced(syncing.run()).unwrap();
            }
        }
        if start < starts {
            process.kill();
            process = disk.process();
            last = spool(&process, start);
        }
    }
    (spans, last, gone)
}

#[test]
fn spans_of_a_day_without_a_back_end_all_arrive_though_the_agent_was_killed_several_times() {
    let disk = SimulatedDisk::new(1);
    let (spans, mut last, gone) = a_day_without_a_back_end(&disk, BETWEEN, 4);
    assert_eq!(gone, 0, "nothing has to make room");
    assert!(last.usage().bytes < 64 * MIB / 7, "{:?}", last.usage());
    let mut arrived = Arrived::default();
    for own in Class::ALL {
        arrived.take(own, |from| last.read(own, from, 50 * SPAN));
    }
    while let Some(mut left) = last.adopt() {
        for of in Class::ALL {
            arrived.take(of, |from| left.read(of, from, 50 * SPAN));
            let waiting: Vec<_> = left.read(of, 0, usize::MAX).records.iter().map(|record| record.place).collect();
            left.done(&waiting, Fate::DELIVERED);
        }
    }
    assert_eq!(arrived.0, (0..spans).collect::<BTreeSet<_>>());
}

#[test]
fn of_an_outage_that_is_too_long_for_the_room_the_oldest_routine_spans_go_and_are_counted() {
    let disk = SimulatedDisk::new(2);
    let mut spool = spool(&disk.process(), 0);
    let mut append = |number: u64| {
        spool.append(class(number), number, &span(number)).unwrap();
        std::iter::from_fn(|| spool.gone()).map(|gone| (gone.class, gone.records)).collect::<Vec<_>>()
    };
    let fitted = (0..).find(|number| !append(*number).is_empty()).unwrap();
    let rate = fitted as f64 / DAY.as_secs_f64();
    assert!((0.45..0.47).contains(&rate), "a day of {rate} spans a second has room");
    let gone: Vec<_> = (fitted + 1..fitted + fitted / 4).flat_map(append).collect();
    assert!(gone.iter().all(|(class, _)| *class == Class::Routine), "errors, roots and the life cycle stay: {gone:?}");
    let (ledger, usage) = (spool.ledger(), spool.usage());
    let evicted = ledger.done[&Fate::EVICTED];
    assert!(evicted >= fitted / 5 && usage.bytes <= 64 * MIB, "{evicted} of {fitted}: {usage:?}");
    assert_eq!((ledger.created, ledger.waiting()), (fitted + fitted / 4, fitted + fitted / 4 - evicted));
}
