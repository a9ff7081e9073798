//! How a value gets into a field and out of it again.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::value::{list, timeout};
use crate::{
    Compression, Endpoint, ExporterKind, Headers, OnComplete, OtlpProtocol, Percent, ProviderChoice, SamplerKind,
    SamplingRate, SamplingRule, Sessions, Slots, TimeSpan, Topology, ValueError,
};

/// A value as it was written. Tags, variables and flags are text; `local.yaml` has lists and maps too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    /// One text; empty is unset.
    Text(String),
    /// A YAML sequence of texts.
    List(Vec<String>),
    /// A YAML mapping of texts.
    Map(BTreeMap<String, String>),
}

impl Raw {
    /// What stands for "not set".
    pub(crate) const fn unset() -> Self {
        Self::Text(String::new())
    }

    fn text(&self) -> Result<&str, ValueError> {
        match self {
            Self::Text(text) => Ok(text),
            Self::List(_) | Self::Map(_) => Err(ValueError::expected("a single value")),
        }
    }
}

/// A field of the settings: read from what was written, printed so that it can be read again.
pub(crate) trait Field: Sized {
    fn read(raw: &Raw) -> Result<Self, ValueError>;
    fn show(&self) -> String;
}

/// Fields whose type parses and prints itself.
macro_rules! plain_field {
    ($($type:ty),+) => { $(
        impl Field for $type {
            fn read(raw: &Raw) -> Result<Self, ValueError> {
                raw.text()?.parse()
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+ };
}

plain_field!(
    Compression,
    Endpoint,
    ExporterKind,
    OnComplete,
    OtlpProtocol,
    Percent,
    ProviderChoice,
    SamplerKind,
    SamplingRate,
    Sessions,
    Slots,
    TimeSpan,
    Topology
);

impl Field for bool {
    fn read(raw: &Raw) -> Result<Self, ValueError> {
        match raw.text()? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(ValueError::expected("`true` or `false`")),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Field for u64 {
    fn read(raw: &Raw) -> Result<Self, ValueError> {
        let text = raw.text()?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits).ok_or_else(|| ValueError::expected("a whole number from 0"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Field for String {
    fn read(raw: &Raw) -> Result<Self, ValueError> {
        let text = raw.text()?;
        match text.chars().any(char::is_control) {
            true => Err(ValueError::expected("text without control characters")),
            false => Ok(text.to_owned()),
        }
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Field for Timestamp {
    fn read(raw: &Raw) -> Result<Self, ValueError> {
        raw.text()?.parse().map_err(|_| ValueError::expected("an RFC 3339 instant such as 2027-01-31T18:00:00Z"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Field for Duration {
    fn read(raw: &Raw) -> Result<Self, ValueError> {
        timeout::parse(raw.text()?)
    }

    fn show(&self) -> String {
        timeout::show(*self)
    }
}

impl<T: Field> Field for Option<T> {
    fn read(raw: &Raw) -> Result<Self, ValueError> {
        if *raw == Raw::unset() { Ok(None) } else { T::read(raw).map(Some) }
    }

    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }
}

impl Field for BTreeMap<String, String> {
    fn read(raw: &Raw) -> Result<Self, ValueError> {
        let map = match raw {
            Raw::Map(map) => map.clone(),
            raw => list::parse_map(raw.text()?)?,
        };
        let clean =
            map.iter().all(|(key, value)| !key.is_empty() && !format!("{key}{value}").chars().any(char::is_control));
        if clean {
            Ok(map)
        } else {
            Err(ValueError::expected("keys and values without control characters, no key empty"))
        }
    }

    fn show(&self) -> String {
        list::show_map(self)
    }
}

impl Field for Headers {
    fn read(raw: &Raw) -> Result<Self, ValueError> {
        let map = BTreeMap::read(raw)?;
        let sendable = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        match map.iter().all(|(name, value)| sendable(name) && !name.contains([' ', ':']) && sendable(value)) {
            true => Ok(Self::from(map)),
            false => Err(ValueError::expected("header names and values in printable ASCII")),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Field for Vec<SamplingRule> {
    fn read(raw: &Raw) -> Result<Self, ValueError> {
        let rule = |(place, item): (usize, String)| {
            let wrong =
                |error: ValueError| ValueError::expected(format!("rule {} to be {}", place + 1, error.expected));
            item.parse().map_err(wrong)
        };
        Vec::<String>::read(raw)?.into_iter().enumerate().map(rule).collect()
    }

    fn show(&self) -> String {
        let rules: Vec<String> = self.iter().map(SamplingRule::to_string).collect();
        rules.join(",")
    }
}

impl Field for Vec<String> {
    fn read(raw: &Raw) -> Result<Self, ValueError> {
        let items = match raw {
            Raw::List(items) => items.clone(),
            raw => list::parse_list(raw.text()?),
        };
        let clean = items.iter().all(|item| !item.is_empty() && !item.chars().any(char::is_control));
        if clean { Ok(items) } else { Err(ValueError::expected("texts without control characters, none empty")) }
    }

    fn show(&self) -> String {
        self.join(",")
    }
}
