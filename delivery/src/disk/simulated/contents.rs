//! What a file holds: as processes see it, and as a loss of power would leave it.

use std::collections::BTreeMap;

use fastrand::Rng;

/// What a disk writes whole, or tears.
const SECTOR: u64 = 512;

/// What a file holds. Bytes beyond `bytes` and below `size` are zeros.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    bytes: Vec<u8>,
    size: u64,
    durable_size: u64,
    /// Sectors that are not durable, with what the disk has in their place.
    unsynced: BTreeMap<u64, Vec<u8>>,
    /// Sectors whose sync failed: the kernel takes them for written and does not write them again.
    forgotten: BTreeMap<u64, Vec<u8>>,
    lock: Option<(u64, u64)>,
}

impl Contents {
    pub(super) fn durable(bytes: &[u8]) -> Self {
        let size = bytes.len() as u64;
        // Zeros at the end are what is there anyway.
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        Self { bytes: bytes[..end].to_vec(), size, durable_size: size, ..Self::default() }
    }

    /// The same contents, all of them durable, in a file of their own.
    pub(super) fn copied(&self) -> Self {
        Self { bytes: self.bytes.clone(), size: self.size, durable_size: self.size, ..Self::default() }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn all(&self) -> Vec<u8> {
        let mut all = self.bytes.clone();
        all.resize(usize::try_from(self.size).unwrap_or(usize::MAX), 0);
        all
    }

    pub(super) fn set_size(&mut self, size: u64) {
        self.size = size;
        self.bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    }

    pub(super) fn read(&self, into: &mut [u8], offset: u64) -> usize {
        let length = self.size.saturating_sub(offset).min(into.len() as u64);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let there = self.from(offset, length);
        into[..there.len()].copy_from_slice(there);
        into[there.len()..length].fill(0);
        length
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len() as u64;
        for sector in offset / SECTOR..end.div_ceil(SECTOR) {
            if !self.unsynced.contains_key(&sector) {
                let forgotten = self.forgotten.remove(&sector);
                let before = forgotten.unwrap_or_else(|| self.from(sector * SECTOR, SECTOR as usize).to_vec());
                self.unsynced.insert(sector, before);
            }
        }
        let (start, end) = (offset as usize, end as usize);
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[start..end].copy_from_slice(bytes);
        self.size = self.size.max(end as u64);
    }

    pub(super) fn sync(&mut self) {
        self.unsynced.clear();
        self.durable_size = self.size;
    }

    /// A sync that failed: some sectors were written, the others never will be.
    pub(super) fn fail_to_sync(&mut self, random: &mut Rng) {
        for (sector, before) in std::mem::take(&mut self.unsynced) {
            if random.bool() {
                self.forgotten.insert(sector, before);
            }
        }
    }

    /// Leaves what the disk would have: any part of what was not durable.
    pub(super) fn lose_power(&mut self, random: &mut Rng) {
        let kept = *random.choice([0.0, 0.5, 0.9, 1.0].iter()).unwrap_or(&0.5);
        let unsynced = std::mem::take(&mut self.unsynced);
        for (sector, before) in unsynced {
            if random.f64() < kept {
                continue;
            }
            // A torn sector has its first part of the one and the rest of the other.
            let torn = if random.u8(..4) == 0 { random.usize(..SECTOR as usize) } else { 0 };
            self.restore(sector, &before, torn);
        }
        for (sector, before) in std::mem::take(&mut self.forgotten) {
            self.restore(sector, &before, 0);
        }
        if self.size > self.durable_size {
            let size = match random.u8(..4) {
                0 => self.durable_size,
                1 => random.u64(self.durable_size..=self.size),
                _ => self.size,
            };
            self.set_size(size);
        }
        self.durable_size = self.size;
        self.lock = None;
    }

    /// `false`: another has it.
    pub(super) fn lock(&mut self, process: u64, holder: u64) -> bool {
        let free = self.lock.is_none();
        if free {
            self.lock = Some((process, holder));
        }
        free
    }

    pub(super) fn unlock(&mut self, holder: u64) {
        self.lock.take_if(|(_, held_by)| *held_by == holder);
    }

    pub(super) fn unlock_all_of(&mut self, process: u64) {
        self.lock.take_if(|(held_by, _)| *held_by == process);
    }

    /// What is stored from there on; what is not is zeros.
    fn from(&self, offset: u64, length: usize) -> &[u8] {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        let end = start.saturating_add(length).min(self.bytes.len());
        &self.bytes[start..end]
    }

    /// Puts back what the disk has for a sector, but for its first bytes.
    fn restore(&mut self, sector: u64, before: &[u8], but: usize) {
        let start = (sector * SECTOR) as usize;
        let end = (start + SECTOR as usize).min(self.bytes.len());
        for at in (start + but).min(end)..end {
            self.bytes[at] = before.get(at - start).copied().unwrap_or(0);
        }
    }
}
