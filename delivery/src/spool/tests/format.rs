//! The bytes are those that docs/reference/spool.md tells.

use crate::spool::files::{self, What};
use crate::spool::journal::{self, Entry};
use crate::spool::record::{self, Kind};
use crate::spool::{Class, Fate};

/// The rows of the table with this heading: offset, bytes, text.
fn rows(heading: &str) -> Vec<(usize, usize, String)> {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/spool.md")).unwrap();
    let table = docs.split(&format!("| from | bytes | {heading} |\n|---|---|---|\n")).nth(1).unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').splitn(3, '|').map(str::trim).collect();
        (cells[0].parse().unwrap(), cells[1].parse().unwrap(), cells[2].to_owned())
    });
    rows.collect()
}

/// Compares bytes with a table, of which each row is met by what the test knows of it.
fn compare(heading: &str, bytes: &[u8], expected: &[(&str, Vec<u8>)]) {
    let rows = rows(heading);
    assert_eq!(rows.len(), expected.len());
    let mut next = 0;
    for ((from, length, text), (begins, value)) in rows.iter().zip(expected) {
        assert_eq!(*from, next, "{text}");
        next = from + length;
        assert!(text.starts_with(begins), "{text}");
        assert_eq!(bytes[*from..next], *value, "{text}");
    }
    assert_eq!(next, bytes.len());
}

#[test]
fn a_file_begins_as_the_reference_says() {
    let bytes = files::header(What::Segment(Class::Kept), 7, 99);
    compare(
        "file",
        &bytes,
        &[
            ("`spwnspol`", b"spwnspol".to_vec()),
            ("version: 1", vec![1]),
            ("letter", b"k".to_vec()),
            ("0", vec![0; 2]),
            ("number of the file", 7_u32.to_le_bytes().to_vec()),
            ("ordinal of its first", 99_u64.to_le_bytes().to_vec()),
            ("check", crc32c::crc32c(&bytes[..24]).to_le_bytes().to_vec()),
            ("0", vec![0; 4]),
        ],
    );
    assert_eq!(bytes.len(), 32);
}

#[test]
fn a_record_is_as_the_reference_says() {
    let seed = crc32c::crc32c_append(u32::from(b'r'), b"someone");
    assert_eq!(What::Segment(Class::Routine).seed("someone"), seed);
    let mut bytes = Vec::new();
    record::write(&mut bytes, seed, Kind::Record, 5, 6, b"span");
    compare(
        "record",
        &bytes[..36],
        &[
            ("`d5 9e f3 8b`", vec![0xd5, 0x9e, 0xf3, 0x8b]),
            ("length", 4_u32.to_le_bytes().to_vec()),
            ("ordinal", 5_u64.to_le_bytes().to_vec()),
            ("order number", 6_u64.to_le_bytes().to_vec()),
            ("kind: 1 what the file was written under, twice at its beginning; 2 a span", vec![2]),
            ("0", vec![0; 3]),
            ("check of the payload", crc32c::crc32c_append(seed, b"span").to_le_bytes().to_vec()),
            ("check", crc32c::crc32c_append(seed, &bytes[..32]).to_le_bytes().to_vec()),
        ],
    );
    assert_eq!(&bytes[36..], b"span");
}

#[test]
fn an_entry_is_as_the_reference_says() {
    let mut bytes = Vec::new();
    Entry::Done { class: Class::Kept, fate: Fate(7), from: 5, count: 6 }.write(1, &mut bytes);
    compare(
        "entry",
        &bytes,
        &[
            ("kind: 1 records are done with", vec![1]),
            ("class: 0 routine, 1 kept", vec![1]),
            ("fate", vec![7]),
            ("0", vec![0]),
            ("kinds 1 to 3: ordinal", 5_u64.to_le_bytes().to_vec()),
            ("kinds 1 and 3: how many", 6_u64.to_le_bytes().to_vec()),
            ("0", vec![0; 8]),
            ("check", crc32c::crc32c_append(1, &bytes[..28]).to_le_bytes().to_vec()),
        ],
    );
    assert_eq!(bytes.len(), journal::ENTRY);
}
