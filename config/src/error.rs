//! What can be wrong with a configuration, and where.

use std::fmt;

use crate::escape::plain;

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file; line and column count from 1.
    File {
        /// The file as the caller named it.
        path: String,
        /// The line.
        line: u64,
        /// The column, in characters.
        column: u64,
    },
    /// In an EC2 tag.
    Tag {
        /// The tag's key.
        key: String,
    },
    /// In an environment variable.
    Environment {
        /// The variable's name.
        variable: String,
    },
    /// In a flag of the command line.
    Flag {
        /// The flag as it was written.
        flag: String,
    },
    /// Given to the running agent.
    Override,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", plain(path)),
            Self::Tag { key } => write!(f, "tag {}", plain(key)),
            Self::Environment { variable } => write!(f, "environment variable {}", plain(variable)),
            Self::Flag { flag } => write!(f, "flag {}", plain(flag)),
            Self::Override => f.write_str("override"),
        }
    }
}

/// A configuration that cannot be used. Each message names the place, the key, what was read, and what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value that its key does not take.
    #[error("{place}: {key} cannot be {read}: {expected}")]
    Value {
        /// Where it was written.
        place: Place,
        /// The key, as that place spells it.
        key: String,
        /// What was written there, escaped and cut; `[redacted]` where it may be a secret.
        read: String,
        /// What would do.
        expected: String,
    },
    /// A value that is fine as such, but not from this place.
    #[error("{place}: {key} cannot be {read} from here: {reason}")]
    Refused {
        /// Where it was written.
        place: Place,
        /// The key.
        key: String,
        /// What was written there.
        read: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// A key that does not exist.
    #[error("{place}: unknown key {key}{remedy}")]
    UnknownKey {
        /// Where it was written.
        place: Place,
        /// The key, as that place spells it.
        key: String,
        /// The key that was probably meant, or those that exist.
        remedy: String,
    },
    /// A file that is no YAML, or YAML of a form that settings do not use.
    #[error("{place}: {problem}")]
    Syntax {
        /// Where reading stopped.
        place: Place,
        /// What is wrong there, and what to do.
        problem: String,
    },
    /// A file larger than settings ever are.
    #[error("{path} is larger than the {limit} bytes that a configuration may have: is it the right file?")]
    TooLarge {
        /// The file.
        path: String,
        /// The largest size that is read.
        limit: usize,
    },
    /// A tag that EC2 or instance metadata would not take.
    #[error("tag {key}: {problem}")]
    Tag {
        /// The tag's key, escaped and cut.
        key: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// More tags than EC2 takes.
    #[error("{count} tags with those that spawn adds, more than the {limit} that EC2 takes: leave out {}", count - limit)]
    TooManyTags {
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}
