//! From an unknown host to a registered agent: identity, settings, telemetry, clients, registration.

use super::Early;
use super::heartbeat;
use super::live::{Fixed, Live, is_setting};
use super::state::Shared;
use crate::backoff::Backoff;
use crate::host::{self, Place};
use anyhow::Result;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use spawn_cloud::describe::AwsCalls;
use spawn_cloud::{AgentRecord, Clients, Imds, RegionSource};
use spawn_config::{Fleet, Identity, Provider, tags};
use spawn_host::World;
use spawn_telemetry::{SpanIdentity, Telemetry, propagation};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Shortest and longest wait between two questions for the tags.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// What the rest of the agent's life works with.
#[derive(Debug)]
pub(crate) struct Booted {
    pub(crate) live: Live,
    pub(crate) record: AgentRecord,
}

pub(super) async fn boot(early: Early, world: &World, telemetry: &Telemetry, shared: &Shared) -> Result<Arc<Booted>> {
    let mut sources = early.sources.clone();
    let known = sources.resolve(early.debug).resolved.settings;
    let place = host::place(known.host.provider, world);
    let (imds, asked) = (Imds::new(), SystemTime::now());
    let identity = host::identity(place, &known.host, world, &imds).await;
    let config = spawn_cloud::sdk_config(region(&identity)).await;
    let config = match identity.provider {
        Provider::Ec2 => spawn_cloud::with_clock(config, imds.clock()),
        Provider::Local => config,
    };
    let called = config.region().map(|region| region.as_ref().to_owned());
    let identity = Identity { region: called, ..identity };

    let (span, tags) = span_and_tags(&early, place, &imds, asked, &identity, &config, telemetry).await;
    let Early { started, sources: _, debug, heartbeat: _, work: _, systemd } = early;
    sources.region.clone_from(&identity.region);
    let identity = Identity { fleet: fleet(&tags, &imds).await, ..identity };
    sources.tags = tags.into_iter().filter(|(key, _)| is_setting(key)).collect();
    let fixed = Fixed { world: world.clone(), debug, identity, config, imds, telemetry: telemetry.clone(), systemd };
    let live = Live::new(fixed, sources);
    let in_force = live.now();
    tracing::info!(
        instance_id = in_force.identity.instance_id,
        provider = in_force.identity.provider.as_str(),
        tracing = in_force.tracing,
        exporter = %in_force.settings().tracing.exporter,
        sampling = %in_force.settings().tracing.sampling,
        "settings are known"
    );

    // With tracing off, the span that was begun before anybody could know leaves no ids in logs and records.
    let span = if in_force.tracing { span } else { Context::new() };
    let record = record(&in_force.identity, started, &span);
    let booted = Arc::new(Booted { live, record });
    shared.running(booted.clone());
    heartbeat::register(&booted, shared).with_context(span.clone()).await;
    span.span().end();
    Ok(booted)
}

/// Who was launched together with this host, so that they share the quota of X-Ray; nobody is asked over a network for it.
async fn fleet(tags: &BTreeMap<String, String>, imds: &Imds) -> Option<Fleet> {
    let value = tags.get(tags::FLEET)?;
    // Without an index, the place among the others is found by the id.
    tags::read_fleet(value, imds.launch_index().await.ok().flatten())
}

/// The region to call: the instance's own; off EC2 the user's, and never a made-up one such as `local`.
fn region(identity: &Identity) -> RegionSource {
    match (&identity.region, identity.provider) {
        (Some(region), _) if region != "local" => RegionSource::Given(region.clone()),
        (_, Provider::Ec2) => RegionSource::Chain,
        (_, Provider::Local) => RegionSource::OffEc2,
    }
}

/// The boot's span and the tags. The launcher's context comes with the tags; where these need an AWS call, that call
/// is the span's first child and the launcher's context a link.
async fn span_and_tags(
    early: &Early,
    place: Place,
    imds: &Imds,
    asked: SystemTime,
    identity: &Identity,
    config: &spawn_cloud::Config,
    telemetry: &Telemetry,
) -> (Context, BTreeMap<String, String>) {
    let start = |parent: &Context| {
        let attributes = vec![KeyValue::new("spawn.command", "boot")];
        telemetry.start_span("spored boot", SpanKind::Internal, parent, attributes, Some(early.started))
    };
    if identity.provider == Provider::Local || place == Place::Local {
        return (start(&Context::new()), BTreeMap::new());
    }
    let answer = imds.tags().await;
    let answered = SystemTime::now();
    // Whose child the boot is stands in the tags, so that the questions have their span when they are answered.
    let start = |parent: &Context| {
        let span = start(parent);
        let metadata = telemetry.start_span("instance metadata", SpanKind::Internal, &span, vec![], Some(asked));
        metadata.span().end_with_timestamp(answered);
        span
    };
    match answer {
        Ok(Some(tags)) => (start(&launcher(&tags).unwrap_or_default()), tags),
        answer => {
            if let Err(error) = answer {
                tracing::warn!(%error, "the instance's metadata does not show its tags; asking EC2");
            }
            let span = start(&Context::new());
            let clients = clients(config, telemetry, identity);
            let tags = tags_from_ec2(imds, &clients, identity).with_context(span.clone()).await;
            if let Some(launcher) = launcher(&tags) {
                span.span().add_link(launcher.span().span_context().clone(), Vec::new());
            }
            (span, tags)
        }
    }
}

/// Asks for the tags until an answer comes, or the answer that the agent may not ask: without its tags it knows no time
/// to live, and the instance would run for ever because the network was late.
async fn tags_from_ec2(imds: &Imds, clients: &Clients, identity: &Identity) -> BTreeMap<String, String> {
    let mut backoff = Backoff::new(RETRY.0, RETRY.1);
    let mut said = false;
    loop {
        match spawn_cloud::instances::tags(clients.ec2(), &identity.instance_id).await {
            Ok(tags) => return tags,
            Err(error) if error.is_denied() => {
                tracing::error!(%error, "no tags could be read: no time to live, default settings; launch with InstanceMetadataTags=enabled or allow ec2:DescribeTags");
                return BTreeMap::new();
            }
            Err(error) if !said => tracing::warn!(%error, "EC2 does not tell the tags; asking on"),
            Err(error) => tracing::debug!(%error, "EC2 still does not tell the tags"),
        }
        said = true;
        backoff.wait().await;
        if let Ok(Some(tags)) = imds.tags().await {
            return tags;
        }
    }
}

fn launcher(tags: &BTreeMap<String, String>) -> Option<Context> {
    let traceparent = tags.get(tags::TRACEPARENT)?;
    match propagation::remote_context(traceparent, None) {
        Ok(context) => Some(context),
        Err(error) => {
            tracing::warn!(%error, "the launcher's trace context is of no use and left out");
            None
        }
    }
}

fn clients(config: &spawn_cloud::Config, telemetry: &Telemetry, identity: &Identity) -> Clients {
    Clients::new(config, telemetry.interceptor(Arc::new(AwsCalls), SpanIdentity::of(identity)))
}

fn record(identity: &Identity, started: SystemTime, span: &Context) -> AgentRecord {
    let now = jiff::Timestamp::now();
    AgentRecord {
        instance_id: identity.instance_id.clone(),
        provider: identity.provider,
        region: identity.region.clone(),
        address: identity.private_ip.clone(),
        instance_type: identity.instance_type.clone(),
        spot: None,
        slots: None,
        version: super::PROGRAM.version.to_owned(),
        started_at: jiff::Timestamp::try_from(started).unwrap_or(now).as_second(),
        last_seen: now.as_second(),
        left_at: None,
        traceparent: propagation::traceparent(span),
        tracestate: None,
    }
}
