//! The story of one attempt: claim, stage in, run, stage out, complete, each a span below the attempt's own.

use super::crew::{Crew, Place};
use super::run::{self, Cut};
use super::settle::{self, Done};
use super::spans::{self, AttemptSpan};
use opentelemetry::context::FutureExt;
use spawn_cloud::Error;
use spawn_cloud::arrays::{Claimed, Refusal};
use std::sync::Arc;
use std::time::Duration;

/// A message whose task cannot be read is not looked at again for so long.
const UNREADABLE: Duration = Duration::from_secs(10 * 60);

/// Time that the spans of lost attempts get to leave.
const LOST: Duration = Duration::from_secs(1);

/// A task that may be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) index: u32,
    /// What settles its message; a task that a sweep found has none.
    pub(super) receipt: Option<String>,
    /// Whether nobody is likely to have touched it.
    pub(super) fresh: bool,
}

/// What an attempt tells the one who looks for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// A task has been worked on.
    Worked,
    /// The task was not to be had.
    Nothing,
    /// AWS or this host is in the way: more work would fail alike.
    Trouble,
}

/// Makes an attempt at the task, if it is to be had.
pub(super) async fn attempt(crew: Arc<Crew>, found: Found) -> After {
    let span = AttemptSpan::plan(&crew, found.index);
    let context = span.context().clone();
    whole(crew, found, span).with_context(context).await
}

async fn whole(crew: Arc<Crew>, found: Found, span: AttemptSpan) -> After {
    let Found { index, receipt, fresh } = found;
    let array = crew.array.id.as_str();
    match claim(&crew, index, fresh, &span).await {
        Ok(Ok(claimed)) => {
            let place = crew.enter(claimed.task.clone(), receipt);
            work(&crew, &claimed, place, span).await
        }
        Ok(Err(refusal)) => {
            tracing::debug!(array, index, %refusal, "a task is not to be had");
            span.record_refused(&crew, index, None);
            if let (Refusal::Ended(_), Some(_), false) = (refusal, &receipt, fresh) {
                spans::record_ended(&crew, index).await;
            }
            settle::refused(&crew, index, receipt.as_deref(), refusal).await;
            After::Nothing
        }
        Err(error) => {
            tracing::debug!(array, index, %error, "a task could not be claimed");
            span.record_refused(&crew, index, Some(error.to_string()));
            if matches!(error, Error::Unexpected { .. }) {
                tracing::warn!(array, index, %error, "a task is left alone for now");
                settle::hide(&crew, receipt.as_deref(), UNREADABLE).await;
                return After::Nothing;
            }
            crew.trouble(&error);
            After::Trouble
        }
    }
}

async fn claim(crew: &Crew, index: u32, fresh: bool, span: &AttemptSpan) -> Result<Result<Claimed, Refusal>, Error> {
    let attempt = span.attempt(&crew.owner);
    let claim = crew.store.claim(&crew.array, index, &attempt, crew.now(), crew.options.lease, fresh);
    crew.telemetry.in_span("claim", Vec::new(), claim).await
}

/// What follows a claim.
async fn work(crew: &Arc<Crew>, claimed: &Claimed, place: Place, span: AttemptSpan) -> After {
    let (array, task) = (crew.array.id.as_str(), &claimed.task);
    // They leave before this host may be lost as well; until they have, the task's item keeps them for the next.
    if spans::record_lost(crew, task) && crew.telemetry.flush(LOST).await.left == 0 {
        crew.told(task.index);
    }
    tracing::info!(array, index = task.index, attempt = task.attempt, "task begins");
    span.announce(crew, task);
    let work = run::Work::new(crew, &claimed.task);
    // It was called off while the host before had it, and that host has vanished.
    let called_off = task.cancel.then(|| settle::Done::cut(Cut::Cancelled, crew));
    let done = match called_off {
        Some(done) => done,
        None => Box::pin(made(&work, &place)).await,
    };
    let (settled, ()) = tokio::join!(settle::settle(crew, &place, &done), work.clear());
    let told = done.told(settled.outcome);
    tracing::info!(
        array,
        index = task.index,
        attempt = task.attempt,
        outcome = told.outcome.as_str(),
        exit_code = told.exit_code,
        signal = told.signal,
        reason = told.error,
        "task has ended"
    );
    span.record(crew, claimed, told);
    crew.count(settled.outcome);
    if done.is_the_hosts_fault() || settled.trouble { After::Trouble } else { After::Worked }
}

/// From the inputs to the results. An attempt that is to end early ends wherever it is; one that only gives way to the
/// agent's end may store what it has.
async fn made(work: &run::Work<'_>, place: &Place) -> Done {
    let ready = async {
        let ready = work.prepare().await?;
        work.stage_in(&ready, place).await.map(|()| ready)
    };
    let done = match ready.await {
        Ok(ready) => work.run(ready, place).await,
        Err(done) => done,
    };
    if done.has_results() { work.stage_out(done, place).await } else { done }
}

/// Waits until the attempt is to end early.
pub(super) async fn cut(crew: &Crew, place: &Place) -> Cut {
    let mut orders = crew.state().orders();
    let by_the_agent = async {
        let told = orders.wait_for(|orders| matches!(orders, super::Orders::GiveBack(_))).await.is_ok();
        if !told {
            std::future::pending::<()>().await;
        }
        Cut::Stopping
    };
    tokio::select! {
        cut = cut_by_others(place) => cut,
        cut = by_the_agent => cut,
    }
}

/// The same, but what the agent itself is told does not count.
pub(super) async fn cut_by_others(place: &Place) -> Cut {
    let mut cut = place.cut.clone();
    loop {
        if let Some(cut) = *cut.borrow_and_update() {
            return cut;
        }
        // The sender lives as long as the place.
        if cut.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
