//! The entries of what is done with: 32 bytes each, any of which may be read twice, or be missing, without harm to others.

use std::collections::BTreeMap;

use super::done::Done;
use super::files::{HEADER, u32_at, u64_at};
use super::{Class, Fate};

/// Bytes of an entry.
pub(super) const ENTRY: usize = 32;

/// An entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// These records are done with.
    Done { class: Class, fate: Fate, from: u64, count: u64 },
    /// All below are.
    Below { class: Class, low: u64 },
    /// So many of those below were, with this fate.
    Total { class: Class, fate: Fate, low: u64, count: u64 },
    /// So many were lost, all in all, without a place.
    Noted { fate: Fate, count: u64 },
    /// So many were appended, and the greatest order number so far.
    Appended { class: Class, count: u64, order: u64 },
}

impl Entry {
    /// Appends the entry to these bytes.
    pub(super) fn write(self, seed: u32, into: &mut Vec<u8>) {
        let start = into.len();
        let (kind, class, fate, numbers) = match self {
            Self::Done { class, fate, from, count } => (1, class, fate, [from, count, 0]),
            Self::Below { class, low } => (2, class, Fate(0), [low, 0, 0]),
            Self::Total { class, fate, low, count } => (3, class, fate, [low, count, 0]),
            Self::Noted { fate, count } => (4, Class::Routine, fate, [count, 0, 0]),
            Self::Appended { class, count, order } => (5, class, Fate(0), [count, order, 0]),
        };
        into.extend_from_slice(&[kind, class as u8, fate.0, 0]);
        for number in numbers {
            into.extend_from_slice(&number.to_le_bytes());
        }
        let check = crc32c::crc32c_append(seed, &into[start..]);
        into.extend_from_slice(&check.to_le_bytes());
    }

    fn read(seed: u32, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != ENTRY || u32_at(bytes, 28) != crc32c::crc32c_append(seed, &bytes[..28]) {
            return None;
        }
        let class = *Class::ALL.get(usize::from(bytes[1]))?;
        let fate = Fate(bytes[2]);
        let (one, two) = (u64_at(bytes, 4), u64_at(bytes, 12));
        match bytes[0] {
            1 => Some(Self::Done { class, fate, from: one, count: two }),
            2 => Some(Self::Below { class, low: one }),
            3 => Some(Self::Total { class, fate, low: one, count: two }),
            4 => Some(Self::Noted { fate, count: one }),
            5 => Some(Self::Appended { class, count: one, order: two }),
            _ => None,
        }
    }
}

/// The entries of a file, its header included in the bytes.
pub(super) fn entries(seed: u32, file: &[u8]) -> Vec<Entry> {
    file.get(HEADER..).unwrap_or_default().chunks_exact(ENTRY).filter_map(|bytes| Entry::read(seed, bytes)).collect()
}

/// What entries add up to.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) done: [Done; 2],
    pub(super) appended: [u64; 2],
    pub(super) order: u64,
    pub(super) noted: BTreeMap<Fate, u64>,
}

impl Account {
    /// Adds up entries of all files of a writer.
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut account = Self::default();
        for class in Class::ALL {
            let (low, below) = mark(entries, class);
            account.done[class as usize] = Done::resumed(low, below);
        }
        for entry in entries {
            account.take(*entry);
        }
        account
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Done { class, fate, from, count } => {
                self.done[class as usize].insert(from..from.saturating_add(count), fate);
            }
            Entry::Noted { fate, count } => {
                let noted = self.noted.entry(fate).or_default();
                *noted = count.max(*noted);
            }
            Entry::Appended { class, count, order } => {
                let appended = &mut self.appended[class as usize];
                *appended = count.max(*appended);
                self.order = order.max(self.order);
            }
            Entry::Below { .. } | Entry::Total { .. } => {}
        }
    }

    /// The entries that say all of it. Those that no other entry could make up for stand twice.
    pub(super) fn write(seed: u32, sides: [(&Done, u64); 2], order: u64, noted: &BTreeMap<Fate, u64>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..2 {
            for (class, (done, appended)) in Class::ALL.into_iter().zip(sides) {
                let low = done.low();
                Entry::Below { class, low }.write(seed, &mut bytes);
                Entry::Appended { class, count: appended, order }.write(seed, &mut bytes);
                for (fate, count) in done.below() {
                    Entry::Total { class, fate: *fate, low, count: *count }.write(seed, &mut bytes);
                }
            }
            for (fate, count) in noted {
                Entry::Noted { fate: *fate, count: *count }.write(seed, &mut bytes);
            }
        }
        for (class, (done, _)) in Class::ALL.into_iter().zip(sides) {
            for (range, fate) in done.ranges() {
                Entry::Done { class, fate, from: range.start, count: range.end - range.start }.write(seed, &mut bytes);
            }
        }
        bytes
    }
}

/// The mark of a class that all below are done with, and their fates. A mark whose fates are all there goes before one that
/// was cut short while it was written, because then the journal before it is still there.
fn mark(entries: &[Entry], class: Class) -> (u64, BTreeMap<Fate, u64>) {
    let lows = entries.iter().filter_map(|entry| match entry {
        Entry::Below { class: of, low } if *of == class => Some(*low),
        _ => None,
    });
    let with_fates = |low: u64| {
        let fates = entries.iter().filter_map(|entry| match entry {
            Entry::Total { class: of, fate, low: at, count } if (*of, *at) == (class, low) => Some((*fate, *count)),
            _ => None,
        });
        (low, fates.collect::<BTreeMap<_, _>>())
    };
    let whole = |(low, fates): &(u64, BTreeMap<Fate, u64>)| {
        fates.values().fold(0, |sum: u64, count| sum.saturating_add(*count)) == *low
    };
    let marks: Vec<_> = lows.map(with_fates).collect();
    marks.into_iter().max_by_key(|mark| (whole(mark), mark.0)).unwrap_or_default()
}
