//! The agent on the array's roll: who works for it, on what kind of machine, and whether it still lives.

use super::crew::Crew;
use crate::agent::boot::Booted;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_cloud::{AgentRecord, Result};
use spawn_config::Provider;
use std::convert::Infallible;
use std::time::Duration;

/// The table gets this long to take the agent off the roll: it may be on its way out.
const LEAVE: Duration = Duration::from_secs(2);

/// Keeps the agent on the roll, for as long as the crew works. Makes no spans, as heartbeats do not.
pub(super) async fn keep(crew: &Crew, booted: &Booted) -> Infallible {
    let interval = crew.options.heartbeat;
    let mut enrolled = false;
    loop {
        let now = jiff::Timestamp::now().as_second();
        let said = async {
            match enrolled {
                true => crew.store.heartbeat_agent(&crew.array, &booted.record.instance_id, now).await,
                false => enrol(crew, booted, now).await,
            }
        };
        match said.with_context(Context::new().with_telemetry_suppressed()).await {
            Ok(()) => {
                enrolled = true;
                crew.state().enrol(true);
            }
            Err(error) => tracing::debug!(%error, "the array's roll was not taken; trying on"),
        }
        tokio::time::sleep(interval).await;
    }
}

async fn enrol(crew: &Crew, booted: &Booted, now: i64) -> Result<()> {
    let fixed = booted.live.fixed();
    let spot = match fixed.identity.provider {
        Provider::Ec2 => fixed.imds.is_spot().await.ok(),
        Provider::Local => None,
    };
    let slots = booted.live.now().settings().host.job_array.slots.count();
    let agent = AgentRecord { last_seen: now, spot, slots: Some(u32::from(slots)), ..booted.record.clone() };
    crew.store.register_agent(&crew.array, &agent).await
}

/// Takes the agent off the roll, if it is on it. Its item stays: what it cost stays too.
pub(super) async fn leave(crew: &Crew, booted: &Booted) {
    if !crew.state().is_enrolled() {
        return;
    }
    let now = jiff::Timestamp::now().as_second();
    let leave = crew.store.deregister_agent(&crew.array, &booted.record.instance_id, now);
    let left = tokio::time::timeout(LEAVE, leave.with_context(Context::new().with_telemetry_suppressed())).await;
    if !matches!(left, Ok(Ok(()))) {
        tracing::debug!("the agent stays on the array's roll, silent");
    }
    crew.state().enrol(false);
}
