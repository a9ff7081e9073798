//! Which instances a command is about: by id, by name or pattern, by array, tag, state or type.

mod filters;
mod target;

pub(crate) use filters::{Filters, State};
pub(crate) use target::{Target, parse as parse_target};

use crate::exit::UsageError;
use crate::fleet::{id_and_name, name};
use crate::session::Session;
use anyhow::{Result, bail};
use clap::Args;
use spawn_cloud::instances::{self, Filter, Instance};
use spawn_config::tags;
use std::collections::BTreeMap;

/// Ids of one DescribeInstances call, at most: more make its answer slow.
const IDS_PER_CALL: usize = 500;

/// Instances by name and by what they are like.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Selection {
    /// Ids (i-…) or names; a name may be a pattern such as 'web-*'.
    #[arg(value_name = "INSTANCE", value_parser = parse_target)]
    pub(crate) targets: Vec<Target>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// All instances in the region that spawn launched.
    #[arg(long, conflicts_with = "targets")]
    pub(crate) all: bool,
}

impl Selection {
    /// Refuses a command line that chooses nothing: no command means everything by saying nothing.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        if self.targets.is_empty() && self.filters.is_empty() && !self.all {
            let rule = "no instances chosen: name them by id or name, choose by --array, --tag, --state or --type, or say --all";
            return Err(UsageError::Other(rule.to_owned()));
        }
        Ok(())
    }

    /// The instances, each once, the oldest first.
    pub(crate) async fn find(&self, session: &Session) -> Result<Vec<Instance>> {
        let ids: Vec<String> = self.targets.iter().filter_map(Target::id).map(str::to_owned).collect();
        let names: Vec<&Target> = self.targets.iter().filter(|target| target.id().is_none()).collect();
        let mut found = Vec::new();
        if !ids.is_empty() {
            found.extend(by_id(session, &ids).await?.into_iter().filter(|one| self.filters.describe(one)));
        }
        if !names.is_empty() || self.targets.is_empty() {
            let patterns = names.iter().map(|target| target.pattern().to_owned()).collect();
            let filter = Filter::Matching(self.filters.criteria(patterns, false));
            let listed = instances::list(session.clients.ec2(), &filter).await?;
            for target in names {
                target.check(listed.iter().filter(|one| target.means(name(one))))?;
            }
            found.extend(listed.into_iter().filter(|one| self.filters.describe(one)));
        }
        let by_id: BTreeMap<String, Instance> = found.into_iter().map(|one| (one.instance_id.clone(), one)).collect();
        let mut instances: Vec<Instance> = by_id.into_values().collect();
        instances.sort_by(|one, other| one.launched_at.cmp(&other.launched_at));
        Ok(instances)
    }
}

/// The one instance that a command is about.
pub(crate) async fn one(session: &Session, target: &Target) -> Result<Instance> {
    let selection = Selection { targets: vec![target.clone()], ..Selection::default() };
    let mut found = selection.find(session).await?.into_iter();
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some(first), Some(second)) => {
            let candidates: Vec<String> =
                [first, second].into_iter().chain(found).map(|one| id_and_name(&one)).collect();
            let several = format!("{target} means several instances, and one is wanted: {}", candidates.join(", "));
            Err(UsageError::Other(several).into())
        }
        (None, _) => bail!("no instance is {target}; `spawn list` shows those that there are"),
    }
}

async fn by_id(session: &Session, ids: &[String]) -> Result<Vec<Instance>> {
    let mut found = Vec::new();
    for some in ids.chunks(IDS_PER_CALL) {
        match instances::list(session.clients.ec2(), &Filter::Ids(some.to_vec())).await {
            Ok(some) => found.extend(some),
            Err(error) if error.code() == Some("InvalidInstanceID.NotFound") => {
                let region = session.clients.region().unwrap_or_default();
                let hint = format!("not in this account in {region}: `spawn list --all-regions` looks in every region");
                return Err(anyhow::Error::new(error).context(hint));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let strangers: Vec<String> = found.iter().filter(|one| !is_managed(one)).map(id_and_name).collect();
    if !strangers.is_empty() {
        let (tag, named) = (tags::MANAGED, strangers.join(", "));
        bail!("spawn did not launch {named} (no tag {tag}=true): use the EC2 console or the AWS CLI for it");
    }
    Ok(found)
}

fn is_managed(instance: &Instance) -> bool {
    instance.tags.get(tags::MANAGED).is_some_and(|value| value == "true")
}
