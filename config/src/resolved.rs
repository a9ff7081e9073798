//! The outcome: each value, where it came from, and what it overrode.

use std::fmt;

use crate::escape::plain;
use crate::key::{Key, UnknownKey, keys};
use crate::{Place, Settings};

/// Where a value came from, weakest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// `local.yaml`.
    LocalYaml {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
    },
    /// An EC2 tag.
    Tag {
        /// The tag's key.
        key: String,
    },
    /// An environment variable.
    Environment {
        /// The variable's name.
        variable: String,
    },
    /// A flag of the command line.
    Flag {
        /// The flag as it was written.
        flag: String,
    },
    /// Given to the running agent, with `spored config set`.
    Override,
}

impl From<Place> for Source {
    fn from(place: Place) -> Self {
        match place {
            Place::File { path, line, .. } => Self::LocalYaml { path, line },
            Place::Tag { key } => Self::Tag { key },
            Place::Environment { variable } => Self::Environment { variable },
            Place::Flag { flag } => Self::Flag { flag },
            Place::Override => Self::Override,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::LocalYaml { path, line } => write!(f, "{}:{line}", plain(path)),
            Self::Tag { key } => write!(f, "tag {}", plain(key)),
            Self::Environment { variable } => write!(f, "environment variable {}", plain(variable)),
            Self::Flag { flag } => write!(f, "flag {}", plain(flag)),
            Self::Override => f.write_str("override"),
        }
    }
}

/// All that `config explain` says about one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The key.
    pub key: &'static Key,
    /// The value in force.
    pub value: String,
    /// Where it came from.
    pub source: Source,
    /// What it overrode, strongest first, down to the default.
    pub overrode: Vec<(Source, String)>,
    /// What else bears on the value: a ceiling, a variable that was not used.
    pub notes: Vec<String>,
}

/// Settings with the history of each value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The values in force.
    pub settings: Settings,
    /// One for each key, in the order of [`keys`].
    pub(crate) explanations: Vec<Explanation>,
}

impl Resolved {
    /// The value of one key as text.
    ///
    /// # Errors
    /// If there is no such key; the error names the likeliest.
    pub fn get(&self, key: &str) -> Result<String, UnknownKey> {
        self.explain(key).map(|explanation| explanation.value)
    }

    /// Name, value and source of every key, in the order of the table.
    #[must_use]
    pub fn list(&self) -> Vec<(&'static str, String, Source)> {
        self.explanations.iter().map(|one| (one.key.name, one.value.clone(), one.source.clone())).collect()
    }

    /// The value of one key, where it came from and what it overrode.
    ///
    /// # Errors
    /// If there is no such key; the error names the likeliest.
    pub fn explain(&self, key: &str) -> Result<Explanation, UnknownKey> {
        let wanted = Key::named(key)?;
        let position = keys().iter().position(|known| known.name == wanted.name);
        let explanation = position.and_then(|position| self.explanations.get(position));
        Ok(explanation.expect("`resolve` explains every key of the table").clone())
    }
}
