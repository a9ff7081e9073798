//! The end of the instance's time: `spawn:ttl` counts from the launch, not from the agent's start.

use super::boot::Booted;
use super::clock;
use super::state::Shared;
use crate::backoff::Backoff;
use jiff::Timestamp;
use opentelemetry::KeyValue;
use opentelemetry::context::FutureExt;
use spawn_cloud::instances;
use spawn_config::{Provider, TimeSpan};
use spawn_telemetry::Telemetry;
use std::time::Duration;

/// Spans leave before the call that ends the instance, within this time.
const FLUSH: Duration = Duration::from_secs(2);
/// Shortest and longest wait before a refused TerminateInstances is tried again.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Returns when the agent's time is over; without a time to live, never. A time to live that changes counts at once.
pub(super) async fn until_end(booted: &Booted, telemetry: &Telemetry, shared: &Shared) {
    let mut changes = booted.live.changes();
    // A host without a launch time lives from the agent's start.
    let from = booted.live.fixed().identity.launched_at.unwrap_or_else(Timestamp::now);
    let ttl = loop {
        let ttl = changes.borrow_and_update().settings().life.ttl;
        let end = ttl.map(|ttl| end_of_life(from, ttl));
        if shared.ends_at(end) {
            tracing::info!(ends_at = end.map(tracing::field::display), "the time to live is set");
        }
        let over = async {
            match end {
                Some(end) => clock::until(end).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = over => break ttl,
            // The holder of the settings outlives this borrow of it.
            _ = changes.changed() => {}
        }
    };
    shared.ending();
    let ttl = ttl.map(|ttl| ttl.to_string()).unwrap_or_default();
    let attributes = vec![KeyValue::new("spawn.reason", "ttl"), KeyValue::new("spawn.ttl", ttl)];
    match telemetry.in_span("lifecycle ttl", attributes, end_host(booted, telemetry)).await {
        Ok(()) => {}
        Err(never) => match never {},
    }
}

/// Ends the instance, however often it takes; a host of the user's own goes on, only the agent stops.
async fn end_host(booted: &Booted, telemetry: &Telemetry) -> Result<(), std::convert::Infallible> {
    if booted.live.fixed().identity.provider == Provider::Local {
        tracing::info!("the time to live is over: the agent stops, the host goes on");
        return Ok(());
    }
    let id = booted.record.instance_id.clone();
    tracing::info!(instance_id = id, "the time to live is over: terminating the instance");
    telemetry.flush(FLUSH).await;
    let mut backoff = Backoff::new(RETRY.0, RETRY.1);
    while let Err(error) = instances::terminate(booted.live.now().clients.ec2(), std::slice::from_ref(&id)).await {
        tracing::error!(%error, "EC2 did not terminate the instance; trying again");
        telemetry.flush(FLUSH).await;
        backoff.wait().with_current_context().await;
    }
    Ok(())
}

fn end_of_life(from: Timestamp, ttl: TimeSpan) -> Timestamp {
    from.checked_add(ttl.duration()).unwrap_or(Timestamp::MAX)
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
}
