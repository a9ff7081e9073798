//! The files of a writer: their names, and the 32 bytes that each begins with.

use super::Class;

/// The version that is written, and the only one that is read.
pub(super) const VERSION: u8 = 1;
/// Bytes of the header of a file.
pub(super) const HEADER: usize = 32;
/// How every file begins.
const MAGIC: [u8; 8] = *b"spwnspol";
/// Bytes that the checksum covers; it stands right after them. Both are so in every version.
const CHECKED: usize = 24;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Records.
    Segment(Class),
    /// What is done with.
    Done,
    /// What is under way.
    Open,
}

impl What {
    fn letter(self) -> u8 {
        match self {
            Self::Segment(Class::Routine) => b'r',
            Self::Segment(Class::Kept) => b'k',
            Self::Done => b'd',
            Self::Open => b'o',
        }
    }

    /// The name of the file of this number.
    pub(super) fn name(self, number: u32) -> String {
        match self {
            Self::Segment(Class::Routine) => format!("r-{number:08}.seg"),
            Self::Segment(Class::Kept) => format!("k-{number:08}.seg"),
            Self::Done => format!("done-{number:08}"),
            Self::Open => format!("open-{number:08}"),
        }
    }

    /// What a file of this name holds, and its number. `None`: none of ours.
    pub(super) fn of(name: &str) -> Option<(Self, u32)> {
        let all = [Self::Segment(Class::Routine), Self::Segment(Class::Kept), Self::Done, Self::Open];
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        let number = digits.parse().ok()?;
        all.into_iter().find(|what| what.name(number) == name).map(|what| (what, number))
    }

    /// What the checksums in such a file start from, so that a record of another writer or file is none here.
    pub(super) fn seed(self, writer: &str) -> u32 {
        crc32c::crc32c_append(u32::from(self.letter()), writer.as_bytes())
    }
}

/// What the header of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// A file that can be read, and the ordinal of its first record.
    Known { first: u64 },
    /// A file of a version that is not known here.
    Foreign(u8),
    /// No header, or one that the disk has not kept.
    Broken,
}

/// The header of a file.
pub(super) fn header(what: What, number: u32, first: u64) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8] = VERSION;
    bytes[9] = what.letter();
    bytes[12..16].copy_from_slice(&number.to_le_bytes());
    bytes[16..24].copy_from_slice(&first.to_le_bytes());
    let check = crc32c::crc32c(&bytes[..CHECKED]);
    bytes[CHECKED..CHECKED + 4].copy_from_slice(&check.to_le_bytes());
    bytes
}

/// Reads the header of a file.
pub(super) fn read_header(bytes: &[u8]) -> Header {
    let Some(bytes) = bytes.first_chunk::<HEADER>() else { return Header::Broken };
    let check = crc32c::crc32c(&bytes[..CHECKED]).to_le_bytes();
    if bytes[..8] != MAGIC || bytes[CHECKED..CHECKED + 4] != check {
        return Header::Broken;
    }
    match bytes[8] {
        VERSION => Header::Known { first: u64_at(bytes, 16) },
        foreign => Header::Foreign(foreign),
    }
}

/// The number that stands there, least byte first. The slice reaches that far.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The number that stands there, least byte first. The slice reaches that far.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_file_holds() {
        for what in [What::Segment(Class::Routine), What::Segment(Class::Kept), What::Done, What::Open] {
            assert_eq!(What::of(&what.name(7)), Some((what, 7)));
        }
        for other in ["", "lock", "r-7.seg", "done-", "r-00000007.seg.bak", "r-99999999999999999999.seg"] {
            assert_eq!(What::of(other), None, "{other}");
        }
    }

    #[test]
    fn a_header_is_known_foreign_or_broken() {
        let mut bytes = header(What::Segment(Class::Kept), 3, 77);
        assert_eq!(read_header(&bytes), Header::Known { first: 77 });
        assert_eq!(read_header(&bytes[..31]), Header::Broken);
        bytes[8] = 2;
        assert_eq!(read_header(&bytes), Header::Broken, "a flipped bit is no version");
        let check = crc32c::crc32c(&bytes[..CHECKED]).to_le_bytes();
        bytes[CHECKED..CHECKED + 4].copy_from_slice(&check);
        assert_eq!(read_header(&bytes), Header::Foreign(2));
    }
}
