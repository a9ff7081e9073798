//! Registration and heartbeat: a registry that refuses or hangs never stops the agent, it is asked again later.

use super::boot::Booted;
use super::state::{RegistryReport, Shared};
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_cloud::AgentRecord;
use spawn_telemetry::Telemetry;
use std::convert::Infallible;
use std::time::Duration;

/// One question to the registry may take this long; the next comes with the next heartbeat.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Registers the agent, once; the heartbeat tries again where this fails.
pub(super) async fn register(booted: &Booted, shared: &Shared) {
    let report = match say(booted.live.now().registry.register(&fresh(booted))).await {
        Ok(()) => {
            tracing::info!(table = booted.live.now().registry.table(), "registered");
            RegistryReport {
                registered: true,
                last_heartbeat: Some(format!("{:.0}", jiff::Timestamp::now())),
                problem: None,
            }
        }
        Err(problem) => {
            tracing::warn!(problem, "not registered; trying again with each heartbeat");
            RegistryReport { problem: Some(problem), ..RegistryReport::default() }
        }
    };
    shared.registry(report);
}

/// Says every `interval` that the agent lives. Heartbeats make no spans: one each half minute tells no story.
pub(super) async fn beat(booted: &Booted, interval: Duration, shared: &Shared) -> Infallible {
    let untraced = Context::new().with_telemetry_suppressed();
    let mut timer = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        if shared.life().has_left() {
            continue;
        }
        let before = shared.report().registry;
        let after = once(booted, &before).with_context(untraced.clone()).await;
        if before.problem != after.problem {
            match &after.problem {
                Some(problem) => tracing::warn!(problem, "the heartbeat was not taken; trying on"),
                None => tracing::info!("the registry takes heartbeats again"),
            }
        }
        shared.registry(after);
    }
}

async fn once(booted: &Booted, before: &RegistryReport) -> RegistryReport {
    let now = jiff::Timestamp::now();
    let said = match before.registered {
        true => say(booted.live.now().registry.heartbeat(&booted.record.instance_id, now.as_second())).await,
        false => say(booted.live.now().registry.register(&fresh(booted))).await,
    };
    match said {
        Ok(()) => RegistryReport { registered: true, last_heartbeat: Some(format!("{now:.0}")), problem: None },
        Err(problem) => RegistryReport { problem: Some(problem), ..before.clone() },
    }
}

/// Takes the agent's item away, as the last thing but the last spans.
pub(super) async fn farewell(booted: &Booted, telemetry: &Telemetry) {
    let registry = booted.live.now().registry.clone();
    let goodbye = telemetry.in_span("spored stop", Vec::new(), registry.deregister(&booted.record.instance_id));
    if let Err(error) = goodbye.await {
        tracing::warn!(%error, "the registry did not take the farewell; the item expires by itself");
    }
}

/// The agent's record with the time of now.
fn fresh(booted: &Booted) -> AgentRecord {
    AgentRecord { last_seen: jiff::Timestamp::now().as_second(), ..booted.record.clone() }
}

async fn say(question: impl Future<Output = spawn_cloud::Result<()>>) -> Result<(), String> {
    match tokio::time::timeout(TIMEOUT, question).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", TIMEOUT.as_secs())),
    }
}
