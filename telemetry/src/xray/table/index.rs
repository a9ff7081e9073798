//! Finds an attribute's row by its name, in a few nanoseconds: an open hash table that the compiler makes.

use super::{PLACES, Place};

/// A power of two with room for four times the names.
const SIZE: usize = 1024;
/// No row.
const FREE: u8 = u8::MAX;

/// A name, its row, and its place among the row's names.
#[derive(Clone, Copy)]
struct Entry {
    name: &'static str,
    row: u8,
    age: u8,
}

static INDEX: [Entry; SIZE] = index();

/// The row of the attribute and how old its name is, where 0 is today's; and a number that tells most names apart.
#[inline]
pub(in crate::xray) fn find(name: &str) -> (Option<(&'static Place, u8)>, usize) {
    let first = hash(name.as_bytes());
    let mut at = first;
    loop {
        let entry = &INDEX[at % SIZE];
        if entry.row == FREE {
            return (None, first);
        }
        if entry.name == name {
            return (Some((&PLACES[usize::from(entry.row)], entry.age)), first);
        }
        at += 1;
    }
}

/// Mixes length, first and last bytes.
#[inline]
const fn hash(name: &[u8]) -> usize {
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (short(name), 0),
    };
    let mixed = (first ^ last.rotate_left(29) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 54) as usize
}

const fn short(name: &[u8]) -> u64 {
    let (mut sum, mut at) = (0, 0);
    while at < name.len() {
        sum = sum << 8 | name[at] as u64;
        at += 1;
    }
    sum
}

const fn index() -> [Entry; SIZE] {
    let mut index = [Entry { name: "", row: FREE, age: 0 }; SIZE];
    let mut row = 0;
    while row < PLACES.len() {
        let names = PLACES[row].names;
        let mut age = 0;
        while age < names.len() {
            let mut at = hash(names[age].as_bytes());
            while index[at % SIZE].row != FREE {
                at += 1;
            }
            index[at % SIZE] = Entry { name: names[age], row: row as u8, age: age as u8 };
            age += 1;
        }
        row += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        for place in &PLACES {
            for (age, name) in place.names.iter().enumerate() {
                let (found, of_age) = find(name).0.unwrap();
                assert_eq!((found.slot, usize::from(of_age)), (place.slot, age), "{name}");
            }
        }
        for name in ["", "aws", "aws.operatioN", "spawn.provider", "aws.dynamodb.table_namez", "rpc.systen"] {
            assert!(find(name).0.is_none(), "{name}");
        }
    }
}
