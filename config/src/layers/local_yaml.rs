//! `local.yaml`: a tree of YAML, walked along the paths of the key table.

use std::collections::BTreeMap;

use super::node::{Kind, Node};
use super::{Entry, node};
use crate::escape::{did_you_mean, plain, quoted};
use crate::key::{Key, Raw, keys};
use crate::{ConfigError, Grammar, Place};

/// A complete file has 2 KB. What is larger is not a configuration, and would be parsed by a root daemon.
const LARGEST: usize = 1024 * 1024;

/// Checks size and encoding.
pub(super) fn decode<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str, ConfigError> {
    check_size(path, bytes.len())?;
    std::str::from_utf8(bytes).map_err(|error| {
        let read = &bytes[..error.valid_up_to()];
        let line_start = read.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let lines = read.iter().filter(|byte| **byte == b'\n').count();
        let characters = String::from_utf8_lossy(&read[line_start..]).chars().count();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        ConfigError::Syntax {
            place: Place::File { path: path.to_owned(), line: count(lines + 1), column: count(characters + 1) },
            problem: "not UTF-8: save the file in that encoding".to_owned(),
        }
    })
}

fn check_size(path: &str, bytes: usize) -> Result<(), ConfigError> {
    if bytes > LARGEST {
        return Err(ConfigError::TooLarge { path: plain(path), limit: LARGEST });
    }
    Ok(())
}

/// The values of the file, in its order.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Entry>, ConfigError> {
    check_size(path, text.len())?;
    let root = node::parse(path, text)?;
    let mut walk = Walk { file: path, entries: Vec::new() };
    walk.group(&root, "")?;
    Ok(walk.entries)
}

struct Walk<'a> {
    file: &'a str,
    entries: Vec<Entry>,
}

impl Walk<'_> {
    /// A mapping whose keys are the next steps of paths. `prefix` is empty or ends with a dot.
    fn group(&mut self, node: &Node, prefix: &str) -> Result<(), ConfigError> {
        let pairs = match &node.kind {
            // `tracing:` with nothing or only comments below it.
            Kind::Null => return Ok(()),
            Kind::Map(pairs) => pairs,
            kind => {
                let steps = steps(prefix);
                return Err(ConfigError::Value {
                    place: self.place(node),
                    key: if prefix.is_empty() {
                        "the file".to_owned()
                    } else {
                        prefix.trim_end_matches('.').to_owned()
                    },
                    read: kind.quote(),
                    expected: format!("expected a mapping with the keys {}", steps.join(", ")),
                });
            }
        };
        for (name, value) in pairs {
            let (Kind::Plain(step) | Kind::Quoted(step)) = &name.kind else {
                return Err(ConfigError::Syntax {
                    place: self.place(name),
                    problem: format!("a key is one word, not {}", name.kind.quote()),
                });
            };
            let path = format!("{prefix}{step}");
            if let Some(key) = keys().iter().find(|key| key.path == Some(&path)) {
                self.leaf(key, &path, value)?;
            } else if steps(&format!("{path}.")).is_empty() {
                return Err(self.unknown(name, prefix, step));
            } else {
                self.group(value, &format!("{path}."))?;
            }
        }
        Ok(())
    }

    fn leaf(&mut self, key: &'static Key, path: &str, node: &Node) -> Result<(), ConfigError> {
        // A key without a value leaves it at the default, as a group without keys does.
        if matches!(node.kind, Kind::Null) {
            return Ok(());
        }
        let place = self.place(node);
        let raw = raw(key.grammar, &node.kind).map_err(|expected| ConfigError::Value {
            place: place.clone(),
            key: path.to_owned(),
            read: if key.grammar == Grammar::Secrets { "[redacted]".to_owned() } else { node.kind.quote() },
            expected: format!("expected {expected}"),
        })?;
        self.entries.push(Entry::checked(key, path, place, raw)?);
        Ok(())
    }

    fn unknown(&self, name: &Node, prefix: &str, step: &str) -> ConfigError {
        let known = steps(prefix);
        let elsewhere = || keys().iter().filter_map(|key| key.path).find(|path| path.rsplit('.').next() == Some(step));
        let remedy = match did_you_mean(step, known.iter().copied()).or_else(elsewhere) {
            Some(meant) => format!(" (did you mean `{meant}`?)"),
            None => format!("; known here: {}", known.join(", ")),
        };
        ConfigError::UnknownKey { place: self.place(name), key: format!("{prefix}{}", plain(step)), remedy }
    }

    fn place(&self, node: &Node) -> Place {
        Place::File { path: self.file.to_owned(), line: node.line, column: node.column }
    }
}

/// The steps that paths take after the prefix, each once, in the table's order.
fn steps(prefix: &str) -> Vec<&'static str> {
    let mut steps: Vec<_> = keys()
        .iter()
        .filter_map(|key| key.path?.strip_prefix(prefix))
        .filter_map(|rest| rest.split('.').next())
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    steps.retain(|step| seen.insert(*step));
    steps
}

/// The value in the form that the grammar wants, or the form that it wants.
fn raw(grammar: Grammar, kind: &Kind) -> Result<Raw, &'static str> {
    match (grammar, kind) {
        (Grammar::Truth, Kind::Quoted(_)) => Err("`true` or `false` without quotes"),
        (Grammar::Share, Kind::Quoted(_)) => Err("a decimal number from 0.0 to 1.0 without quotes"),
        (Grammar::Percent, Kind::Quoted(_)) => Err("a decimal number from 0 to 100 without quotes"),
        (Grammar::Whole, Kind::Quoted(_)) => Err("a whole number from 0 without quotes"),
        (Grammar::Slots, Kind::Quoted(_)) => Err("a whole number from 1 to 1024 without quotes"),
        (Grammar::Map | Grammar::Secrets, Kind::Map(pairs)) => {
            let pair = |(name, value): &(Node, Node)| Some((name.kind.text()?, value.kind.text()?));
            let map: Option<BTreeMap<_, _>> = pairs.iter().map(pair).collect();
            map.map(Raw::Map).ok_or("a mapping of keys to single values")
        }
        (Grammar::Map | Grammar::Secrets, _) => Err("a mapping of keys to single values"),
        (Grammar::List, Kind::List(items)) => {
            let items: Option<Vec<_>> = items.iter().map(|item| item.kind.text()).collect();
            items.map(Raw::List).ok_or("a list of single values")
        }
        (Grammar::List, _) => Err("a list, such as [one, two]"),
        (_, kind) => kind.text().map(Raw::Text).ok_or("a single value"),
    }
}

impl Kind {
    /// The text of a scalar.
    fn text(&self) -> Option<String> {
        match self {
            Self::Plain(text) | Self::Quoted(text) => Some(text.clone()),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The value for a message.
    fn quote(&self) -> String {
        match self {
            Self::Null => "empty".to_owned(),
            Self::Plain(text) | Self::Quoted(text) => quoted(text),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
        }
    }
}
