//! Which records of a class are done with, and how: ranges of ordinals above a mark that all below are done with.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Fate;

/// Taken back: the caller was told that the disk has not kept it.
pub(super) const VOID: Fate = Fate(252);

/// What is done with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    /// All below this are done with.
    low: u64,
    /// Those below the mark by fate.
    below: BTreeMap<Fate, u64>,
    /// Those above it: first ordinal, ordinal after the last, fate.
    ranges: BTreeMap<u64, (u64, Fate)>,
    above: u64,
}

impl Done {
    /// As it was when all below a mark were done with.
    pub(super) fn resumed(low: u64, below: BTreeMap<Fate, u64>) -> Self {
        let mut below = below;
        let known = below.values().fold(0, |sum: u64, records| sum.saturating_add(*records));
        if known > low {
            below.clear();
        }
        let unknown = low - below.values().sum::<u64>();
        if unknown > 0 {
            *below.entry(Fate::UNKNOWN).or_default() += unknown;
        }
        Self { low, below, ..Self::default() }
    }

    /// Enters these, and says how many were not done with before.
    pub(super) fn insert(&mut self, ordinals: Range<u64>, fate: Fate) -> u64 {
        let mut at = ordinals.start.max(self.low);
        let mut fresh = 0;
        while at < ordinals.end {
            if let Some(end) = self.end_of(at) {
                at = end;
                continue;
            }
            let end = self.ranges.range(at..).next().map_or(ordinals.end, |(start, _)| ordinals.end.min(*start));
            self.put(at, end, fate);
            fresh += end - at;
            at = end;
        }
        self.above += fresh;
        self.absorb();
        fresh
    }

    /// Where the range ends in which this ordinal is done with.
    fn end_of(&self, ordinal: u64) -> Option<u64> {
        let (_, (end, _)) = self.ranges.range(..=ordinal).next_back()?;
        (*end > ordinal).then_some(*end)
    }

    fn put(&mut self, from: u64, to: u64, fate: Fate) {
        if let Some((_, (end, same))) = self.ranges.range_mut(..from).next_back()
            && *end == from
            && *same == fate
        {
            *end = to;
            return;
        }
        self.ranges.insert(from, (to, fate));
    }

    /// Raises the mark over what is done with right above it.
    fn absorb(&mut self) {
        while let Some((end, fate)) = self.ranges.remove(&self.low) {
            *self.below.entry(fate).or_default() += end - self.low;
            self.above -= end - self.low;
            self.low = end;
        }
    }

    /// All below this are done with.
    pub(super) fn low(&self) -> u64 {
        self.low
    }

    /// How many are done with.
    pub(super) fn count(&self) -> u64 {
        self.low + self.above
    }

    /// Whether this one is.
    pub(super) fn contains(&self, ordinal: u64) -> bool {
        ordinal < self.low || self.end_of(ordinal).is_some()
    }

    /// How many of these are not.
    pub(super) fn undone(&self, ordinals: &Range<u64>) -> u64 {
        let (from, to) = (ordinals.start.max(self.low), ordinals.end);
        if from >= to {
            return 0;
        }
        let first = self.ranges.range(..=from).next_back().map_or(from, |(start, _)| *start);
        let covered = |(start, (end, _)): (&u64, &(u64, Fate))| (*end).min(to).saturating_sub((*start).max(from));
        to - from - self.ranges.range(first..to).map(covered).sum::<u64>()
    }

    /// Those below the mark by fate.
    pub(super) fn below(&self) -> &BTreeMap<Fate, u64> {
        &self.below
    }

    /// Those above it.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (Range<u64>, Fate)> {
        self.ranges.iter().map(|(start, (end, fate))| (*start..*end, *fate))
    }

    /// All of them by fate.
    pub(super) fn totals(&self) -> BTreeMap<Fate, u64> {
        let mut totals = self.below.clone();
        for (range, fate) in self.ranges() {
            *totals.entry(fate).or_default() += range.end - range.start;
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_hold_what_single_entries_would(
            entries in prop::collection::vec((0_u64..60, 0_u64..12, 0_u8..3), 0..40)
        ) {
            let mut done = Done::default();
            let mut plain: BTreeMap<u64, Fate> = BTreeMap::new();
            for (from, length, fate) in entries {
                let before = plain.len() as u64;
                for ordinal in from..from + length {
                    plain.entry(ordinal).or_insert(Fate(fate));
                }
                prop_assert_eq!(done.insert(from..from + length, Fate(fate)), plain.len() as u64 - before);
            }
            prop_assert_eq!(done.count(), plain.len() as u64);
            let mut totals = BTreeMap::new();
            for fate in plain.values() {
                *totals.entry(*fate).or_insert(0) += 1;
            }
            prop_assert_eq!(done.totals(), totals);
            for ordinal in 0..80 {
                prop_assert_eq!(done.contains(ordinal), plain.contains_key(&ordinal));
                let undone = (ordinal..70).filter(|it| !plain.contains_key(it)).count() as u64;
                prop_assert_eq!(done.undone(&(ordinal..70)), undone);
            }
        }
    }

    #[test]
    fn a_mark_without_its_fates_is_of_unknown_fate() {
        let done = Done::resumed(10, BTreeMap::from([(Fate::DELIVERED, 7)]));
        assert_eq!(done.totals(), BTreeMap::from([(Fate::DELIVERED, 7), (Fate::UNKNOWN, 3)]));
    }
}
