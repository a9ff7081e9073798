//! What everybody who works for one array shares: the array, the clients, and the tasks that run.

use super::WorkOptions;
use super::run::Cut;
use super::state::{RunningTask, WorkState};
use crate::agent::boot::Booted;
use crate::agent::live::InForce;
use crate::agent::state::Shared;
use opentelemetry::Context;
use spawn_cloud::arrays::{ArrayRecord, ArrayStore, Millis, ServerClock, Task, TaskQueue};
use spawn_cloud::{Clients, Error};
use spawn_telemetry::{TaskOutcome, Telemetry, propagation};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Those who work for an array. A change of the settings makes another crew; what runs keeps the one it began with.
#[derive(Debug)]
pub(super) struct Crew {
    pub(super) array: ArrayRecord,
    /// Context of the array's span; empty without one, or with one that is malformed.
    pub(super) context: Context,
    pub(super) clients: Clients,
    pub(super) store: ArrayStore,
    pub(super) queue: TaskQueue,
    pub(super) clock: ServerClock,
    pub(super) telemetry: Telemetry,
    pub(super) shared: Shared,
    /// Who makes the attempts: the instance, and what tells this agent from an earlier one there.
    pub(super) owner: String,
    pub(super) options: WorkOptions,
    /// Where tasks work, below the agent's state.
    pub(super) folder: PathBuf,
    /// Where `/proc` and `/sys` are.
    pub(super) root: PathBuf,
    /// The agent's own environment.
    pub(super) environment: BTreeMap<String, String>,
    running: Mutex<BTreeMap<u32, Running>>,
    /// Messages of tasks that have ended.
    ended: Mutex<Vec<String>>,
    has_ended: Notify,
    /// By task, the last attempt of another host that was told here after its end.
    told_for_others: Mutex<BTreeMap<u32, u32>>,
}

/// One attempt under way, as whoever renews its lease knows it.
#[derive(Debug)]
struct Running {
    task: Task,
    receipt: Option<String>,
    cut: watch::Sender<Option<Cut>>,
    since: jiff::Timestamp,
    renewed: Instant,
}

/// An attempt's place among those under way; it ends with this value.
#[derive(Debug)]
pub(super) struct Place {
    crew: Arc<Crew>,
    index: u32,
    /// Why the attempt is to end early, once it is.
    pub(super) cut: watch::Receiver<Option<Cut>>,
}

/// Who calls AWS for the work, and by whose clock.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) clients: Clients,
    pub(super) store: ArrayStore,
    pub(super) clock: ServerClock,
}

impl Caller {
    /// Clients that are traced as the settings in force say.
    pub(super) fn new(booted: &Booted, in_force: &InForce, clock: &ServerClock) -> Self {
        let clients = in_force.clients.hearing(clock.clone());
        let table = booted.live.fixed().world.variable("SPAWN_TABLE").map(str::to_owned);
        let store = ArrayStore::new(clients.dynamodb().clone(), table);
        Self { clients, store, clock: clock.clone() }
    }
}

impl Crew {
    pub(super) fn new(
        array: ArrayRecord,
        caller: Caller,
        booted: &Booted,
        shared: &Shared,
        owner: &str,
        options: WorkOptions,
    ) -> Self {
        let fixed = booted.live.fixed();
        let Caller { clients, store, clock } = caller;
        Self {
            context: context(&array),
            queue: TaskQueue::new(clients.sqs().clone(), array.queue_url.clone()),
            clients,
            store,
            clock,
            telemetry: fixed.telemetry.clone(),
            shared: shared.clone(),
            owner: owner.to_owned(),
            options,
            folder: fixed.world.state_folder().join(super::FOLDER).join(array.id.as_str()),
            root: fixed.world.root.clone(),
            environment: fixed.world.environment.clone(),
            running: Mutex::default(),
            ended: Mutex::default(),
            has_ended: Notify::new(),
            told_for_others: Mutex::default(),
            array,
        }
    }

    /// Enters an attempt among those under way.
    pub(super) fn enter(self: &Arc<Self>, task: Task, receipt: Option<String>) -> Place {
        let index = task.index;
        let (sender, cut) = watch::channel(None);
        let (since, renewed) = (jiff::Timestamp::now(), Instant::now());
        self.lock().insert(index, Running { task, receipt, cut: sender, since, renewed });
        self.tell();
        Place { crew: Arc::clone(self), index, cut }
    }

    /// The attempts under way, with what keeps their messages hidden.
    pub(super) fn under_way(&self) -> Vec<(Task, Option<String>)> {
        self.lock().values().map(|running| (running.task.clone(), running.receipt.clone())).collect()
    }

    /// Takes over the receipt of a task that is under way here: its message has come again. False if it is not.
    pub(super) fn adopt(&self, index: u32, receipt: Option<&String>) -> bool {
        let mut under_way = self.lock();
        let Some(running) = under_way.get_mut(&index) else { return false };
        running.receipt = receipt.cloned().or_else(|| running.receipt.take());
        true
    }

    /// The lease was renewed: this is the task now.
    pub(super) fn renewed(&self, task: Task) {
        if let Some(running) = self.lock().get_mut(&task.index).filter(|running| running.task.attempt == task.attempt) {
            // What was told while the renewal was on its way needs no telling again.
            let untold = task.untold.into_iter().filter(|lost| running.task.untold.contains(lost)).collect();
            running.task = Task { untold, ..task };
            running.renewed = Instant::now();
        }
    }

    /// The attempts of this task that were lost are told: its next write says so.
    pub(super) fn told(&self, index: u32) {
        if let Some(running) = self.lock().get_mut(&index) {
            running.task.untold.clear();
        }
    }

    /// Has an attempt end early.
    pub(super) fn cut(&self, index: u32, attempt: u32, cut: Cut) {
        if let Some(running) = self.lock().get(&index).filter(|running| running.task.attempt == attempt) {
            running.cut.send_if_modified(|now| now.is_none().then(|| *now = Some(cut)).is_some());
        }
    }

    /// Has the message of a task that has ended removed.
    pub(super) fn acknowledge(&self, receipt: String) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).push(receipt);
        self.has_ended.notify_one();
    }

    /// Waits until there are messages to remove.
    pub(super) async fn has_ended_some(&self) {
        self.has_ended.notified().await;
    }

    /// Notes that this agent tells of an attempt that another host has ended; false if it has told of it before.
    pub(super) fn tells_first(&self, index: u32, attempt: u32) -> bool {
        let mut told = self.told_for_others.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(index, attempt) != Some(attempt)
    }

    pub(super) fn take_ended(&self) -> Vec<String> {
        std::mem::take(&mut *self.ended.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The time by AWS's clock.
    pub(super) fn now(&self) -> Millis {
        self.clock.now()
    }

    pub(super) fn state(&self) -> &WorkState {
        self.shared.work()
    }

    /// Notes that AWS is in the way; says so once.
    pub(super) fn trouble(&self, error: &Error) {
        if self.state().problem(Some(error.to_string())) {
            tracing::warn!(%error, array = self.array.id.as_str(), "the work is held up; trying on");
        }
    }

    /// Counts an attempt by how it ended.
    pub(super) fn count(&self, outcome: TaskOutcome) {
        self.state().change(|report| {
            let made = &mut report.made;
            let count = match outcome {
                TaskOutcome::Succeeded => &mut made.succeeded,
                TaskOutcome::Failed | TaskOutcome::Retried => &mut made.failed,
                TaskOutcome::Cancelled => &mut made.cancelled,
                TaskOutcome::Released | TaskOutcome::Lost | TaskOutcome::Superseded | TaskOutcome::Refused => {
                    &mut made.released
                }
            };
            *count += 1;
        });
    }

    fn tell(&self) {
        let tasks: Vec<RunningTask> = self
            .lock()
            .values()
            .map(|running| RunningTask {
                index: running.task.index,
                attempt: running.task.attempt,
                since: format!("{:.0}", running.since),
            })
            .collect();
        self.state().change(|report| report.running = tasks);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Running>> {
        // Every write leaves the map whole.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The task as it was last written.
    pub(super) fn task(&self) -> Option<Task> {
        self.crew.lock().get(&self.index).map(|running| running.task.clone())
    }

    /// What settles the task's message.
    pub(super) fn receipt(&self) -> Option<String> {
        self.crew.lock().get(&self.index).and_then(|running| running.receipt.clone())
    }

    /// Whether the lease may be over, as far as this host can tell.
    pub(super) fn may_be_over(&self) -> bool {
        let lease = self.crew.options.lease;
        self.crew.lock().get(&self.index).is_none_or(|running| running.renewed.elapsed() >= lease)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crew.lock().remove(&self.index);
        self.crew.tell();
    }
}

/// Context of the array's span; empty without one, or with one that is malformed.
pub(super) fn context(array: &ArrayRecord) -> Context {
    carried(array.traceparent.as_deref(), array.tracestate.as_deref()).unwrap_or_default()
}

/// The context that an item carries; one that is malformed is left out with a warning.
pub(super) fn carried(traceparent: Option<&str>, tracestate: Option<&str>) -> Option<Context> {
    propagation::from_item(|name| match name {
        "traceparent" => traceparent,
        "tracestate" => tracestate,
        _ => None,
    })
}
