//! Writes fields of protobuf at the end of a buffer.

/// Wire type of numbers in as many bytes as they need.
const VARINT: u32 = 0;
/// Wire type of eight bytes.
const EIGHT: u32 = 1;
/// Wire type of bytes that their length goes before.
const LENGTH: u32 = 2;
/// Wire type of four bytes.
const FOUR: u32 = 5;

/// A message that is being written. Fields that have their default are the caller's to leave out.
#[derive(Debug)]
pub(super) struct Pen<'a>(&'a mut Vec<u8>);

impl<'a> Pen<'a> {
    pub(super) const fn new(buffer: &'a mut Vec<u8>) -> Self {
        Self(buffer)
    }

    pub(super) fn number(&mut self, field: u32, number: u64) {
        self.key(field, VARINT);
        varint(self.0, number);
    }

    pub(super) fn double(&mut self, field: u32, number: f64) {
        self.key(field, EIGHT);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn fixed64(&mut self, field: u32, number: u64) {
        self.key(field, EIGHT);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn fixed32(&mut self, field: u32, number: u32) {
        self.key(field, FOUR);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.key(field, LENGTH);
        varint(self.0, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    /// A message within this one.
    #[inline]
    pub(super) fn message(&mut self, field: u32, write: impl FnOnce(&mut Pen<'_>)) {
        self.key(field, LENGTH);
        // Most are short, so one byte is left for the length; what is longer moves up.
        let place = self.0.len();
        self.0.push(0);
        write(&mut Pen(self.0));
        let length = self.0.len() - place - 1;
        match u8::try_from(length) {
            Ok(length @ 0..0x80) => self.0[place] = length,
            _ => self.longer(place, length),
        }
    }

    #[cold]
    fn longer(&mut self, place: usize, length: usize) {
        let mut digits = [0; 10];
        let mut used = 0;
        let mut rest = length as u64;
        while rest >= 0x80 {
            digits[used] = low(rest) | 0x80;
            rest >>= 7;
            used += 1;
        }
        digits[used] = low(rest);
        let end = self.0.len();
        self.0.resize(end + used, 0);
        self.0.copy_within(place + 1..end, place + 1 + used);
        self.0[place..=place + used].copy_from_slice(&digits[..=used]);
    }

    fn key(&mut self, field: u32, wire: u32) {
        varint(self.0, u64::from(field << 3 | wire));
    }
}

#[inline]
fn varint(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(low(number) | 0x80);
        number >>= 7;
    }
    into.push(low(number));
}

/// The lowest byte.
const fn low(number: u64) -> u8 {
    number.to_le_bytes()[0]
}
