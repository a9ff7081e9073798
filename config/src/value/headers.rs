//! Header values that may be secrets.

use std::collections::BTreeMap;
use std::fmt;

/// Headers by name. Debug and Display show the names and never a value: tokens travel here.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, String>);

impl Headers {
    /// Name and value of each header, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<BTreeMap<String, String>> for Headers {
    fn from(headers: BTreeMap<String, String>) -> Self {
        Self(headers)
    }
}

impl fmt::Display for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.0.keys().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{name}=[redacted]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Headers({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_value_is_never_shown() {
        let headers = Headers::from(BTreeMap::from([("authorization".to_owned(), "Bearer abc".to_owned())]));
        assert_eq!(format!("{headers} {headers:?}"), "authorization=[redacted] Headers(authorization=[redacted])");
    }
}
