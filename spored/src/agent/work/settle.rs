//! The end of an attempt: written into the table first, then the message is settled. The table decides; a message that
//! stays behind costs one refused claim.

use super::Orders;
use super::crew::{Crew, Place};
use super::run::Cut;
use super::spans::{self, Told};
use crate::backoff::Backoff;
use opentelemetry::Context;
use spawn_cloud::Error;
use spawn_cloud::arrays::{Ending, Millis, Refusal, Task, TaskState, Written};
use spawn_telemetry::TaskOutcome as Outcome;
use std::convert::Infallible;
use std::time::Duration;

/// Shortest and longest wait before an end is written again.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// Longest wait before a task's next attempt.
const LONGEST_BACKOFF: Duration = Duration::from_secs(10 * 60);

/// What became of an attempt on this host.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    pub(super) verdict: Verdict,
    pub(super) exit_code: Option<i32>,
    pub(super) signal: Option<i32>,
    /// Why it did not succeed, or what else there is to say.
    pub(super) reason: Option<String>,
    /// Where its results are, once there are some.
    pub(super) output: Option<String>,
}

/// Whose the attempt's end is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Verdict {
    #[default]
    Succeeded,
    Failed,
    Cancelled,
    /// The host gives it back.
    Released,
    /// The host cannot work on it; another one may.
    HostFailed,
    Superseded,
}

/// How the end was taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settled {
    pub(super) outcome: Outcome,
    /// Whether AWS was in the way.
    pub(super) trouble: bool,
}

impl Done {
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, reason: Some(reason.into()), ..Self::default() }
    }

    pub(super) fn cut(cut: Cut, crew: &Crew) -> Self {
        let (verdict, reason) = match cut {
            Cut::Cancelled => (Verdict::Cancelled, "called off by the operator"),
            Cut::Superseded => (Verdict::Superseded, "another host has taken the task for lost"),
            Cut::Stopping => match *crew.state().orders().borrow() {
                Orders::GiveBack(why) => (Verdict::Released, why),
                Orders::Work | Orders::NothingNew => (Verdict::Released, "given back"),
            },
        };
        Self { verdict, reason: Some(reason.to_owned()), ..Self::default() }
    }

    /// Whether the command has succeeded, so that what it left is worth storing.
    pub(super) fn has_results(&self) -> bool {
        self.verdict == Verdict::Succeeded
    }

    pub(super) fn is_the_hosts_fault(&self) -> bool {
        self.verdict == Verdict::HostFailed
    }

    pub(super) fn told(&self, outcome: Outcome) -> Told {
        let error = self.reason.clone().filter(|_| outcome != Outcome::Succeeded);
        Told { outcome, exit_code: self.exit_code, signal: self.signal, error }
    }

    /// What is written, and how long the task then waits.
    fn ending(&self, crew: &Crew, task: &Task, now: Millis) -> (Ending, Outcome, Duration) {
        let (state, outcome, counts, wait) = match self.verdict {
            Verdict::Succeeded => (TaskState::Succeeded, Outcome::Succeeded, false, Duration::ZERO),
            Verdict::Cancelled => (TaskState::Cancelled, Outcome::Cancelled, false, Duration::ZERO),
            Verdict::Failed if task.failures < crew.array.retries => {
                let wait = backoff(crew.options.backoff, task.failures, fastrand::f64());
                (TaskState::Pending, Outcome::Retried, true, wait)
            }
            Verdict::Failed => (TaskState::Failed, Outcome::Failed, true, Duration::ZERO),
            Verdict::HostFailed => (TaskState::Pending, Outcome::Released, false, crew.options.lease),
            Verdict::Released | Verdict::Superseded => (TaskState::Pending, Outcome::Released, false, Duration::ZERO),
        };
        let not_before = Some(now + Millis::try_from(wait.as_millis()).unwrap_or(Millis::MAX / 2));
        let ending = Ending {
            state,
            not_before: not_before.filter(|_| state == TaskState::Pending && !wait.is_zero()),
            counts,
            exit_code: self.exit_code,
            signal: self.signal,
            reason: self.reason.clone(),
            output: self.output.clone(),
        };
        (ending, outcome, wait)
    }
}

/// The wait before the attempt after this many failures: doubling, capped, with jitter above the half.
fn backoff(first: Duration, failures: u32, random: f64) -> Duration {
    let bound = first.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_BACKOFF);
    bound.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
}

/// Writes the attempt's end and settles its message.
pub(super) async fn settle(crew: &Crew, place: &Place, done: &Done) -> Settled {
    if done.verdict == Verdict::Superseded {
        return Settled { outcome: Outcome::Superseded, trouble: false };
    }
    let complete = async { Ok::<_, Infallible>(complete(crew, place, done).await) };
    match crew.telemetry.in_span("complete", Vec::new(), complete).await {
        Ok(settled) => settled,
        Err(never) => match never {},
    }
}

async fn complete(crew: &Crew, place: &Place, done: &Done) -> Settled {
    let mut retry = Backoff::new(RETRY.0, RETRY.1);
    let mut trouble = false;
    loop {
        let Some(task) = place.task() else { return Settled { outcome: Outcome::Superseded, trouble } };
        let now = crew.now();
        let (ending, outcome, wait) = done.ending(crew, &task, now);
        let error = match crew.store.end(&crew.array, &task, now, &ending).await {
            Ok(Ok(written)) => {
                settle_message(crew, task.index, place.receipt().as_deref(), written.state, wait).await;
                // An attempt that gives the task back ends it if the operator has called it off meanwhile.
                let cancelled = written.state == TaskState::Cancelled;
                return Settled { outcome: if cancelled { Outcome::Cancelled } else { outcome }, trouble };
            }
            // The answer to an earlier try may have been lost on its way.
            Ok(Err(_)) if trouble && is_written(crew, &task, &ending).await => {
                settle_message(crew, task.index, place.receipt().as_deref(), ending.state, wait).await;
                return Settled { outcome, trouble };
            }
            Ok(Err(refusal)) => {
                tracing::warn!(index = task.index, attempt = task.attempt, %refusal, "an attempt's end is not taken");
                return Settled { outcome: Outcome::Superseded, trouble };
            }
            Err(error) => error,
        };
        crew.trouble(&error);
        trouble = true;
        if matches!(error, Error::Unexpected { .. }) {
            tracing::warn!(index = task.index, %error, "an attempt's end cannot be written; its lease runs out");
            return Settled { outcome: Outcome::Released, trouble };
        }
        retry.wait().await;
    }
}

/// Whether the task's item says what was to be written.
async fn is_written(crew: &Crew, task: &Task, ending: &Ending) -> bool {
    let found = crew.store.task(&crew.array.id, task.index).await;
    found.ok().flatten().is_some_and(|found| {
        (found.owner, found.attempt, found.state) == (task.owner.clone(), task.attempt, ending.state)
    })
}

async fn settle_message(crew: &Crew, index: u32, receipt: Option<&str>, state: TaskState, wait: Duration) {
    match (receipt, state) {
        (Some(receipt), TaskState::Pending) => hide(crew, Some(receipt), wait).await,
        (Some(receipt), _) => crew.acknowledge(receipt.to_owned()),
        // Its message is lost, and somebody has to hear of its next attempt.
        (None, TaskState::Pending) => {
            if let Err(error) = crew.queue.send(&[index], &Context::current(), |_| ()).await {
                tracing::debug!(index, %error, "a task's message is not sent again; a sweep will find the task");
            }
        }
        (None, _) => {}
    }
}

/// Settles the message of a task that was not to be had.
pub(super) async fn refused(crew: &Crew, index: u32, receipt: Option<&str>, refusal: Refusal) {
    let jitter = |time: Duration| time + Duration::from_secs(1).mul_f64(fastrand::f64());
    match (refusal, receipt) {
        (Refusal::Leased(left) | Refusal::TooEarly(left), receipt) => hide(crew, receipt, jitter(left)).await,
        (Refusal::LostTooOften(_), receipt) => match crew.store.give_up(&crew.array, index, crew.now()).await {
            Ok(given_up) => {
                tracing::warn!(array = crew.array.id.as_str(), index, "a task's hosts have vanished too often");
                if let Ok(Written { before: _, after }) = given_up {
                    spans::record_lost(crew, &after);
                }
                receipt.into_iter().for_each(|receipt| crew.acknowledge(receipt.to_owned()));
            }
            Err(error) => crew.trouble(&error),
        },
        (Refusal::Ended(_) | Refusal::Unknown, Some(receipt)) => crew.acknowledge(receipt.to_owned()),
        (Refusal::NotOwner | Refusal::NotNow(_), receipt) => hide(crew, receipt, crew.options.lease).await,
        (Refusal::Ended(_) | Refusal::Unknown, None) => {}
    }
}

/// Hides a message; one that shows too early costs a refused claim.
pub(super) async fn hide(crew: &Crew, receipt: Option<&str>, time: Duration) {
    let Some(receipt) = receipt else { return };
    if let Err(error) = crew.queue.hide(receipt, time).await {
        tracing::debug!(%error, "a message is not hidden");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_with_each_failure_and_has_an_end() {
        let first = Duration::from_secs(10);
        let longest: Vec<u64> = [0, 1, 2, 5, 6, 40].map(|failures| backoff(first, failures, 1.0).as_secs()).into();
        assert_eq!(longest, [10, 20, 40, 320, 600, 600]);
        assert_eq!(backoff(first, 0, 0.0), Duration::from_secs(5));
    }
}
