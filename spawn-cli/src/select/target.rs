//! One word for an instance: an id, a name, or a pattern of names.

use crate::exit::UsageError;
use crate::fleet::id_and_name;
use anyhow::Result;
use spawn_cloud::instances::Instance;
use std::fmt;
use wildmatch::WildMatch;

/// Beginning of every instance id, and of no name that spawn takes for one.
const ID: &str = "i-";

/// What a word on the command line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The instance of this id.
    Id(String),
    /// The instance of exactly this name.
    Name(String),
    /// All instances whose names match.
    Pattern(String),
}

/// Reads a word; one that begins as an id must be one, or it would cost a call to be refused.
pub(crate) fn parse(text: &str) -> Result<Target, String> {
    if let Some(digits) = text.strip_prefix(ID) {
        let sound = matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let rule = "an instance id is i- and 17 hexadecimal digits; `spawn list` shows them";
        return if sound { Ok(Target::Id(text.to_owned())) } else { Err(rule.to_owned()) };
    }
    match text {
        "" => Err("a name is empty: `spawn list` shows ids and names".to_owned()),
        pattern if pattern.contains(['*', '?']) => Ok(Target::Pattern(pattern.to_owned())),
        name => Ok(Target::Name(name.to_owned())),
    }
}

impl Target {
    /// The id, if it is one.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Id(id) => Some(id),
            Self::Name(_) | Self::Pattern(_) => None,
        }
    }

    /// The pattern to ask EC2 for.
    pub(crate) fn pattern(&self) -> &str {
        match self {
            Self::Id(text) | Self::Name(text) | Self::Pattern(text) => text,
        }
    }

    /// Whether an instance of this id and name is meant.
    pub(crate) fn is(&self, id: &str, name: Option<&str>) -> bool {
        self.id() == Some(id) || self.means(name)
    }

    /// Whether an instance of this name is meant.
    pub(super) fn means(&self, name: Option<&str>) -> bool {
        match self {
            Self::Id(_) => false,
            Self::Name(wanted) => name == Some(wanted),
            Self::Pattern(pattern) => name.is_some_and(|name| WildMatch::new(pattern).matches(name)),
        }
    }

    /// Refuses a name that nothing has, or that more than one has: the second may be somebody else's.
    pub(super) fn check<'a>(&self, meant: impl Iterator<Item = &'a Instance>) -> Result<()> {
        let meant: Vec<&Instance> = meant.collect();
        match (self, meant.as_slice()) {
            (_, []) => anyhow::bail!("no instance has {self}; `spawn list` shows those that there are"),
            (Self::Name(name), [_, _, ..]) => {
                let candidates: Vec<String> = meant.iter().map(|one| id_and_name(one)).collect();
                Err(UsageError::Other(format!(
                    "{} instances have {self}: give the id of the one that you mean, or '{name}*' for all: {}",
                    meant.len(),
                    candidates.join(", ")
                ))
                .into())
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::Name(name) => write!(f, "the name {name}"),
            Self::Pattern(pattern) => write!(f, "a name like {pattern}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_none_is_refused_before_any_call() {
        for sound in ["i-0123456789abcdef0", "i-1234abcd"] {
            assert_eq!(parse(sound), Ok(Target::Id(sound.to_owned())));
        }
        for wrong in ["", "i-", "i-xyz", "i-0123456789abcdef01", "i-0"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_means_itself_and_a_pattern_all_that_match() {
        let means = |target: &str, name: &str| parse(target).unwrap().means(Some(name));
        assert_eq!((means("web", "web"), means("web", "web-1"), means("web", "Web")), (true, false, false));
        assert_eq!((means("web-*", "web-1"), means("web-?", "web-10"), means("*", "")), (true, false, true));
        assert!(!parse("*").unwrap().means(None));
    }
}
