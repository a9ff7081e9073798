//! `spawn setup`: what launches need in an account and region, made once: bucket, agents, table, role.

mod report;

use crate::agent_file::{self, AgentFile};
use crate::args::{Global, Output};
use crate::exit::{Exit, UsageError};
use crate::progress::Progress;
use crate::session::Session;
use crate::show;
use anyhow::Result;
use clap::Args;
use opentelemetry::KeyValue;
use report::{AgentReport, Report};
use spawn_cloud::agent_bucket::{AgentBucket, AgentObject, BucketState, Setup, Uploaded};
use spawn_cloud::iam::{self, AgentRole, Foreign};
use spawn_cloud::permissions::Scope;
use spawn_cloud::{Caller, TableState};
use spawn_host::World;
use std::path::PathBuf;

/// The agent's version is that of spawn.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The command line of `spawn setup`.
#[derive(Debug, Args)]
pub(crate) struct SetupOptions {
    /// Agent to upload, one for each architecture; by default $SPAWN_AGENT, else the `spored` beside this program.
    #[arg(long = "agent", value_name = "FILE")]
    agents: Vec<PathBuf>,
    /// Leave out the role and the instance profile that give agents their rights.
    #[arg(long)]
    no_iam: bool,
    /// Say what would be made, and make nothing.
    #[arg(long)]
    dry_run: bool,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

pub(crate) async fn run(global: Global, options: SetupOptions, world: &World) -> Result<Exit> {
    let SetupOptions { agents, no_iam, dry_run, output } = options;
    let agents = agent_file::local(world, &agents)?;
    if agents.is_empty() {
        let hint = "there is no agent to upload: name one with --agent, a `spored` built for Linux";
        return Err(UsageError::Other(hint.to_owned()).into());
    }
    let attributes = vec![KeyValue::new("spawn.command", "setup"), KeyValue::new("spawn.setup.dry_run", dry_run)];
    let session = Session::open("spawn setup", global, world, world.settings()?, attributes).await?;
    let progress = Progress::start();
    let work = async {
        let caller = spawn_cloud::caller(session.clients.sts()).await?;
        let steps = Steps { session: &session, caller: &caller, progress: &progress, iam: !no_iam };
        if dry_run { steps.look(&agents).await } else { steps.make(&agents).await }
    };
    let done = session.run(work).await;
    progress.finish();
    if let Some(undelivered) = session.close().await {
        show::message(&undelivered);
    }
    let Some(report) = done? else {
        show::message("interrupted: run `spawn setup` again, it goes on where it was");
        return Ok(Exit::Interrupted);
    };
    match output {
        Output::Table => show::data(&report.lines())?,
        for_programs => for_programs.write(&report)?,
    }
    Ok(Exit::Success)
}

/// The checksum of an agent; a large file is read beside the runtime, so that Ctrl-C is heard.
pub(crate) async fn checksum(file: &AgentFile) -> Result<AgentObject> {
    let file = file.clone();
    Ok(tokio::task::spawn_blocking(move || file.object(VERSION)).await??)
}

/// Brings an agent to the bucket, which is made where it is absent.
pub(crate) async fn upload(
    bucket: &AgentBucket,
    file: &AgentFile,
    object: &AgentObject,
    progress: &Progress,
) -> Result<Uploaded> {
    if bucket.ensure().await? == BucketState::Created {
        progress.step(&format!("created bucket {}", bucket.name()));
    }
    let megabytes = object.size.div_ceil(1_000_000);
    progress.step(&format!("uploading {} for {} ({megabytes} MB)", file.path.display(), file.architecture));
    Ok(bucket.upload(object, &file.path).await?)
}

/// The steps of a setup.
struct Steps<'a> {
    session: &'a Session,
    caller: &'a Caller,
    progress: &'a Progress,
    /// Whether the role is a part of it.
    iam: bool,
}

impl Steps<'_> {
    fn bucket(&self) -> AgentBucket {
        let region = self.session.clients.region().unwrap_or_default();
        AgentBucket::new(self.session.clients.s3().clone(), self.caller, region)
    }

    /// What there is and what would be made.
    async fn look(&self, agents: &[AgentFile]) -> Result<Report> {
        let bucket = self.bucket();
        let there = bucket.exists().await?;
        let setup = if there { bucket.setup().await? } else { Setup::default() };
        let mut reports = Vec::new();
        for file in agents {
            let object = checksum(file).await?;
            let state = if there && bucket.has(&object.key).await? { "present" } else { "would be uploaded" };
            reports.push(AgentReport { version: VERSION, architecture: file.architecture, state, object });
        }
        let table_state = if self.session.registry.exists().await? { "present" } else { "would be created" };
        let bucket_state = if there { "present" } else { "would be created" };
        let mut report = self.report(&bucket, bucket_state, reports, table_state);
        report.instance_profile = setup.instance_profile;
        if self.iam {
            let role = self.role();
            let plan = iam::plan_role(self.session.clients.iam(), &role).await?;
            report.profile_state = if plan.steps.is_empty() { "present" } else { "would be made or changed" };
            report.instance_profile = Some(role.name);
        }
        report.dry_run = true;
        Ok(report)
    }

    async fn make(&self, agents: &[AgentFile]) -> Result<Report> {
        let bucket = self.bucket();
        self.progress.step(&format!("bucket {}", bucket.name()));
        let bucket_state = match bucket.ensure().await? {
            BucketState::Present => "present",
            BucketState::Created => "created",
        };
        let mut reports = Vec::new();
        for file in agents {
            let object = checksum(file).await?;
            let state = match upload(&bucket, file, &object, self.progress).await? {
                Uploaded::Now => "uploaded",
                Uploaded::Before => "present",
            };
            reports.push(AgentReport { version: VERSION, architecture: file.architecture, state, object });
        }
        self.progress.step(&format!("table {}", self.session.registry.table()));
        let table_state = match self.session.registry.ensure().await? {
            TableState::Present => "present",
            TableState::Created => "created",
        };
        let mut report = self.report(&bucket, bucket_state, reports, table_state);
        if self.iam {
            let role = self.role();
            self.progress.step(&format!("role and instance profile {}", role.name));
            let steps = iam::ensure_role(self.session.clients.iam(), &role, Foreign::Refuse).await?;
            steps.iter().for_each(|step| self.progress.step(&step.describe(&role.name)));
            report.profile_state = if steps.is_empty() { "present" } else { "made" };
            report.instance_profile = Some(role.name);
        }
        let note = |setup: &mut Setup| {
            for agent in &report.agents {
                setup.note(VERSION, agent.architecture, agent.object.clone());
            }
            if let Some(profile) = &report.instance_profile {
                setup.instance_profile = Some(profile.clone());
            }
        };
        report.instance_profile = bucket.change_setup(note).await?.instance_profile;
        Ok(report)
    }

    /// The agent's role, with the rights for everything that agents do, in every region.
    fn role(&self) -> AgentRole {
        let scope = Scope {
            partition: self.caller.partition().to_owned(),
            account: Some(self.caller.account.clone()),
            table: self.session.registry.table().to_owned(),
            ..Scope::default()
        };
        AgentRole::complete(&scope)
    }

    fn report(
        &self,
        bucket: &AgentBucket,
        bucket_state: &'static str,
        agents: Vec<AgentReport>,
        table_state: &'static str,
    ) -> Report {
        Report {
            dry_run: false,
            account: self.caller.account.clone(),
            region: self.session.clients.region().unwrap_or_default().to_owned(),
            bucket: bucket.name().to_owned(),
            bucket_state,
            agents,
            table: self.session.registry.table().to_owned(),
            table_state,
            instance_profile: None,
            profile_state: "left out",
        }
    }
}
