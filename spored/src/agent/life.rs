//! The end of the instance's time: `spawn:ttl` counts from the launch, not from the agent's start.

use super::boot::Booted;
use super::state::Shared;
use crate::backoff::Backoff;
use jiff::Timestamp;
use opentelemetry::KeyValue;
use opentelemetry::context::FutureExt;
use spawn_cloud::instances;
use spawn_config::{Provider, TimeSpan};
use spawn_telemetry::{Plan, Telemetry};
use std::time::Duration;

/// Spans leave before the call that ends the instance, within this time.
const FLUSH: Duration = Duration::from_secs(2);
/// Shortest and longest wait before a refused TerminateInstances is tried again.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Longest single wait: a clock that jumps or a machine that slept is noticed within it.
const LOOK: Duration = Duration::from_secs(30);

/// Returns when the agent's time is over; without a time to live, never.
pub(super) async fn until_end(booted: &Booted, telemetry: &Telemetry, shared: &Shared) {
    let Some(ttl) = booted.settings.life.ttl else { return std::future::pending().await };
    // A host without a launch time lives from the agent's start.
    let from = booted.identity.launched_at.unwrap_or_else(Timestamp::now);
    let end = end_of_life(from, ttl);
    shared.ends_at(Some(end));
    tracing::info!(ends_at = %end, ttl = %ttl, "the time to live is set");
    until(end).await;
    shared.ending();
    let attributes = vec![KeyValue::new("spawn.reason", "ttl"), KeyValue::new("spawn.ttl", ttl.to_string())];
    match telemetry.in_span("lifecycle ttl", attributes, end_host(booted, telemetry)).await {
        Ok(()) => {}
        Err(never) => match never {},
    }
}

/// Ends the instance, however often it takes; a host of the user's own goes on, only the agent stops.
async fn end_host(booted: &Booted, telemetry: &Telemetry) -> Result<(), std::convert::Infallible> {
    if booted.identity.provider == Provider::Local {
        tracing::info!("the time to live is over: the agent stops, the host goes on");
        return Ok(());
    }
    let id = booted.identity.instance_id.clone();
    tracing::info!(instance_id = id, "the time to live is over: terminating the instance");
    telemetry.flush(FLUSH).await;
    let mut backoff = Backoff::new(RETRY.0, RETRY.1);
    while let Err(error) = instances::terminate(booted.clients.ec2(), std::slice::from_ref(&id)).await {
        tracing::error!(%error, "EC2 did not terminate the instance; trying again");
        telemetry.flush(FLUSH).await;
        backoff.wait().with_current_context().await;
    }
    Ok(())
}

/// Turns tracing off at `spawn:tracing-until`.
pub(super) async fn end_tracing_in_time(booted: &Booted, telemetry: &Telemetry) {
    let tracing = &booted.settings.tracing;
    let Some(end) = tracing.until.filter(|_| tracing.enabled) else { return };
    until(end).await;
    telemetry.configure(Plan::Off);
    tracing::info!(until = %end, "tracing is off again");
}

fn end_of_life(from: Timestamp, ttl: TimeSpan) -> Timestamp {
    from.checked_add(ttl.duration()).unwrap_or(Timestamp::MAX)
}

/// Waits for the instant by the wall clock, looking again every half minute.
async fn until(instant: Timestamp) {
    loop {
        let left = instant.duration_since(Timestamp::now());
        match Duration::try_from(left) {
            Ok(left) if !left.is_zero() => tokio::time::sleep(left.min(LOOK)).await,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_live_counts_from_the_launch() {
        let launched: Timestamp = "2026-11-21T04:00:00Z".parse().unwrap();
        let end = end_of_life(launched, "1h30m".parse().unwrap());
        assert_eq!(end.to_string(), "2026-11-21T05:30:00Z");
    }

    #[tokio::test]
    async fn an_instant_that_has_passed_is_not_waited_for() {
        until("2020-01-01T00:00:00Z".parse().unwrap()).await;
    }
}
