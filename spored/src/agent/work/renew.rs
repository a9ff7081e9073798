//! Lease and visibility, renewed together: the table must not take a task for abandoned that runs, and the queue must not
//! show its message. What the answer tells (called off, taken by another host) ends the attempt.

use super::crew::Crew;
use super::run::Cut;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_cloud::arrays::Task;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Renewals under way at once.
const AT_ONCE: usize = 8;
/// A lease is renewed this often before it is over: two renewals may fail.
const TIMES: u32 = 3;

/// Renews what is under way, for as long as the crew works. Renewals make no spans: a task may run for days.
pub(super) async fn keep(crew: Arc<Crew>) -> Infallible {
    let interval = crew.options.lease / TIMES;
    let untraced = Context::new().with_telemetry_suppressed();
    let mut timer = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        timer.tick().await;
        let failed = round(&crew, interval).with_context(untraced.clone()).await;
        match (&failed, std::mem::replace(&mut failing, failed.is_some())) {
            (Some(error), false) => tracing::warn!(error, "leases of tasks are not renewed; trying on"),
            (None, true) => tracing::info!("leases of tasks are renewed again"),
            _ => {}
        }
    }
}

/// Renews everything once; answers why something could not be.
async fn round(crew: &Arc<Crew>, within: Duration) -> Option<String> {
    let mut renewals = JoinSet::new();
    let (mut kept, mut failed) = (Vec::new(), None);
    let note = |outcome: Renewed, kept: &mut Vec<String>, failed: &mut Option<String>| match outcome {
        Renewed::Kept(receipt) => kept.extend(receipt),
        Renewed::Gone => {}
        Renewed::Failed(error) => *failed = Some(error),
    };
    for (task, receipt) in crew.under_way() {
        if renewals.len() == AT_ONCE {
            joined(&mut renewals).await.into_iter().for_each(|outcome| note(outcome, &mut kept, &mut failed));
        }
        let crew = Arc::clone(crew);
        renewals.spawn(renew(crew, task, receipt, within).with_context(Context::current()));
    }
    while !renewals.is_empty() {
        joined(&mut renewals).await.into_iter().for_each(|outcome| note(outcome, &mut kept, &mut failed));
    }
    if !kept.is_empty() {
        let hidden = tokio::time::timeout(within, crew.queue.hide_all(&kept, crew.options.lease)).await;
        // A message that shows is refused by the table, so this is no harm yet.
        if let Ok(Err(error)) = hidden {
            tracing::debug!(%error, "messages of tasks under way may show");
        }
    }
    failed
}

enum Renewed {
    Kept(Option<String>),
    Gone,
    Failed(String),
}

async fn joined(renewals: &mut JoinSet<Renewed>) -> Option<Renewed> {
    match renewals.join_next().await? {
        Ok(outcome) => Some(outcome),
        Err(panic) => Some(Renewed::Failed(panic.to_string())),
    }
}

async fn renew(crew: Arc<Crew>, task: Task, receipt: Option<String>, within: Duration) -> Renewed {
    let (index, attempt) = (task.index, task.attempt);
    let renewal = crew.store.renew(&crew.array, &task, crew.now(), crew.options.lease);
    match tokio::time::timeout(within, renewal).await {
        Ok(Ok(Ok(task))) => {
            if task.cancel {
                crew.cut(index, attempt, Cut::Cancelled);
            }
            crew.renewed(task);
            Renewed::Kept(receipt)
        }
        Ok(Ok(Err(refusal))) => {
            tracing::debug!(index, attempt, %refusal, "a lease is not this attempt's any more");
            crew.cut(index, attempt, Cut::Superseded);
            Renewed::Gone
        }
        Ok(Err(error)) => Renewed::Failed(error.to_string()),
        Err(_) => Renewed::Failed(format!("no answer within {} s", within.as_secs_f32())),
    }
}
