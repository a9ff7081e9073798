//! `spored doctor`: looks at everything that the agent depends on, and says what to do about what it finds.
//!
//! It works without an agent, without a network and without root: what cannot be seen is said to be so.

mod agent;
mod host;
mod patient;
mod table;

use crate::args::{DoctorOptions, Output};
use crate::exit::Exit;
use anyhow::{Context, Result};
use patient::Patient;
use spawn_cloud::checks::{self, Check, Finding, Level, Moment};
use spawn_cloud::{Clients, Error};
use spawn_config::Provider;
use spawn_host::{World, console};
use spawn_telemetry::{Plan, Program};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Longest time for one check; they run side by side.
const EACH: Duration = Duration::from_secs(5);
/// Longest time for the request that asks the back end: shorter, so that its own words are heard.
const PROBE: Duration = Duration::from_secs(4);

pub(crate) async fn run(options: DoctorOptions, world: &World) -> Result<Exit> {
    let patient = Patient::examine(world, EACH).await;
    let checked = checks::run(checks(patient), EACH).await;
    let text = match options.output {
        Output::Json => serde_json::to_string_pretty(&checked)? + "\n",
        Output::Table => table::table(&checked),
    };
    console::data(&text).context("failed to write the findings to stdout")?;
    Ok(if checks::worst(&checked) == Level::Fail { Exit::Failure } else { Exit::Success })
}

/// What the one question to STS brought to light.
type Answer = (Result<spawn_cloud::Caller, Error>, Option<Moment>);

fn checks(patient: Patient) -> Vec<Check> {
    let Patient { world, settings, metadata, tags, identity, config, tracing } = patient;
    let asked: Arc<OnceCell<Answer>> = Arc::default();
    let clients = Clients::new(&config, None);
    let ask = {
        let (asked, clients) = (asked.clone(), clients.clone());
        async move { checks::credentials(&asked.get_or_init(|| checks::caller(&clients)).await.0) }
    };
    let clock = async move {
        match asked.get_or_init(|| checks::caller(&clients)).await.1 {
            Some(moment) => checks::clock(moment),
            None => {
                Finding::warn("AWS did not answer, so the clock was compared with nothing", "mend the network first")
            }
        }
    };
    let region = match config.region() {
        Some(region) => Finding::ok(region.as_ref()),
        None => Finding::fail("no region", "set `region` in local.yaml, or AWS_REGION"),
    };
    let keys = {
        let config = config.clone();
        async move { checks::keys(&config).await }
    };
    let program = Program { name: "spored", version: env!("CARGO_PKG_VERSION") };
    let plan = Plan::new(&tracing, &identity, program, Some(config), jiff::Timestamp::now());
    let files = host::secrets(&tracing);
    let spool = host::spool(&world, &tracing);
    let (state, unit) = (host::state(&world), host::unit(&world, identity.provider == Provider::Ec2));
    vec![
        Check::known("settings", settings),
        Check::known("metadata", metadata),
        Check::known("tags", tags),
        Check::known("region", region),
        Check::new("keys", keys),
        Check::new("credentials", ask),
        Check::new("clock", clock),
        Check::new("delivery", delivery(plan)),
        Check::known("files", files),
        Check::known("state", state),
        Check::known("spool", spool),
        Check::known("unit", unit),
        Check::new("agent", agent::agent(world)),
    ]
}

/// Whether the back end takes spans, asked by the exporter itself.
async fn delivery(plan: Plan) -> Finding {
    let Plan::On(plan) = plan else { return Finding::ok("tracing is off: nothing is sent") };
    let asked = tokio::task::spawn_blocking(move || plan.export.probe(PROBE)).await;
    match asked {
        Ok(Ok(())) => Finding::ok("the back end takes spans"),
        Ok(Err(problem)) => Finding::fail(problem.what, problem.remedy),
        Err(_) => {
            Finding::fail("the exporter broke when it was made", "run `spored run --debug` and report what it says")
        }
    }
}
