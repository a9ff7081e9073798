//! Messages of tasks that have ended are removed a moment later, many at once, when the attempts' spans have left this
//! host. If it dies before that, the message comes again, and whoever receives it records the attempt from its item.

use super::crew::Crew;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use std::convert::Infallible;
use std::time::Duration;

/// Ends that come within this time are settled together.
const GATHER: Duration = Duration::from_millis(500);
/// Longest wait for spans to leave: a back end that is down must not make messages come again.
const LEAVE: Duration = Duration::from_secs(2);
/// Longest wait for SQS; a message that stays costs one refused claim.
const REMOVE: Duration = Duration::from_secs(5);
/// By then an agent that lives has removed the message of a task that has ended.
pub(super) const LONGEST: Duration = GATHER.saturating_add(LEAVE).saturating_add(REMOVE);

/// Settles ends for as long as the crew works.
pub(super) async fn keep(crew: &Crew) -> Infallible {
    loop {
        crew.has_ended_some().await;
        tokio::time::sleep(GATHER).await;
        settle(crew).await;
    }
}

/// Settles the ends so far.
pub(super) async fn settle(crew: &Crew) {
    let receipts = crew.take_ended();
    if receipts.is_empty() {
        return;
    }
    crew.telemetry.flush(LEAVE).await;
    let untraced = Context::new().with_telemetry_suppressed();
    let removed = tokio::time::timeout(REMOVE, crew.queue.remove_all(&receipts).with_context(untraced)).await;
    if let Ok(Err(error)) = removed {
        tracing::debug!(%error, "messages of tasks that have ended are not removed");
    }
}
