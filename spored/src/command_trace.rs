//! The trace of a command that speaks to the agent: the terminal's context goes with the question, in a span of the
//! command's own where the settings of this host want one.

use crate::control::{self, Ask};
use crate::settings;
use anyhow::{Context as _, Result};
use jiff::Timestamp;
use opentelemetry::KeyValue;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use spawn_cloud::RegionSource;
use spawn_config::{ExporterKind, Grammar, Identity, JobArray, Layers, Provider, Settings, Source};
use spawn_host::dead_letters::{of_agent, of_user};
use spawn_host::{World, console};
use spawn_telemetry::{DropReason, Plan, Program, Telemetry, propagation};
use std::time::Duration;

/// This program, as the spans of its commands name it.
const PROGRAM: Program = Program { name: "spored", version: env!("CARGO_PKG_VERSION") };
/// Time that the span gets: a command in a script must not be held up by a back end.
const FLUSH: Duration = Duration::from_secs(2);
/// Time for `local.yaml`: a command works where the file does not answer, without a span of its own.
const READ: Duration = Duration::from_secs(1);

/// Does the work in the span `spored COMMAND`, under whatever the environment says the caller's span is.
pub(crate) async fn traced<T>(
    command: &'static str,
    world: &World,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let parent = propagation::from_environment(&world.environment).unwrap_or_default();
    let Some(telemetry) = telemetry(world).await else { return work.with_context(parent).await };
    let attributes = vec![KeyValue::new("spawn.command", command)];
    let name = format!("spored {command}");
    let context = telemetry.start_span(name, SpanKind::Internal, &parent, attributes, None);
    let outcome = work.with_context(context.clone()).await;
    if let Err(error) = &outcome {
        telemetry.mark_failed(&context, &format!("{error:#}"));
    }
    context.span().end();
    deliver(&telemetry).await;
    outcome
}

/// Delivers the command's own span and ends the delivery. What has not left waits on disk.
pub(crate) async fn deliver(telemetry: &Telemetry) {
    telemetry.flush(FLUSH).await;
    let (health, folder) = (telemetry.health(), telemetry.storage().folder);
    telemetry.shutdown(Duration::ZERO);
    let counters = telemetry.counters();
    let why = health.problem.map(|problem| format!(": {}", problem.what)).unwrap_or_default();
    let on_its_way = telemetry.storage().in_memory;
    let told = match folder.filter(|_| counters.queued > on_its_way) {
        Some(folder) => format!("is not delivered yet and waits in {}", folder.display()),
        None if counters.dropped_for(DropReason::Shutdown) + on_its_way > 0 => "was not delivered".to_owned(),
        None => return,
    };
    console::message("spored", &format!("the command's own span {told}{why}"));
}

/// What makes spans where `local.yaml` and the environment of the command say so. Settings that are wrong are for the
/// agent to refuse.
async fn telemetry(world: &World) -> Option<Telemetry> {
    let settings = own_layers(world).await.ok()?.resolve().settings;
    let now = Timestamp::now();
    if !settings.tracing_on(now) || settings.tracing.exporter == ExporterKind::None {
        return None;
    }
    Some(started(world, &settings, &identity(world).await, now).await)
}

/// What makes spans as the running agent makes them, by tags and all; where none runs, as `local.yaml` says. The
/// command's own environment goes before both. `None` where tracing is off.
///
/// Where nothing is exported, spans are made too: their ids are what log lines are found by. Attributes of the names that
/// were `asked_for` are let through.
pub(crate) async fn as_the_agent_does(
    world: &World,
    asked_for: impl Iterator<Item = String>,
    debug: bool,
) -> Option<Telemetry> {
    let layers = match own_layers(world).await {
        Ok(layers) => layers,
        Err(problem) => {
            console::message("spored", &format!("{problem:#}; the command runs without a trace"));
            return None;
        }
    };
    let layers = settings::with_debug(as_told_by_agent(layers, world).await, debug);
    let mut settings = layers.resolve().settings;
    let now = Timestamp::now();
    if !settings.tracing_on(now) {
        return None;
    }
    settings.tracing.filter.allow.extend(asked_for);
    let mut identity = identity(world).await;
    // Within a task, the span is the task's.
    identity.job_array = world.variable("JOB_ARRAY_ID").map(|id| JobArray {
        id: id.to_owned(),
        name: world.variable("JOB_ARRAY_NAME").map(str::to_owned),
        index: world.variable("JOB_ARRAY_INDEX").and_then(|index| index.parse().ok()),
    });
    Some(started(world, &settings, &identity, now).await)
}

/// The settings in force, as far as the agent tells them and the command's environment does not say otherwise.
async fn as_told_by_agent(own: Layers, world: &World) -> Layers {
    let answer = tokio::time::timeout(READ, control::ask(world, Ask::get("/config"))).await;
    let Ok(Ok(answer)) = answer else { return own };
    let resolved = own.resolve();
    let mut layers = own;
    for row in answer.body.as_array().into_iter().flatten() {
        let (Some(name), Some(value)) = (row["name"].as_str(), row["value"].as_str()) else { continue };
        let own = resolved.explain(name);
        let taken = name.starts_with("tracing-")
            && own.is_ok_and(|own| own.key.grammar != Grammar::Secrets && !is_environment(&own.source));
        if !taken || value.is_empty() {
            continue;
        }
        // An agent of another version may have words that this one does not know.
        match layers.clone().flag(name, value, "the running agent") {
            Ok(with) => layers = with,
            Err(error) => tracing::debug!(%error, "a setting of the running agent is left out"),
        }
    }
    layers
}

const fn is_environment(source: &Source) -> bool {
    matches!(source, Source::Environment { .. })
}

/// `local.yaml` and the environment of the command.
async fn own_layers(world: &World) -> Result<Layers> {
    let own = world.clone();
    let read = tokio::time::timeout(READ, tokio::task::spawn_blocking(move || own.settings())).await;
    Ok(read.context("local.yaml cannot be read in time")???)
}

async fn started(world: &World, settings: &Settings, identity: &Identity, now: Timestamp) -> Telemetry {
    let config = match settings.tracing.needs_aws() {
        true => {
            let region = identity.region.clone().map_or(RegionSource::OffEc2, RegionSource::Given);
            Some(spawn_cloud::sdk_config(region).await)
        }
        false => None,
    };
    let telemetry = Telemetry::start(PROGRAM);
    let spool = world.command_spool();
    let is_agents = spool.as_ref() == Some(&world.spool());
    let letters = if is_agents { Some(of_agent(world, &settings.tracing)) } else { of_user(world, &settings.tracing) };
    telemetry
        .configure(Plan::new(&settings.tracing, identity, PROGRAM, config, now).setting_aside(letters).kept_in(spool));
    telemetry
}

/// Who this host is, as the agent found out.
async fn identity(world: &World) -> Identity {
    let status = control::status(world).await.unwrap_or_default();
    let text = |pointer: &str| status.pointer(pointer).and_then(|value| value.as_str()).map(str::to_owned);
    let provider = match text("/instance/provider").as_deref() {
        Some("ec2") => Provider::Ec2,
        _ => Provider::Local,
    };
    let id = text("/instance/instance_id").unwrap_or_else(|| world.local_instance_id());
    let region = text("/instance/region").filter(|region| region != "local");
    Identity { region, hostname: world.hostname(), ..Identity::new(provider, id) }
}
