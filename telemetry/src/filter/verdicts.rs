//! What was found out about a name is kept: the same few names come with every span, and globs take their time.

use std::sync::OnceLock;

/// Names that are kept: those of one program's spans are fewer. A name that finds no place is looked at each time.
const PLACES: usize = 256;
/// Places that are tried for a name.
const TRIES: usize = 4;

/// A table without a lock: a place is taken once and stays as it is.
pub(super) struct Verdicts<T>(Box<[Place<T>]>);

/// A name with its verdict, once one has come.
type Place<T> = OnceLock<(Box<str>, T)>;

impl<T: Copy> Verdicts<T> {
    pub(super) fn new() -> Self {
        Self((0..PLACES).map(|_| OnceLock::new()).collect())
    }

    /// The verdict on this name, by `find` if it is new.
    #[inline]
    pub(super) fn of(&self, name: &str, find: impl FnOnce(&str) -> T) -> T {
        let first = place(name.as_bytes());
        for step in 0..TRIES {
            let slot = &self.0[(first + step) % PLACES];
            match slot.get() {
                Some((known, verdict)) if **known == *name => return *verdict,
                Some(_) => {}
                None => return self.keep(slot, name, find(name)),
            }
        }
        find(name)
    }

    #[cold]
    fn keep(&self, slot: &Place<T>, name: &str, verdict: T) -> T {
        // If another thread was faster, this name waits for its next time.
        drop(slot.set((name.into(), verdict)));
        verdict
    }
}

impl<T> std::fmt::Debug for Verdicts<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verdicts")
    }
}

/// Mixes the length and the first and last eight bytes; names that differ in the middle alone are neighbours.
#[inline]
fn place(name: &[u8]) -> usize {
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (name.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 0),
    };
    let mixed = (first ^ last.rotate_left(29) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_asked_about_once() {
        let verdicts = Verdicts::new();
        assert_eq!(verdicts.of("aws.region", str::len), 10);
        assert_eq!(verdicts.of("aws.region", |_| unreachable!("it is known")), 10);
    }

    #[test]
    fn more_names_than_places_get_their_verdicts() {
        let verdicts = Verdicts::new();
        for _ in 0..2 {
            for number in 0..2_000 {
                let name = format!("a.very.long.beginning.{number}.and.a.very.long.end");
                assert_eq!(verdicts.of(&name, |name| name.contains(".7.")), number == 7, "{name}");
            }
        }
    }
}
