//! How many tasks of a job array a host works on at once.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use crate::ValueError;

/// From 1 to 1024: each slot is a process of its own, and few hosts have more cores than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots(NonZeroU16);

impl Slots {
    /// One task after the other.
    pub const ONE: Self = Self(NonZeroU16::MIN);
    const MOST: u16 = 1024;

    /// The number, at least 1.
    #[must_use]
    pub const fn count(self) -> u16 {
        self.0.get()
    }
}

impl Default for Slots {
    fn default() -> Self {
        Self::ONE
    }
}

impl fmt::Display for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Slots {
    type Err = ValueError;

    /// Reads ASCII digits; signs and blanks are refused.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let count = text.parse::<NonZeroU16>().ok().filter(|count| digits && count.get() <= Self::MOST);
        count.map(Self).ok_or_else(|| ValueError::expected("a whole number from 1 to 1024"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_read_back_as_they_are_printed_and_never_none() {
        for text in ["1", "8", "1024"] {
            assert_eq!(text.parse::<Slots>().unwrap().to_string(), text);
        }
        for text in ["", "0", "-1", "+1", "1025", "99999999", "1.0", " 1"] {
            assert!(text.parse::<Slots>().is_err(), "{text:?}");
        }
    }
}
