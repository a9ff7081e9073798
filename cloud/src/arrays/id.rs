//! Names and ids of arrays: `align`, and `align-1a2b3c4d` for one array of that name.

use std::fmt;
use std::str::FromStr;

/// Characters of a name: with what is put around it, the name of a queue has at most 80 (Amazon SQS Developer Guide,
/// "Queue-related quotas").
const LONGEST_NAME: usize = 60;
/// Hexadecimal digits that tell arrays of one name apart.
const DIGITS: usize = 8;

/// A text that names no array.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadArrayId(String);

/// The name that a user gives arrays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArrayName(String);

/// One array: its name, and what tells it from others of that name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArrayId(String);

impl ArrayName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ArrayName {
    type Err = BadArrayId;

    /// Reads a name: 1 to 60 ASCII letters, digits, `-` and `_`, the first a letter.
    fn from_str(text: &str) -> Result<Self, BadArrayId> {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        if begins && text.len() <= LONGEST_NAME && text.bytes().all(sound) {
            return Ok(Self(text.to_owned()));
        }
        Err(BadArrayId(
            "a job array's name is a letter and up to 59 letters, digits, hyphens and underscores".to_owned(),
        ))
    }
}

impl ArrayId {
    /// A new id for an array of this name; `unique` tells it from others.
    #[must_use]
    pub fn new(name: &ArrayName, unique: u32) -> Self {
        Self(format!("{}-{unique:0DIGITS$x}", name.0))
    }

    /// A well-formed id that no array has; for checks before there is one.
    pub(super) fn of_none() -> Self {
        Self(format!("none-{:0DIGITS$x}", 0))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0[..self.0.len() - DIGITS - 1]
    }
}

impl FromStr for ArrayId {
    type Err = BadArrayId;

    fn from_str(text: &str) -> Result<Self, BadArrayId> {
        let parts = text.rsplit_once('-').filter(|(_, digits)| {
            digits.len() == DIGITS && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        });
        match parts.map(|(name, _)| name.parse::<ArrayName>()) {
            Some(Ok(_)) => Ok(Self(text.to_owned())),
            _ => Err(BadArrayId(
                "a job array's id is its name, a hyphen and 8 hexadecimal digits; `spawn status` lists them".to_owned(),
            )),
        }
    }
}

impl fmt::Display for ArrayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for ArrayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_its_name() {
        let name: ArrayName = "align-genomes".parse().unwrap();
        let id = ArrayId::new(&name, 0x1a2b);
        assert_eq!((id.as_str(), id.name()), ("align-genomes-00001a2b", "align-genomes"));
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let long = "a".repeat(61);
        for text in
            ["", "align", "align-", "align-1a2b3c4", "align-1A2B3C4D", "-1a2b3c4d", "a#b-1a2b3c4d", "ä-1a2b3c4d"]
        {
            assert!(text.parse::<ArrayId>().is_err(), "{text}");
        }
        for text in ["", "1a", "-a", "a b", "a/b", "a#", "ä", long.as_str()] {
            assert!(text.parse::<ArrayName>().is_err(), "{text}");
        }
    }
}
