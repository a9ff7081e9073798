//! `spawn doctor`: looks at everything that the commands depend on, and says what to do about what it finds.
//!
//! The checks run side by side in one trace, none longer than five seconds. Whether spans are delivered is told by that
//! trace itself: it is sent whole, and what became of it is the last finding.

mod delivery;
mod rights;
mod setup;
mod table;

use crate::args::Global;
use crate::exit::Exit;
use crate::output::Output;
use crate::session::Session;
use crate::show;
use anyhow::Result;
use clap::Args;
use opentelemetry::KeyValue;
use spawn_cloud::checks::{self, Check, Checked, Finding, Level, Moment};
use spawn_cloud::{Caller, Clients, Error, enabled_regions};
use spawn_config::Layers;
use spawn_host::World;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Longest time for one check.
const EACH: Duration = Duration::from_secs(5);
/// Longest time for what the commands can do without knowing: less, so that it is said to be unknown and does not fail.
const OPTIONAL: Duration = Duration::from_secs(4);

#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

pub(crate) async fn run(global: Global, options: DoctorOptions, world: &World) -> Result<Exit> {
    let (layers, settings) = settings(world);
    let mut found = checks::run(vec![Check::known("settings", settings)], EACH).await;
    let attributes = vec![KeyValue::new("spawn.command", "doctor")];
    match Session::open("spawn doctor", global, world, layers, attributes).await {
        Err(error) => found.push(known("region", no_session(&error))),
        Ok(session) => {
            let examined = session.run(async { Ok(examine(&session, world).await) }).await;
            if let Ok(Some(examined)) = &examined {
                session.note(KeyValue::new("spawn.doctor.worst", checks::worst(examined).word()));
            }
            drop(session.close().await);
            let Some(examined) = examined? else { return Ok(Exit::Interrupted) };
            found.extend(examined);
        }
    }
    options.output.print(&found, || table::table(&found, show::stdout_width()))?;
    Ok(if checks::worst(&found) == Level::Fail { Exit::Failure } else { Exit::Success })
}

/// The settings of this host. With tracing on, the doctor's own trace is sent whatever the sampling rate.
fn settings(world: &World) -> (Layers, Finding) {
    let whole = |layers: Layers| match layers.resolve().settings.tracing.enabled {
        true => layers.clone().flag("tracing-sampling", "1.0", "spawn doctor").unwrap_or(layers),
        false => layers,
    };
    match world.settings() {
        Ok(layers) => {
            let file = world.variable("SPAWN_CONFIG").unwrap_or("/etc/spawn/local.yaml");
            (whole(layers), Finding::ok(format!("{file} (or defaults) and the environment say nothing wrong")))
        }
        Err(error) => {
            (Layers::new(), Finding::fail(error.to_string(), "correct it; every other command stops at this"))
        }
    }
}

/// Without a region there is nobody to ask.
fn no_session(error: &anyhow::Error) -> Finding {
    Finding::fail(
        format!("{error:#}"),
        "pass --region, set AWS_REGION, or run `aws configure`; nothing else was checked",
    )
}

fn known(check: &'static str, finding: Finding) -> Checked {
    Checked { check, finding }
}

/// What the one question to STS brought to light.
type Answer = (Result<Caller, Error>, Option<Moment>);

/// Who calls; asked once by whichever check needs it first.
#[derive(Clone)]
struct Asked {
    clients: Clients,
    answer: Arc<OnceCell<Answer>>,
}

impl Asked {
    async fn answer(&self) -> &Answer {
        self.answer.get_or_init(|| checks::caller(&self.clients)).await
    }

    /// The caller, or the finding of a check that cannot be made without knowing who calls.
    async fn caller(&self) -> Result<Caller, Finding> {
        let unknown = || Finding::warn("not checked, for it is not known who calls", "mend the credentials first");
        self.answer().await.0.as_ref().map(Caller::clone).map_err(|_| unknown())
    }
}

async fn examine(session: &Session, world: &World) -> Vec<Checked> {
    let clients = session.clients.clone();
    let asked = Asked { clients: clients.clone(), answer: Arc::default() };
    let region = clients.region().unwrap_or_default().to_owned();
    let mut found = checks::run(
        vec![
            Check::known("region", Finding::ok(region)),
            Check::new("credentials", credentials(asked.clone())),
            Check::new("clock", clock(asked.clone())),
            Check::new("ec2", ec2(clients.clone())),
            Check::new("rights", optional(rights::rights(asked.clone(), session.registry.table().to_owned()))),
            Check::new("bucket", setup::bucket(asked.clone(), setup::local_agent(world))),
            Check::new("table", setup::table(session.registry.clone())),
            Check::new("profile", optional(setup::profile(asked, session.registry.table().to_owned()))),
        ],
        EACH,
    )
    .await;
    found.push(known("tracing", delivery::delivery(session).await));
    found.push(known("spool", delivery::spool(world)));
    found
}

/// What IAM says is good to know, and no command depends on it.
async fn optional(check: impl Future<Output = Finding>) -> Finding {
    let late = || format!("not checked: IAM did not answer within {} s", OPTIONAL.as_secs());
    let remedy = "run again, or compare the rights with `spawn iam policy`";
    tokio::time::timeout(OPTIONAL, check).await.unwrap_or_else(|_| Finding::warn(late(), remedy))
}

async fn credentials(asked: Asked) -> Finding {
    checks::credentials(&asked.answer().await.0)
}

async fn clock(asked: Asked) -> Finding {
    match asked.answer().await.1 {
        Some(moment) => checks::clock(moment),
        None => Finding::warn("not compared, for AWS did not answer", "mend the network or the credentials first"),
    }
}

async fn ec2(clients: Clients) -> Finding {
    match enabled_regions(clients.ec2()).await {
        Ok(regions) => Finding::ok(format!("answers; {} regions are enabled", regions.len())),
        Err(error) => Finding::refused(&error),
    }
}
