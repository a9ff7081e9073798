//! A record in a file: 36 bytes of header, then its payload.

use super::files::{u32_at, u64_at};

/// Bytes of the header of a record.
pub(super) const HEAD: usize = 36;
/// How every record begins. No text and no small number looks like it.
pub(super) const SYNC: [u8; 4] = [0xd5, 0x9e, 0xf3, 0x8b];

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What the records of this file were written under.
    About = 1,
    /// A record of the caller's.
    Record = 2,
    /// Something is under way.
    Begun = 3,
    /// It is under way no more.
    Ended = 4,
}

/// The header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) length: u32,
    pub(super) ordinal: u64,
    pub(super) order: u64,
    check: u32,
}

/// Appends a record to these bytes.
pub(super) fn write(into: &mut Vec<u8>, seed: u32, kind: Kind, ordinal: u64, order: u64, payload: &[u8]) {
    let start = into.len();
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    into.extend_from_slice(&SYNC);
    into.extend_from_slice(&length.to_le_bytes());
    into.extend_from_slice(&ordinal.to_le_bytes());
    into.extend_from_slice(&order.to_le_bytes());
    into.extend_from_slice(&[kind as u8, 0, 0, 0]);
    into.extend_from_slice(&crc32c::crc32c_append(seed, payload).to_le_bytes());
    let check = crc32c::crc32c_append(seed, &into[start..]);
    into.extend_from_slice(&check.to_le_bytes());
    into.extend_from_slice(payload);
}

impl Head {
    /// The header that stands at the beginning of these bytes, if one does.
    pub(super) fn read(seed: u32, bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<HEAD>()?;
        if bytes[..4] != SYNC || u32_at(bytes, 32) != crc32c::crc32c_append(seed, &bytes[..32]) {
            return None;
        }
        let kind = match bytes[24] {
            1 => Kind::About,
            2 => Kind::Record,
            3 => Kind::Begun,
            4 => Kind::Ended,
            _ => return None,
        };
        Some(Self {
            kind,
            length: u32_at(bytes, 4),
            ordinal: u64_at(bytes, 8),
            order: u64_at(bytes, 16),
            check: u32_at(bytes, 28),
        })
    }

    /// Bytes of the record with its header.
    pub(super) fn total(&self) -> usize {
        HEAD + self.length as usize
    }

    /// Whether this is the payload that was written.
    pub(super) fn holds(&self, seed: u32, payload: &[u8]) -> bool {
        self.check == crc32c::crc32c_append(seed, payload)
    }
}
