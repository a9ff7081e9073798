//! Finds an attribute's row by its name, in a few nanoseconds: an open hash table that the compiler makes.

use super::{PLACES, Place};

/// A power of two with room for four times the names.
const SIZE: usize = 1024;
/// No row.
const FREE: u8 = u8::MAX;

/// Row, and place among the row's names.
#[derive(Clone, Copy)]
struct Entry {
    row: u8,
    name: u8,
}

static INDEX: [Entry; SIZE] = index();

/// The row of the attribute and how old its name is: 0 is today's.
pub(in crate::xray) fn find(name: &str) -> Option<(&'static Place, u8)> {
    let mut at = hash(name.as_bytes());
    loop {
        let entry = INDEX[at];
        let place = PLACES.get(usize::from(entry.row))?;
        if place.names[usize::from(entry.name)] == name {
            return Some((place, entry.name));
        }
        at = (at + 1) % SIZE;
    }
}

/// A handful of the bytes tells these names apart.
const fn hash(name: &[u8]) -> usize {
    let length = name.len();
    if length < 4 {
        return length;
    }
    let (first, last) = (name[0] as u32, name[length - 1] as u32);
    let (middle, near) = (name[length / 2] as u32, name[length - 3] as u32);
    let (third, fourth) = (name[length / 3] as u32, name[length - 4] as u32);
    let low = first | last << 8 | middle << 16 | near << 24;
    let high = third | fourth << 8 | (length as u32) << 16;
    let mixed = (low as u64 | (high as u64) << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 54) as usize
}

const fn index() -> [Entry; SIZE] {
    let mut index = [Entry { row: FREE, name: 0 }; SIZE];
    let mut row = 0;
    while row < PLACES.len() {
        let names = PLACES[row].names;
        let mut name = 0;
        while name < names.len() {
            let mut at = hash(names[name].as_bytes());
            while index[at].row != FREE {
                at = (at + 1) % SIZE;
            }
            index[at] = Entry { row: row as u8, name: name as u8 };
            name += 1;
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
                let (found, of_age) = find(name).unwrap();
                assert_eq!((found.slot, usize::from(of_age)), (place.slot, age), "{name}");
            }
        }
        for name in ["", "aws", "aws.operatioN", "spawn.provider", "aws.dynamodb.table_namez", "rpc.systen"] {
            assert!(find(name).is_none(), "{name}");
        }
    }
}
