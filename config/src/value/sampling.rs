//! The share of traces that is kept.

use std::fmt;
use std::str::FromStr;

use crate::ValueError;

/// A share from 0.0 to 1.0. Zero is a value like any other: it keeps nothing.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct SamplingRate(f64);

impl SamplingRate {
    /// Keeps no trace that starts here.
    pub const NEVER: Self = Self(0.0);
    /// Keeps every trace.
    pub const ALWAYS: Self = Self(1.0);

    /// The share as a number, never NaN, within 0.0 and 1.0.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }

    /// The smaller of two shares.
    #[must_use]
    pub fn capped_by(self, ceiling: Self) -> Self {
        if self > ceiling { ceiling } else { self }
    }
}

// Parsing lets no NaN in, so equality is total.
impl Eq for SamplingRate {}

impl Default for SamplingRate {
    /// One trace in ten: enough to see a fleet, little enough to pay for.
    fn default() -> Self {
        Self(0.1)
    }
}

impl fmt::Display for SamplingRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for SamplingRate {
    type Err = ValueError;

    /// Reads ASCII digits with at most one point. Signs, exponents, `nan` and `inf` are no shares.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        match text.parse::<f64>() {
            Ok(share) if plain && share <= 1.0 => Ok(Self(share)),
            _ => Err(ValueError::expected("a decimal number from 0.0 to 1.0, such as 0.1 for 10 %")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn zero_sampling_is_kept() {
        assert_eq!("0".parse(), Ok(SamplingRate::NEVER));
        assert_eq!("0.0".parse(), Ok(SamplingRate::NEVER));
        assert_eq!(SamplingRate::NEVER.to_string(), "0");
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in [
            "", ".", "1.5", "-0.1", "+0.1", "nan", "NaN", "inf", ".inf", "0,1", "10%", "1e-2", "0x1", "٠.١", " 0.1",
            "1_0",
        ] {
            assert_eq!(
                text.parse::<SamplingRate>().unwrap_err().to_string(),
                "expected a decimal number from 0.0 to 1.0, such as 0.1 for 10 %",
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_share_is_read_back_as_it_is_printed(share in 0.0..=1.0_f64) {
            let rate = SamplingRate(share);
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }
    }
}
