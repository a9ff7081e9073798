//! A part of a hundred, such as a load of the processors.

use std::fmt;
use std::str::FromStr;

use crate::ValueError;

/// From 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(f64);

impl Percent {
    /// Five of a hundred: what an operating system does by itself.
    pub(crate) const FIVE: Self = Self(5.0);

    /// The number, never NaN, within 0.0 and 100.0.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

// Parsing lets no NaN in, so equality is total.
impl Eq for Percent {}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Percent {
    type Err = ValueError;

    /// Reads ASCII digits with at most one point. Signs, exponents, `nan`, `inf` and `%` are refused.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        match text.parse::<f64>() {
            Ok(percent) if plain && percent <= 100.0 => Ok(Self(percent)),
            _ => Err(ValueError::expected("a decimal number from 0 to 100, such as 5 or 2.5")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_read_back_as_it_is_printed() {
        for (text, printed) in [("0", "0"), ("5.0", "5"), ("2.5", "2.5"), ("100", "100")] {
            assert_eq!(text.parse::<Percent>().unwrap().to_string(), printed);
        }
    }

    #[test]
    fn what_is_no_percentage_is_refused() {
        for text in ["", ".", "100.1", "-1", "+1", "nan", "inf", "5%", "1e1", "0,5"] {
            assert_eq!(
                text.parse::<Percent>().unwrap_err().to_string(),
                "expected a decimal number from 0 to 100, such as 5 or 2.5",
                "{text:?}"
            );
        }
    }
}
