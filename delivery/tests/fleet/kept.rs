//! The product's own spool of one agent, on a disk in memory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use spawn_delivery::disk::SimulatedDisk;
use spawn_delivery::spool::{Class, Fate, Options, Place, Spool};

/// What an agent has on disk.
#[derive(Debug)]
pub struct Kept {
    disk: SimulatedDisk,
    spool: Option<Spool>,
}

fn spool(disk: SimulatedDisk, writer: &str) -> Spool {
    let options = Options {
        folder: PathBuf::from("/spool"),
        capacity: 1024 * 1024,
        sync: Duration::from_millis(200),
        writer: writer.to_owned(),
    };
    Spool::new(Arc::new(disk), options)
}

impl Kept {
    /// An empty spool.
    pub fn new(seed: u64) -> Self {
        let disk = SimulatedDisk::new(seed);
        Self { spool: Some(spool(disk.clone(), "0000000000001-1-00000001")), disk }
    }

    /// Writes a span.
    pub fn append(&mut self, number: u32, is_kept: bool) -> Place {
        let class = if is_kept { Class::Kept } else { Class::Routine };
        let spool = self.spool.as_mut().expect("the agent lives");
        spool.append(class, u64::from(number), &number.to_le_bytes()).expect("the disk is well")
    }

    /// Spans were delivered.
    pub fn delivered(&mut self, places: &[Place]) {
        self.spool.as_mut().expect("the agent lives").done(places, Fate::DELIVERED);
    }

    /// Spans that were appended, and those that wait, by the spool's own account.
    pub fn account(&self) -> (u64, u64) {
        let spool = self.spool.as_ref().expect("the agent lives");
        let waiting = Class::ALL.iter().map(|class| spool.waiting(*class)).sum::<u64>();
        let totals = spool.ledger();
        assert_eq!(totals.waiting(), waiting, "the ledger and the classes agree");
        (totals.created, waiting)
    }

    /// The agent is killed. What the next one finds of its spans, in the order in which they were made.
    pub fn killed(&mut self) -> Vec<u32> {
        self.disk.kill();
        drop(self.spool.take());
        let mut next = spool(self.disk.process(), "0000000000002-2-00000002");
        let mut numbers = Vec::new();
        while let Some(mut left) = next.adopt() {
            for class in Class::ALL {
                let mut from = 0;
                loop {
                    let chunk = left.read(class, from, 64 * 1024);
                    if chunk.records.is_empty() {
                        break;
                    }
                    from = chunk.next;
                    let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("it has four bytes"));
                    numbers.extend(chunk.records.iter().map(|record| number(&record.payload)));
                    let places: Vec<_> = chunk.records.iter().map(|record| record.place).collect();
                    left.done(&places, Fate::DELIVERED);
                }
            }
        }
        numbers.sort_unstable();
        numbers
    }
}
