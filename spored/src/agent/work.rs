//! The work for a job array: which array, as many tasks at once as there are slots, and what becomes of it all in the end.
//!
//! ```text
//! job-array-id ─► find the array ─► { receive ─► attempt } × slots ─► the last task has ended ─► the end of the array
//! ```
//!
//! One thread, no task without an owner: dropping this duty ends everything that it began.

mod acknowledge;
mod attempt;
mod confirmed;
mod crew;
mod finish;
mod look;
mod renew;
mod roll;
mod run;
mod serve;
mod settle;
mod spans;
mod stage;
mod state;

pub(crate) use state::{Orders, WorkReport, WorkState};

use super::boot::Booted;
use super::state::Shared;
use crate::agent::{Completion, Outcome};
use crate::backoff::Backoff;
use crew::{Caller, Crew};
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use serve::Why;
use spawn_cloud::arrays::{ArrayId, ArrayRecord, ServerClock};
use spawn_config::Provider;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// Folder of the tasks below the agent's state.
const FOLDER: &str = "tasks";
/// Time between two looks at an array on which there is nothing to do.
const LOOK: Duration = Duration::from_secs(60);
/// Time between two looks at an array whose launch is not done yet.
const NOT_READY: Duration = Duration::from_secs(2);
/// Shortest and longest wait after AWS was in the way.
pub(super) const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How the agent works.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkOptions {
    /// How long a host that says nothing keeps a task.
    pub(crate) lease: Duration,
    /// Wait before the second attempt of a task that has failed; it doubles with each further one.
    pub(crate) backoff: Duration,
    /// Time between two signs of life to the array.
    pub(crate) heartbeat: Duration,
}

/// Works for the array that the settings name, for as long as the agent lives.
pub(super) async fn work(booted: &Booted, options: WorkOptions, shared: &Shared) -> Infallible {
    let mut changes = booted.live.changes();
    let owner = format!("{}/{:08x}", booted.record.instance_id, fastrand::u32(..));
    // An agent that was killed has left folders behind, and perhaps processes.
    crate::process::clear(&booted.live.fixed().world.state_folder().join(FOLDER)).await;
    loop {
        let wanted = changes.borrow_and_update().settings().host.job_array.id.clone();
        shared.work().change(|report| *report = WorkReport { array: wanted.clone(), ..WorkReport::default() });
        let Some(text) = wanted else {
            wait_for_another(booted, None).await;
            continue;
        };
        match text.parse::<ArrayId>() {
            Ok(id) => Host { booted, options, shared, owner: &owner }.serve(&id).await,
            Err(error) => {
                tracing::warn!(%error, array = text, "the host works for no array");
                shared.work().problem(Some(error.to_string()));
                wait_for_another(booted, Some(&text)).await;
            }
        }
    }
}

/// Waits until the settings name another array than this one.
async fn wait_for_another(booted: &Booted, id: Option<&str>) {
    let mut changes = booted.live.changes();
    // The holder of the settings outlives this borrow of it.
    drop(changes.wait_for(|now| now.settings().host.job_array.id.as_deref() != id).await);
}

/// This host as a worker.
#[derive(Clone, Copy, Debug)]
struct Host<'a> {
    booted: &'a Booted,
    options: WorkOptions,
    shared: &'a Shared,
    owner: &'a str,
}

impl Host<'_> {
    /// Works for this array until the settings name another one.
    async fn serve(self, id: &ArrayId) {
        let clock = ServerClock::default();
        let mut retry = Backoff::new(RETRY.0, RETRY.1);
        loop {
            let in_force = self.booted.live.now();
            let caller = Caller::new(self.booted, &in_force, &clock);
            let untraced = Context::new().with_telemetry_suppressed();
            let wait = match caller.store.find(id).with_context(untraced).await {
                Ok(Some(array)) if !array.ready => {
                    self.tell("looking", Some("the array's launch is not done yet".to_owned()));
                    NOT_READY
                }
                Ok(Some(array)) if array.ended_at.is_some() => self.ended(&array, &caller).await,
                Ok(Some(array)) => {
                    retry = Backoff::new(RETRY.0, RETRY.1);
                    match self.work_for(array, caller).await {
                        Why::Left => return,
                        Why::Stopped => {
                            // An instance that EC2 has put to sleep may wake up to another life.
                            let mut orders = self.shared.work().orders();
                            drop(orders.wait_for(|orders| *orders == Orders::Work).await);
                            continue;
                        }
                        Why::LookAgain => continue,
                    }
                }
                Ok(None) => {
                    let account = "there is no job array of this id in this account and region";
                    self.tell("looking", Some(format!("{account}: see `spawn status`")));
                    LOOK
                }
                Err(error) => {
                    self.tell("looking", Some(error.to_string()));
                    retry.delay(0.5 + fastrand::f64() / 2.0)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = wait_for_another(self.booted, Some(id.as_str())) => return,
            }
        }
    }

    async fn work_for(self, array: ArrayRecord, caller: Caller) -> Why {
        self.tell("working", None);
        let crew = Crew::new(array, caller, self.booted, self.shared, self.owner, self.options);
        {
            let _in_its_trace = crew.context.clone().attach();
            let array = &crew.array;
            tracing::info!(array = array.id.as_str(), size = array.size, owner = self.owner, "working for a job array");
        }
        let why = Box::pin(serve::serve(Arc::new(crew), self.booted)).await;
        self.shared.work().count_running(0);
        why
    }

    /// What an array that has ended means for this host: an instance was there for its tasks alone.
    async fn ended(self, array: &ArrayRecord, caller: &Caller) -> Duration {
        if self.shared.work().change(|report| std::mem::replace(&mut report.state, "ended")) != "ended" {
            let _in_its_trace = crew::context(array).attach();
            tracing::info!(array = array.id.as_str(), "the job array has ended");
        }
        self.shared.work().problem(None);
        if self.booted.live.fixed().identity.provider == Provider::Ec2 {
            let untraced = Context::new().with_telemetry_suppressed();
            let failed = caller.store.counts(&array.id).with_context(untraced).await.map_or(0, |counts| counts.failed);
            let status = if failed == 0 { Outcome::Succeeded } else { Outcome::Failed };
            let message = Some(format!("job array {} has ended, {failed} of {} tasks failed", array.id, array.size));
            self.shared.complete(Completion { status, message });
        }
        LOOK
    }

    fn tell(self, state: &'static str, problem: Option<String>) {
        self.shared.work().change(|report| report.state = state);
        let told = problem.clone();
        if let (true, Some(problem)) = (self.shared.work().problem(problem), told) {
            tracing::warn!(problem, "the host does not work for its job array yet; trying on");
        }
    }
}
