//! What a key is: every spelling of it, its default, its grammar, and the field of [`Settings`] that it fills.

mod field;
mod readers;
mod table;

use crate::escape::{did_you_mean, plain};
use crate::{Settings, ValueError};

pub(crate) use field::Raw;
pub use table::keys;

/// One row of the table.
#[derive(Clone, Copy)]
pub struct Key {
    /// Name in `config get`.
    pub name: &'static str,
    /// EC2 tag, if a tag may set it.
    pub tag: Option<&'static str>,
    /// Path in `local.yaml` from the root, with dots, if the file may set it.
    pub path: Option<&'static str>,
    /// Environment variables, strongest first.
    pub env: &'static [&'static str],
    /// The default, as [`Key::show`] prints it.
    pub default: &'static str,
    /// The form of the value.
    pub grammar: Grammar,
    /// What the key does, in one sentence.
    pub sentence: &'static str,
    read: fn(&mut Settings, &Raw) -> Result<(), ValueError>,
    show: fn(&Settings) -> String,
}

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// `true` or `false`.
    Truth,
    /// A decimal number from 0.0 to 1.0.
    Share,
    /// A decimal number from 0 to 100.
    Percent,
    /// A whole number from 0.
    Whole,
    /// A whole number from 1 to 1024.
    Slots,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An `http` or `https` address; empty is unset.
    Endpoint,
    /// An RFC 3339 instant; empty is unset.
    Instant,
    /// A span of time such as `1h30m`; empty is unset.
    Span,
    /// A span of time such as `10s` or `250ms`.
    Timeout,
    /// Any text without control characters; empty is unset.
    Text,
    /// Like `Text`; `auto` is unset and the agent finds out.
    Auto,
    /// Keys with values.
    Map,
    /// Keys with values that are secret.
    Secrets,
    /// Several texts.
    List,
}

impl Key {
    /// The key of that name.
    ///
    /// # Errors
    /// If there is none; the error names the likeliest.
    pub fn named(name: &str) -> Result<&'static Self, UnknownKey> {
        keys().iter().find(|key| key.name == name).ok_or_else(|| UnknownKey {
            name: plain(name),
            suggestion: did_you_mean(name, keys().iter().map(|key| key.name)),
        })
    }

    /// The value in these settings as text: what a tag or a variable would say. Secrets are left out of it.
    #[must_use]
    pub fn show(&self, settings: &Settings) -> String {
        let text = (self.show)(settings);
        if self.grammar == Grammar::Auto && text.is_empty() { "auto".to_owned() } else { text }
    }

    /// Puts a value into its field, or says what would do.
    pub(crate) fn read(&self, settings: &mut Settings, raw: &Raw) -> Result<(), ValueError> {
        match raw {
            Raw::Text(text) if self.grammar == Grammar::Auto && text == "auto" => (self.read)(settings, &Raw::unset()),
            raw => (self.read)(settings, raw),
        }
    }

    /// Whether the value would be taken.
    pub(crate) fn check(&self, raw: &Raw) -> Result<(), ValueError> {
        self.read(&mut Settings::default(), raw)
    }
}

impl PartialEq for Key {
    /// Names are unique, so the name is the key.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Key {}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.name).finish()
    }
}

/// A key that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown key {name}{}", match suggestion {
    Some(known) => format!(" (did you mean `{known}`?)"),
    None => "; `config list` shows all keys".to_owned(),
})]
pub struct UnknownKey {
    /// What was asked for, escaped and cut.
    pub name: String,
    /// The key that was probably meant.
    pub suggestion: Option<&'static str>,
}
