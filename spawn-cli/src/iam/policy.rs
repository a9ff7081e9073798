//! `spawn iam policy`: prints the least policy. No call is made.

use super::options::PolicyOptions;
use crate::args::Global;
use crate::exit::{Exit, UsageError};
use crate::show;
use anyhow::Result;
use spawn_cloud::permissions::{Scope, policy, trust};
use spawn_host::World;

pub(super) fn run(global: &Global, options: &PolicyOptions, world: &World) -> Result<Exit> {
    let data = options.rights.data.clone();
    let scope = Scope {
        role_name: options.name.clone(),
        buckets: data.buckets,
        hooks: data.hooks,
        ..scope(global, options.account.clone(), world)?
    };
    if options.trust {
        show::json(&trust(&scope))?;
        return Ok(Exit::Success);
    }
    show::data(&policy(options.rights.role(), &options.rights.features()?, &scope).pretty())?;
    Ok(Exit::Success)
}

/// A region that was named narrows the policy; the one of the environment tells the partition only.
pub(super) fn scope(global: &Global, account: Option<String>, world: &World) -> Result<Scope, UsageError> {
    let region = match global.regions.as_slice() {
        [] => None,
        [region] => Some(region.clone()),
        [..] => return Err(UsageError::Other("give one --region: a policy is for one or for all".to_owned())),
    };
    let around = region.as_deref().or_else(|| world.variable("AWS_REGION"));
    let around = around.or_else(|| world.variable("AWS_DEFAULT_REGION"));
    let mut scope = Scope { account, ..Scope::default() };
    if let Some(around) = around {
        scope.partition = Scope::partition_of(around).to_owned();
    }
    if let Some(table) = world.variable("SPAWN_TABLE") {
        scope.table = table.to_owned();
    }
    Ok(Scope { region, ..scope })
}
