//! Where the agent of a launch comes from: the account's bucket, and there, if need be, from this machine.

use super::plan::Plan;
use crate::agent_file::AgentFile;
use crate::exit::UsageError;
use crate::progress::Progress;
use crate::session::Session;
use crate::setup;
use crate::show;
use crate::user_data::Agent;
use anyhow::{Context, Result, bail};
use spawn_cloud::agent_bucket::{AgentBucket, AgentObject, Setup};
use spawn_cloud::{Caller, TableState};
use spawn_host::World;
use std::time::Duration;

/// The agent's version is that of spawn.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long an instance without credentials may take to fetch its agent.
const LINK_HOLDS: Duration = Duration::from_secs(60 * 60);
/// The registry is a convenience: a launch does not wait longer for it than this.
const REGISTRY_TIMEOUT: Duration = Duration::from_secs(40);

/// An agent that an instance can fetch.
#[derive(Debug)]
pub(super) struct Brought {
    pub(super) agent: Agent,
    /// Instance profile of the launch.
    pub(super) profile: Option<String>,
    /// Seconds that the agent's link holds, where there is one.
    pub(super) link_holds: Option<i64>,
}

pub(super) async fn bring(
    session: &Session,
    caller: &Caller,
    plan: &Plan,
    local: &[AgentFile],
    world: &World,
    progress: &Progress,
) -> Result<Brought> {
    let region = session.clients.region().unwrap_or_default();
    let bucket = AgentBucket::new(session.clients.s3().clone(), caller, region);
    progress.step(&format!("looking for the agent in s3://{}", bucket.name()));
    let setup = bucket.setup().await.context("failed to look for the agent; --no-agent launches without one")?;
    let object = object(&bucket, &setup, plan, local, progress).await?;
    if !plan.request.dry_run {
        prepare_registry(session, progress, plan.array.is_some()).await?;
    }
    let profile = plan.request.instance_profile.clone().or(setup.instance_profile);
    let mut link = None;
    if profile.is_none() {
        show::message(
            "no instance profile: the agent will not be able to register, to send traces to X-Ray, or to tell EC2 to end \
             the instance; run `spawn setup`, which makes one, or name one with --iam-instance-profile",
        );
        link = Some(bucket.link(&object.key, LINK_HOLDS).await?);
    }
    let link_holds = link.is_some().then_some(LINK_HOLDS.as_secs()).and_then(|seconds| i64::try_from(seconds).ok());
    let agent = Agent {
        region: region.to_owned(),
        account: caller.account.clone(),
        bucket: bucket.name().to_owned(),
        url: bucket.url(&object.key),
        key: object.key,
        sha256: object.sha256,
        link,
        table: world.variable("SPAWN_TABLE").map(str::to_owned),
    };
    Ok(Brought { agent, profile, link_holds })
}

/// The agent in the bucket. Where this machine has one, that one is meant, by its own checksum; it is uploaded when the
/// bucket lacks it.
async fn object(
    bucket: &AgentBucket,
    setup: &Setup,
    plan: &Plan,
    local: &[AgentFile],
    progress: &Progress,
) -> Result<AgentObject> {
    let architecture = plan.architecture;
    let known = setup.agent(VERSION, architecture);
    match (local.iter().find(|agent| agent.architecture == architecture), known) {
        (Some(file), _) if plan.request.dry_run => Ok(file.object(VERSION)?),
        (Some(file), _) => {
            let object = setup::checksum(file).await?;
            if known != Some(&object) || !bucket.has(&object.key).await? {
                setup::upload(bucket, file, &object, progress).await?;
                // The first agent of a version is the one for all; a developer's own does not take its place.
                let first = |setup: &mut Setup| {
                    if setup.agent(VERSION, architecture).is_none() {
                        setup.note(VERSION, architecture, object.clone());
                    }
                };
                bucket.change_setup(first).await?;
            }
            Ok(object)
        }
        (None, Some(object)) => Ok(object.clone()),
        (None, None) => Err(UsageError::Other(format!(
            "there is no agent {VERSION} for {architecture}, neither in s3://{} nor beside this program: run `spawn setup \
             --agent FILE` with a `spored` built for {architecture}, or add --no-agent",
            bucket.name()
        ))
        .into()),
    }
}

/// Makes the agents' table where it is absent. A user who may not do that still gets instances, but no job array.
async fn prepare_registry(session: &Session, progress: &Progress, needed: bool) -> Result<()> {
    progress.step(&format!("checking table {}", session.registry.table()));
    match tokio::time::timeout(REGISTRY_TIMEOUT, session.registry.ensure()).await {
        Ok(Ok(TableState::Present)) => {}
        Ok(Ok(TableState::Created)) => progress.step(&format!("created table {}", session.registry.table())),
        Ok(Err(error)) if needed => return Err(error).context("failed to find or make the table of job arrays"),
        Err(_) if needed => bail!("failed to find or make the table of job arrays: DynamoDB does not answer"),
        Ok(Err(error)) => show::message(&format!("agents will not be able to register: {error}")),
        Err(_) => show::message("agents may not be able to register: DynamoDB does not answer"),
    }
    Ok(())
}
