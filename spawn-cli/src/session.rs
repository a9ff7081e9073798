//! What every command works in: settings, telemetry, clients, and one trace around the work.

use crate::args::Global;
use crate::exit::UsageError;
use crate::show;
use anyhow::Result;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use spawn_cloud::describe::AwsCalls;
use spawn_cloud::{Clients, RegionSource, Registry};
use spawn_config::{Identity, Layers, Provider};
use spawn_host::World;
use spawn_telemetry::{Health, LogFormat, Logs, Plan, Program, SpanIdentity, Telemetry, propagation};
use std::sync::Arc;
use std::time::Duration;

/// This program, as its spans name it.
const PROGRAM: Program = Program { name: "spawn", version: env!("CARGO_PKG_VERSION") };
/// Time that the last spans get. X-Ray takes up to 3 s for a call from far away.
const FLUSH: Duration = Duration::from_secs(3);

/// One command's surroundings.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) clients: Clients,
    pub(crate) registry: Registry,
    telemetry: Telemetry,
    root: Context,
}

/// Does a command's work in a trace of its own, which is delivered before this returns; `None` is Ctrl-C.
pub(crate) async fn within<T>(
    name: &'static str,
    global: Global,
    world: &World,
    attributes: Vec<KeyValue>,
    work: impl AsyncFnOnce(&Session) -> Result<T>,
) -> Result<Option<T>> {
    let command = KeyValue::new("spawn.command", name.strip_prefix("spawn ").unwrap_or(name));
    let attributes = std::iter::once(command).chain(attributes).collect();
    let session = Session::open(name, global, world, world.settings()?, attributes).await?;
    let done = session.run(work(&session)).await;
    if let Some(undelivered) = session.close().await {
        show::message(&undelivered);
    }
    done
}

impl Session {
    /// Settles settings, region and telemetry, and opens the trace `name`. No call is made.
    pub(crate) async fn open(
        name: &'static str,
        global: Global,
        world: &World,
        layers: Layers,
        attributes: Vec<KeyValue>,
    ) -> Result<Self> {
        Logs { format: LogFormat::Human, debug: global.debug }.init();
        let telemetry = Telemetry::start(PROGRAM);
        let settings = with_debug(layers, global.debug)?.resolve().settings;
        let region = match global.regions.as_slice() {
            [] => RegionSource::Chain,
            [region] => RegionSource::Given(region.clone()),
            [..] => {
                return Err(UsageError::Other("give one --region: only `spawn list` takes several".to_owned()).into());
            }
        };
        let config = spawn_cloud::sdk_config(region).await;
        let region = config.region().map(|region| region.as_ref().to_owned());
        if region.is_none() {
            let hint = "no AWS region: pass --region, set AWS_REGION, or run `aws configure`";
            return Err(UsageError::Other(hint.to_owned()).into());
        }
        let identity = identity(world, region);
        let now = jiff::Timestamp::now();
        telemetry.configure(Plan::new(&settings.tracing, &identity, PROGRAM, Some(config.clone()), now));
        let clients = Clients::new(&config, telemetry.interceptor(Arc::new(AwsCalls), SpanIdentity::of(&identity)));
        let registry = Registry::new(clients.dynamodb().clone(), world.variable("SPAWN_TABLE").map(str::to_owned));
        // A shell or a CI job that is traced already is the parent.
        let parent = propagation::from_environment(&world.environment).unwrap_or_default();
        let root = telemetry.start_span(name, SpanKind::Internal, &parent, attributes, None);
        Ok(Self { clients, registry, telemetry, root })
    }

    /// Does the work inside the trace; Ctrl-C ends it.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
        let work = async {
            tracing::debug!(region = self.clients.region(), "the command begins");
            work.await
        };
        let outcome = tokio::select! {
            outcome = work.with_context(self.root.clone()) => outcome.map(Some),
            _ = tokio::signal::ctrl_c() => Ok(None),
        };
        if let Err(error) = &outcome {
            self.telemetry.mark_failed(&self.root, &format!("{error:#}"));
        }
        outcome
    }

    /// Clients for another region, whose calls are in the same trace.
    pub(crate) fn clients_in(&self, region: &str) -> Clients {
        match self.clients.region() {
            Some(own) if own == region => self.clients.clone(),
            _ => self.clients.in_region(region),
        }
    }

    /// The trace's context as a tag or a header carries it; `None` with tracing off.
    pub(crate) fn traceparent(&self) -> Option<String> {
        propagation::traceparent(&self.root)
    }

    /// The id to look the trace up by; `None` where nothing of it is recorded.
    pub(crate) fn trace_id(&self) -> Option<String> {
        let span = self.root.span();
        let context = span.span_context();
        context.is_sampled().then(|| context.trace_id().to_string())
    }

    /// Adds what became known on the way to the trace's root.
    pub(crate) fn note(&self, attribute: KeyValue) {
        self.root.span().set_attribute(attribute);
    }

    /// Delivers what there is of the trace so far; answers how many spans are left, and how delivery is doing then.
    pub(crate) async fn deliver(&self) -> (u64, Health) {
        let left = self.telemetry.flush(FLUSH).await.left;
        (left, self.telemetry.health())
    }

    /// Ends the trace and delivers it; answers what to tell the user where that did not work.
    pub(crate) async fn close(self) -> Option<String> {
        self.root.span().end();
        let flushed = self.telemetry.flush(FLUSH).await;
        let health = self.telemetry.health();
        self.telemetry.shutdown(Duration::ZERO);
        let lost = flushed.left;
        match health.problem {
            _ if lost == 0 => None,
            // The warning with the remedy stands above already.
            Some(problem) => Some(format!("{lost} spans were not delivered: {}", problem.what)),
            None => Some(format!("{lost} spans were not delivered within {} s", FLUSH.as_secs())),
        }
    }
}

/// The operator's own machine.
fn identity(world: &World, region: Option<String>) -> Identity {
    Identity { region, hostname: world.hostname(), ..Identity::new(Provider::Local, world.local_instance_id()) }
}

/// With `--debug`, log correlation where tracing is off: spans get ids and go nowhere.
fn with_debug(layers: Layers, debug: bool) -> Result<Layers> {
    if !debug || layers.resolve().settings.tracing.enabled {
        return Ok(layers);
    }
    Ok(layers.flag("tracing-enabled", "true", "--debug")?.flag("tracing-exporter", "none", "--debug")?)
}
