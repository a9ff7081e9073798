//! The trace of a command that speaks to the agent: the terminal's context goes with the question, in a span of the
//! command's own where the settings of this host want one.

use crate::control;
use anyhow::Result;
use opentelemetry::KeyValue;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use spawn_cloud::RegionSource;
use spawn_config::{ExporterKind, Identity, Provider};
use spawn_host::{World, console};
use spawn_telemetry::{Plan, Program, Telemetry, propagation};
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
    let flushed = telemetry.flush(FLUSH).await;
    if flushed.left > 0 {
        let why = telemetry.health().problem.map(|problem| format!(": {}", problem.what)).unwrap_or_default();
        console::message("spored", &format!("the command's own span was not delivered{why}"));
    }
    telemetry.shutdown(Duration::ZERO);
    outcome
}

/// What makes spans where `local.yaml` and the environment of the command say so. Settings that are wrong are for the
/// agent to refuse.
async fn telemetry(world: &World) -> Option<Telemetry> {
    let own = world.clone();
    let read = tokio::time::timeout(READ, tokio::task::spawn_blocking(move || own.settings())).await;
    let settings = read.ok()?.ok()?.ok()?.resolve().settings;
    let now = jiff::Timestamp::now();
    if !settings.tracing_on(now) || settings.tracing.exporter == ExporterKind::None {
        return None;
    }
    let identity = identity(world).await;
    let config = match settings.tracing.exporter {
        ExporterKind::XRay => {
            let region = identity.region.clone().map_or(RegionSource::OffEc2, RegionSource::Given);
            Some(spawn_cloud::sdk_config(region).await)
        }
        _ => None,
    };
    let telemetry = Telemetry::start(PROGRAM);
    telemetry.configure(Plan::new(&settings.tracing, &identity, PROGRAM, config, now));
    Some(telemetry)
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
