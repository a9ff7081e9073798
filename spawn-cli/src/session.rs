//! What every command works in: settings, telemetry, clients, and one trace around the work.

mod arrays;
mod ends;

pub(crate) use ends::delivered;

use crate::args::Global;
use crate::exit::UsageError;
use crate::interruption::Interruption;
use crate::show;
use anyhow::Result;
use ends::FLUSH;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use spawn_cloud::arrays::ServerClock;
use spawn_cloud::describe::AwsCalls;
use spawn_cloud::{Clients, RegionSource, Registry};
use spawn_config::{Identity, Layers, Provider, Settings};
use spawn_host::World;
use spawn_host::dead_letters::of_user;
use spawn_telemetry::{Health, LastWords, LogFormat, Logs, Plan, Program, SpanIdentity, Telemetry, propagation};
use std::sync::Arc;
use std::time::Duration;

/// This program, as its spans name it.
const PROGRAM: Program = Program { name: "spawn", version: env!("CARGO_PKG_VERSION") };
/// Time for spans where their delivery is what is asked for. X-Ray takes up to 3 s for a call from far away.
const PATIENT_FLUSH: Duration = Duration::from_secs(3);

/// One command's surroundings.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) clients: Clients,
    pub(crate) registry: Registry,
    /// AWS's time, by which leases count.
    pub(crate) clock: ServerClock,
    telemetry: Telemetry,
    root: Context,
    interruption: Interruption,
    _last_words: LastWords,
}

/// Does a command's work in a trace of its own, which is delivered before this returns; `None` is Ctrl-C or its like.
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
        let plan = Plan::new(&settings.tracing, &identity, PROGRAM, Some(config.clone()), now);
        telemetry.configure(plan.setting_aside(of_user(world, &settings.tracing)).kept_in(world.user_spool()));
        let clients = Clients::new(&config, telemetry.interceptor(Arc::new(AwsCalls), SpanIdentity::of(&identity)));
        let clock = ServerClock::default();
        let clients = clients.hearing(clock.clone());
        let registry = Registry::new(clients.dynamodb().clone(), world.variable("SPAWN_TABLE").map(str::to_owned));
        // A shell or a CI job that is traced already is the parent.
        let parent = propagation::from_environment(&world.environment).unwrap_or_default();
        let root = telemetry.start_span(name, SpanKind::Internal, &parent, attributes, None);
        let (interruption, _last_words) = (Interruption::of(world), telemetry.last_words(FLUSH));
        Ok(Self { clients, registry, clock, telemetry, root, interruption, _last_words })
    }

    /// Does the work inside the trace; Ctrl-C, SIGTERM and SIGHUP end it.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
        let work = async {
            tracing::debug!(region = self.clients.region(), "the command begins");
            work.await
        };
        let outcome = tokio::select! {
            outcome = work.with_context(self.root.clone()) => outcome.map(Some),
            () = self.interruption.heard() => Ok(None),
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

    /// What records the spans of this trace.
    pub(crate) const fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Does a part of the work in a span of its own.
    pub(crate) async fn in_span<T, E: std::fmt::Display>(
        &self,
        name: &'static str,
        attributes: Vec<KeyValue>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.telemetry.in_span(name, attributes, work).await
    }

    /// Settles the context of a span below the trace's root that somebody else will end and record.
    pub(crate) fn plan_span(&self) -> Context {
        self.telemetry.plan_span(&self.root).context().clone()
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
        let left = self.telemetry.flush(PATIENT_FLUSH).await.left;
        (left, self.telemetry.health())
    }

    /// Ends the trace and delivers it; answers what to tell the user where that did not work.
    pub(crate) async fn close(self) -> Option<String> {
        self.root.span().end();
        delivered(&self.telemetry).await
    }
}

/// Telemetry for a command that calls no AWS service itself: only X-Ray needs a region and credentials, for spans or for
/// its sampling rules.
pub(crate) async fn telemetry_alone(settings: &Settings, region: Option<&str>, world: &World) -> Telemetry {
    let config = match settings.tracing.needs_aws() {
        true => {
            let region = region.map_or(RegionSource::Chain, |region| RegionSource::Given(region.to_owned()));
            Some(spawn_cloud::sdk_config(region).await)
        }
        false => None,
    };
    let region = config.as_ref().and_then(|config| config.region()).map(|region| region.as_ref().to_owned());
    let telemetry = Telemetry::start(PROGRAM);
    let plan = Plan::new(&settings.tracing, &identity(world, region), PROGRAM, config, jiff::Timestamp::now());
    telemetry.configure(plan.setting_aside(of_user(world, &settings.tracing)).kept_in(world.user_spool()));
    telemetry
}

/// The operator's own machine.
fn identity(world: &World, region: Option<String>) -> Identity {
    Identity { region, hostname: world.hostname(), ..Identity::new(Provider::Local, world.local_instance_id()) }
}

/// With `--debug`, log correlation where tracing is off: spans get ids and go nowhere.
pub(crate) fn with_debug(layers: Layers, debug: bool) -> Result<Layers> {
    if !debug || layers.resolve().settings.tracing.enabled {
        return Ok(layers);
    }
    Ok(layers.flag("tracing-enabled", "true", "--debug")?.flag("tracing-exporter", "none", "--debug")?)
}
