//! The spans of attempts: planned before the claim, recorded when it is known how the attempt ended.
//!
//! | topology | `task NAME[i]` | beside it |
//! |---|---|---|
//! | joined | below the array's span | |
//! | linked | root of a trace of its own, links to the array's span and to the one beside it | `attempt NAME[i]#N` below the array's span, links to the task's |
//!
//! In both, every attempt but the first links to the one before it.

use super::crew::{Crew, carried};
use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, KeyValue};
use spawn_cloud::arrays::{Attempt, Claimed, Millis, Task, TaskState};
use spawn_config::Topology;
use spawn_telemetry::{PlannedSpan, SpanRecord, TaskOutcome as Outcome, attribute, propagation, with_job_array_index};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// The span of an attempt that may come about.
#[derive(Debug)]
pub(super) struct AttemptSpan {
    span: PlannedSpan,
    started: SystemTime,
    clock: Instant,
}

/// What is said of an attempt when it is over.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) outcome: Outcome,
    pub(super) exit_code: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) error: Option<String>,
}

/// When a span began and ended.
type Times = (SystemTime, SystemTime);

impl AttemptSpan {
    /// Plans the span of the next attempt of this task.
    pub(super) fn plan(crew: &Crew, index: u32) -> Self {
        let parent = match crew.array.topology {
            Topology::Linked => Context::new(),
            Topology::Auto | Topology::Joined => crew.context.clone(),
        };
        let span = crew.telemetry.plan_span(&with_job_array_index(&parent, index));
        Self { span, started: SystemTime::now(), clock: Instant::now() }
    }

    /// What the attempt's work hangs below.
    pub(super) const fn context(&self) -> &Context {
        self.span.context()
    }

    /// The attempt as the claim writes it.
    pub(super) fn attempt(&self, owner: &str) -> Attempt {
        Attempt {
            owner: owner.to_owned(),
            traceparent: propagation::traceparent(self.context()),
            tracestate: propagation::tracestate(self.context()),
        }
    }

    /// Says that the attempt is under way, now that the task is this host's.
    pub(super) fn announce(&self, crew: &Crew, task: &Task) {
        let name = format!("task {}", named(crew, task.index));
        let attributes = whose(crew, task);
        crew.telemetry.announce(&self.span, name, SpanKind::Internal, self.started, attributes);
    }

    fn times(&self) -> Times {
        (self.started, self.started + self.clock.elapsed())
    }

    /// Records an attempt that was made here.
    pub(super) fn record(self, crew: &Crew, claimed: &Claimed, told: Told) {
        let times = self.times();
        let before = link_to(&claimed.before);
        if told.outcome == Outcome::Superseded {
            // The span itself was recorded as lost, by whoever has the task now: a span has one end.
            let below = crew.telemetry.plan_span(self.context());
            let name = format!("superseded {}", named(crew, claimed.task.index));
            crew.telemetry.record(below, record(crew, &claimed.task, name, times, Vec::new(), told));
            return;
        }
        record_attempt(crew, self.span, &claimed.task, times, before, told);
    }

    /// Records that the task was not to be had, or could not be asked for.
    pub(super) fn record_refused(self, crew: &Crew, index: u32, error: Option<String>) {
        let times = self.times();
        let told = Told { outcome: Outcome::Refused, exit_code: None, signal: None, error };
        let name = format!("claim {}", named(crew, index));
        let record = record(crew, &Task::new(index), name, times, array_link(crew), told);
        crew.telemetry.record(self.span, record);
    }
}

/// Records the attempts of this task whose hosts vanished, and of which nobody may have told. Whether there was one.
pub(super) fn record_lost(crew: &Crew, task: &Task) -> bool {
    for lost in &task.untold {
        let error = "its host has vanished, and its lease is over".to_owned();
        let told = Told { outcome: Outcome::Lost, exit_code: None, signal: None, error: Some(error) };
        record_for_others(crew, &lost.task(task.index), lost.lease_until, told);
    }
    !task.untold.is_empty()
}

/// Records the last attempt of a task whose message has come again after its end, and those before it that were lost: its
/// host may have vanished before it could. If that host lives, the same span is recorded twice, under one id; what this
/// agent itself has ended or told it has recorded, and its spool keeps it.
pub(super) async fn record_ended(crew: &Crew, index: u32) {
    let Ok(Some(task)) = crew.store.task(&crew.array.id, index).await else { return };
    if task.owner.as_ref() == Some(&crew.owner) || !crew.tells_first(index, task.attempt) {
        return;
    }
    record_lost(crew, &task);
    let is_lost = task.untold.iter().any(|lost| lost.attempt == task.attempt);
    let outcome = match task.state {
        TaskState::Succeeded => Outcome::Succeeded,
        TaskState::Failed if !is_lost => Outcome::Failed,
        TaskState::Failed | TaskState::Cancelled | TaskState::Pending | TaskState::Running => return,
    };
    let error = task.reason.clone().filter(|_| outcome != Outcome::Succeeded);
    let told = Told { outcome, exit_code: task.exit_code, signal: task.signal, error };
    record_for_others(crew, &task, task.ended_at, told);
}

/// Records an attempt of another host from its item.
fn record_for_others(crew: &Crew, task: &Task, ended: Option<Millis>, told: Told) {
    let Some(own) = carried(task.traceparent.as_deref(), task.tracestate.as_deref()) else { return };
    let parent = Some(&crew.context).filter(|_| crew.array.topology != Topology::Linked);
    let own = with_job_array_index(&own, task.index);
    let started = at(task.started_at.unwrap_or_default());
    let times = (started, ended.map_or(started, at).max(started));
    let earlier = carried(task.previous.as_deref(), None);
    record_attempt(crew, PlannedSpan::carried(&own, parent), task, times, earlier, told);
}

/// The span of an attempt, and in the topology `linked` the one that stands for it in the array's trace.
fn record_attempt(crew: &Crew, span: PlannedSpan, task: &Task, times: Times, before: Option<Context>, told: Told) {
    let root = span.context().clone();
    let mut links = array_link(crew);
    links.extend(before);
    if crew.array.topology == Topology::Linked && propagation::traceparent(&crew.context).is_some() {
        let below = crew.telemetry.plan_span(&with_job_array_index(&crew.context, task.index));
        // Back to the span that stands for it, where there will be one.
        links.extend(below.is_recorded().then(|| below.context().clone()));
        let name = format!("attempt {}#{}", named(crew, task.index), task.attempt);
        crew.telemetry.record(below, record(crew, task, name, times, vec![root], told.clone()));
    }
    let name = format!("task {}", named(crew, task.index));
    crew.telemetry.record(span, record(crew, task, name, times, links, told));
}

fn array_link(crew: &Crew) -> Vec<Context> {
    match crew.array.topology {
        Topology::Linked => vec![crew.context.clone()],
        Topology::Auto | Topology::Joined => Vec::new(),
    }
}

/// The attempt before, where there was one and its item tells its context.
fn link_to(before: &Task) -> Option<Context> {
    (before.attempt > 0).then(|| carried(before.traceparent.as_deref(), before.tracestate.as_deref())).flatten()
}

fn named(crew: &Crew, index: u32) -> String {
    format!("{}[{index}]", crew.array.id.name())
}

fn record(crew: &Crew, task: &Task, name: String, times: Times, links: Vec<Context>, told: Told) -> SpanRecord {
    let Told { outcome, exit_code, signal, error } = told;
    let mut attributes = whose(crew, task);
    attributes.push(KeyValue::new(attribute::SPAWN_TASK_OUTCOME, outcome.as_str()));
    let codes = [(attribute::PROCESS_EXIT_CODE, exit_code), (attribute::SPAWN_TASK_SIGNAL, signal)];
    attributes.extend(codes.into_iter().filter_map(|(key, code)| Some(KeyValue::new(key, i64::from(code?)))));
    SpanRecord {
        name: name.into(),
        kind: SpanKind::Internal,
        started: times.0,
        ended: times.1,
        attributes,
        links,
        error,
    }
}

/// What an attempt is an attempt at.
fn whose(crew: &Crew, task: &Task) -> Vec<KeyValue> {
    let id = crew.array.id.as_str();
    let mut attributes = vec![
        KeyValue::new(attribute::SPAWN_JOB_ARRAY_ID, id.to_owned()),
        KeyValue::new(attribute::SPAWN_JOB_ARRAY_NAME, crew.array.id.name().to_owned()),
        KeyValue::new(attribute::TASK_ID, format!("{id}/{}", task.index)),
    ];
    if task.attempt > 0 {
        attributes.push(KeyValue::new(attribute::SPAWN_TASK_ATTEMPT, i64::from(task.attempt)));
    }
    // The host's own identity is added where there is none.
    if let Some(instance) = task.instance() {
        attributes.push(KeyValue::new(attribute::SPAWN_INSTANCE_ID, instance.to_owned()));
    }
    attributes
}

/// An instant of an item as the clock of spans has it.
pub(super) fn at(instant: Millis) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(instant).unwrap_or_default())
}
