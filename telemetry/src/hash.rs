//! Hashes of ids and short texts, for tables on the way of every span.
//!
//! The standard hasher withstands whoever chooses what is hashed, and takes several times as long. The tables here are bounded
//! and each is keyed by chance, so that nobody outside knows which ids would meet in one place.

use std::hash::{BuildHasher, Hash, Hasher};

/// An odd number without a pattern: the golden ratio's fraction.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// Makes hashers with a key of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed(u64);

impl Default for Keyed {
    fn default() -> Self {
        Self(fastrand::u64(..))
    }
}

impl BuildHasher for Keyed {
    type Hasher = Mixed;

    fn build_hasher(&self) -> Mixed {
        Mixed(self.0)
    }
}

/// A hash in the making.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            // The length tells a text from one with zeros behind it.
            self.write_u64(u64::from_le_bytes(last) ^ (rest.len() as u64) << 56);
        }
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        let wide = u128::from(self.0 ^ number) * u128::from(MIX);
        self.0 = (wide as u64 ^ (wide >> 64) as u64).wrapping_add(MIX);
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The hash of a value under this key.
#[inline]
pub(crate) fn of(key: Keyed, value: &(impl Hash + ?Sized)) -> u64 {
    key.hash_one(value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_in_a_row_and_texts_that_differ_in_a_byte_have_hashes_that_differ_in_the_bits_that_tables_use() {
        let key = Keyed(7);
        // Tables take a place from the lowest bits and compare by the seven highest.
        let low = (0..4096_u64).map(|id| of(key, &id) & 0xfff).collect::<BTreeSet<_>>();
        let high = (0..4096_u64).map(|id| of(key, &id.to_be_bytes()) >> 57).collect::<BTreeSet<_>>();
        assert!(low.len() > 2048 && high.len() == 128, "{} and {}", low.len(), high.len());
        let texts = ["", "\0", "\0\0", "a", "a\0", "ab", "abcdefgh", "abcdefgh\0", "abcdefghi", "bbcdefgh", "abcdefgi"];
        assert_eq!(texts.iter().map(|text| of(key, text)).collect::<BTreeSet<_>>().len(), texts.len());
        assert_ne!(of(Keyed(1), "a"), of(Keyed(2), "a"));
    }
}
