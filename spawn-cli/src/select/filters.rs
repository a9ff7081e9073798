//! What instances must be like: the flags that every command has that works on several.

use clap::{Args, ValueEnum};
use spawn_cloud::instances::{Criteria, Instance};
use spawn_config::tags;
use wildmatch::WildMatch;

/// What instances must be like; all that is given must hold.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Filters {
    /// Instances of this job array.
    #[arg(long, value_name = "ID")]
    pub(crate) array: Option<String>,
    /// Instances with this tag; may be given many times.
    #[arg(long = "tag", value_name = "KEY[=VALUE]", value_parser = tag)]
    pub(crate) tags: Vec<(String, Option<String>)>,
    /// Instances in this state; may be given many times.
    #[arg(long, value_enum)]
    pub(crate) state: Vec<State>,
    /// Instances of this type; may be a pattern such as 't3.*', and may be given many times.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
}

/// EC2's states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
}

impl State {
    /// The states of an instance that is there or on its way.
    pub(crate) const LIVE: [Self; 4] = [Self::Pending, Self::Running, Self::Stopping, Self::Stopped];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
        }
    }
}

impl Filters {
    pub(super) fn is_empty(&self) -> bool {
        let Self { array, tags, state, types } = self;
        array.is_none() && tags.is_empty() && state.is_empty() && types.is_empty()
    }

    /// As AWS is asked; instances that have ended are left out unless their state is asked for or `ended` are wanted.
    pub(crate) fn criteria(&self, names: Vec<String>, ended: bool) -> Criteria {
        let states: &[State] = match self.state.as_slice() {
            [] if ended => &[],
            [] => &State::LIVE,
            asked => asked,
        };
        Criteria {
            names,
            arrays: self.array.iter().cloned().collect(),
            tags: self.tags.clone(),
            states: states.iter().map(|state| state.word().to_owned()).collect(),
            // Patterns are ours to match: not every server that speaks EC2 knows them here.
            types: if self.types.iter().any(|kind| is_pattern(kind)) { Vec::new() } else { self.types.clone() },
        }
    }

    /// Whether the instance is as described.
    pub(crate) fn describe(&self, instance: &Instance) -> bool {
        let tag = |key: &str| instance.tags.get(key);
        let globbed = |pattern: &String| WildMatch::new(pattern).matches(&instance.instance_type);
        self.array.as_ref().is_none_or(|array| tag(tags::ARRAY_ID) == Some(array))
            && self
                .tags
                .iter()
                .all(|(key, value)| tag(key).is_some_and(|is| value.as_ref().is_none_or(|value| value == is)))
            && (self.state.is_empty() || self.state.iter().any(|state| state.word() == instance.state))
            && (self.types.is_empty() || self.types.iter().any(globbed))
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn tag(text: &str) -> Result<(String, Option<String>), String> {
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key, Some(value.to_owned())),
        None => (text, None),
    };
    if key.is_empty() { Err("a tag is KEY or KEY=VALUE".to_owned()) } else { Ok((key.to_owned(), value)) }
}
