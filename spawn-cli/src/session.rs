//! What every command works in: settings, telemetry, clients, and one trace around the work.

use crate::args::Global;
use crate::exit::UsageError;
use crate::show;
use anyhow::Result;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use spawn_cloud::arrays::{ArrayRecord, Counts, Millis, ServerClock};
use spawn_cloud::describe::AwsCalls;
use spawn_cloud::{Clients, RegionSource, Registry};
use spawn_config::{Identity, Layers, Provider, Settings};
use spawn_host::World;
use spawn_telemetry::{
    Health, LogFormat, Logs, Plan, PlannedSpan, Program, SpanIdentity, SpanRecord, Telemetry, attribute, propagation,
};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// This program, as its spans name it.
const PROGRAM: Program = Program { name: "spawn", version: env!("CARGO_PKG_VERSION") };
/// Time that the last spans get. X-Ray takes up to 3 s for a call from far away.
const FLUSH: Duration = Duration::from_secs(3);

/// One command's surroundings.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) clients: Clients,
    pub(crate) registry: Registry,
    /// AWS's time, by which leases count.
    pub(crate) clock: ServerClock,
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
        let plan = Plan::new(&settings.tracing, &identity, PROGRAM, Some(config.clone()), now);
        telemetry.configure(plan.kept_in(world.user_spool()));
        let clients = Clients::new(&config, telemetry.interceptor(Arc::new(AwsCalls), SpanIdentity::of(&identity)));
        let clock = ServerClock::default();
        let clients = clients.hearing(clock.clone());
        let registry = Registry::new(clients.dynamodb().clone(), world.variable("SPAWN_TABLE").map(str::to_owned));
        // A shell or a CI job that is traced already is the parent.
        let parent = propagation::from_environment(&world.environment).unwrap_or_default();
        let root = telemetry.start_span(name, SpanKind::Internal, &parent, attributes, None);
        Ok(Self { clients, registry, clock, telemetry, root })
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

    /// Records the span of an array that this command has ended, which its launch has planned.
    pub(crate) fn record_array(&self, array: &ArrayRecord, counts: Counts, ended_at: Millis) {
        let read = |text: &Option<String>, state: Option<&str>| {
            text.as_deref().and_then(|text| propagation::remote_context(text, state).ok())
        };
        let Some(own) = read(&array.traceparent, array.tracestate.as_deref()) else { return };
        let launch = read(&array.launch_traceparent, None);
        let time = |millis: Millis| UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or_default());
        let record = SpanRecord {
            name: format!("array {}", array.id.name()).into(),
            kind: SpanKind::Internal,
            started: time(array.created_at),
            ended: time(ended_at),
            attributes: vec![
                KeyValue::new(attribute::SPAWN_JOB_ARRAY_ID, array.id.to_string()),
                KeyValue::new(attribute::SPAWN_JOB_ARRAY_NAME, array.id.name().to_owned()),
                KeyValue::new("spawn.job_array.size", i64::from(array.size)),
                KeyValue::new("spawn.job_array.succeeded", i64::from(counts.succeeded)),
                KeyValue::new("spawn.job_array.failed", i64::from(counts.failed)),
                KeyValue::new("spawn.job_array.cancelled", i64::from(counts.cancelled)),
            ],
            links: Vec::new(),
            error: (counts.failed > 0).then(|| format!("{} of {} tasks failed", counts.failed, array.size)),
        };
        self.telemetry.record(PlannedSpan::carried(&own, launch.as_ref()), record);
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
        delivered(&self.telemetry).await
    }
}

/// Delivers what waits and ends the delivery; answers what to tell the user where that did not work.
pub(crate) async fn delivered(telemetry: &Telemetry) -> Option<String> {
    let flushed = telemetry.flush(FLUSH).await;
    let health = telemetry.health();
    telemetry.shutdown(Duration::ZERO);
    let lost = flushed.left;
    match health.problem {
        _ if lost == 0 => None,
        // The warning with the remedy stands above already.
        Some(problem) => Some(format!("{lost} spans were not delivered: {}", problem.what)),
        None => Some(format!("{lost} spans were not delivered within {} s", FLUSH.as_secs())),
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
    telemetry.configure(plan.kept_in(world.user_spool()));
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
