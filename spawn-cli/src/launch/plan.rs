//! From the command line to the order: pure, so that what is wrong is refused before any call.

use super::own_tags;
use crate::args::LaunchOptions;
use crate::exit::UsageError;
use anyhow::Result;
use spawn_cloud::instances::{LaunchRequest, default_image};
use spawn_config::{ConfigError, Layers, tags};
use std::collections::BTreeMap;

/// Tag that AWS's consoles show as the name.
const NAME: &str = "Name";

/// A launch that has passed every check that needs no call.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) request: LaunchRequest,
}

pub(super) fn plan(options: &LaunchOptions) -> Result<Plan> {
    let given = given_tags(options)?;
    let mut all = own_tags();
    all.extend(given);
    // One more than these: the trace context, added when there is one.
    tags::validate_count(all.len() + 1).map_err(UsageError::Tag)?;
    let request = LaunchRequest {
        image: options.ami.clone().unwrap_or_else(|| default_image(&options.instance_type)),
        instance_type: options.instance_type.clone(),
        count: options.count,
        spot: options.spot,
        tags: all,
        instance_profile: options.iam_instance_profile.clone(),
        client_token: client_token(),
        dry_run: options.dry_run,
    };
    Ok(Plan { request })
}

impl Plan {
    /// The settings of this launch's own trace: the tags of the instances count for it too, so that the story begins
    /// at the terminal.
    pub(super) fn settings(&self, layers: Layers) -> Result<Layers, UsageError> {
        layers.tags(self.request.tags.clone()).map_err(UsageError::Tag)
    }
}

/// The user's tags with those that flags stand for; one thing said twice must be said alike.
fn given_tags(options: &LaunchOptions) -> Result<BTreeMap<String, String>, UsageError> {
    let mut given = BTreeMap::new();
    let flags = [(NAME, options.name.clone()), (tags::TTL, options.ttl.map(|ttl| ttl.to_string()))];
    let pairs = options.tags.iter().map(|pair| tags::parse_pair(pair));
    let pairs = pairs.collect::<Result<Vec<(String, String)>, ConfigError>>().map_err(UsageError::Tag)?;
    let flags = flags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    for (key, value) in pairs.into_iter().chain(flags) {
        tags::validate_user_tag(&key, &value).map_err(UsageError::Tag)?;
        let before = given.insert(key.clone(), value.clone());
        if before.is_some_and(|before| before != value) {
            return Err(UsageError::Other(format!("the tag {key} is given twice with different values: keep one")));
        }
    }
    Ok(given)
}

/// Random, so that each launch is its own order, while the SDK's retries of it are not.
fn client_token() -> String {
    format!("spawn-{:032x}", fastrand::u128(..))
}
