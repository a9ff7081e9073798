//! How many share the quota, and which of them this one is.

/// Golden ratio, which spreads any number of places evenly.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// Those who send to the same account at the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fleet {
    /// How many they are.
    pub size: u32,
    /// Where this one stands among them, from 0 to below 1: its index divided by the size, or [`place_of`] its name.
    pub place: f64,
}

impl Fleet {
    /// One that has the quota for itself.
    pub const ALONE: Self = Self { size: 1, place: 0.0 };

    /// The one with this index of so many. An index beyond them finds a place all the same.
    #[must_use]
    pub fn of(size: u32, index: u32) -> Self {
        let size = size.max(1);
        Self { size, place: f64::from(index % size) / f64::from(size) }
    }

    /// The place in a slot. Each second one is the mirror of the one before and each pair is shifted, so that whoever was
    /// last is first the next time, and in the long run nobody waits longer than others.
    pub(super) fn place_in(&self, slot: u32) -> f64 {
        let shifted = (self.place + f64::from(slot / 2) * GOLDEN).fract();
        if slot.is_multiple_of(2) { shifted } else { 1.0 - shifted }
    }
}

/// A place for one that knows no index: always the same for a name, and spread evenly over names (FNV-1a, mixed).
#[must_use]
pub fn place_of(name: &str) -> f64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}
