//! `spawn retry`: gives tasks of a job array that have ended another round of attempts.

use crate::args::Global;
use crate::array::{Changed, Indices, Overview, Word, each, find, parse_word, store};
use crate::exit::Exit;
use crate::output::Output;
use crate::session::{self, Session};
use crate::show;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use opentelemetry::{Context, KeyValue};
use serde_json::json;
use spawn_cloud::arrays::{ArrayRecord, Task, TaskQueue, TaskState};
use spawn_host::World;
use std::time::Duration;

/// How long a new queue hides a message that an agent has taken, until the agent says for how long.
const VISIBILITY: Duration = Duration::from_secs(60);

/// Which tasks.
#[derive(Debug, Args)]
pub(crate) struct RetryOptions {
    /// Id or name of the job array.
    #[arg(value_name = "ARRAY", value_parser = parse_word)]
    array: Word,
    /// Tasks that failed; this is meant where nothing else is said.
    #[arg(long)]
    failed: bool,
    /// Tasks that were called off.
    #[arg(long)]
    cancelled: bool,
    /// These tasks, however they ended: 3, 0-9 or 0-9,12.
    #[arg(long, value_name = "INDICES", conflicts_with_all = ["failed", "cancelled", "all"])]
    index: Option<Indices>,
    /// Every task that has ended, those that succeeded too: their results are replaced.
    #[arg(long, conflicts_with_all = ["failed", "cancelled"])]
    all: bool,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

impl RetryOptions {
    fn means(&self, task: &Task) -> bool {
        match (&self.index, task.state) {
            (Some(indices), _) => indices.has(task.index),
            (None, TaskState::Failed) => self.all || self.failed || !self.cancelled,
            (None, TaskState::Cancelled) => self.all || self.cancelled,
            (None, TaskState::Succeeded) => self.all,
            (None, TaskState::Pending | TaskState::Running) => false,
        }
    }

    fn kind(&self) -> &'static str {
        match (&self.index, self.all, self.failed, self.cancelled) {
            (Some(_), ..) => "of those that are meant",
            (None, true, ..) => "has ended",
            (None, _, false, true) => "was called off",
            (None, _, true, true) => "failed or was called off",
            (None, ..) => "failed",
        }
    }
}

pub(crate) async fn run(global: Global, options: RetryOptions, world: &World) -> Result<Exit> {
    let work = async |session: &Session| retry(session, &options).await;
    let done = session::within("spawn retry", global, world, Vec::new(), work).await?;
    let Some(exit) = done else {
        show::message(&format!("interrupted: run `spawn retry {}` again, nothing is done twice", options.array));
        return Ok(Exit::Interrupted);
    };
    Ok(exit)
}

async fn retry(session: &Session, options: &RetryOptions) -> Result<Exit> {
    let array = find(session, &options.array, session.clock.now()).await?;
    session.note(KeyValue::new("spawn.job_array_id", array.id.to_string()));
    options.index.as_ref().map_or(Ok(()), |indices| indices.check(&array))?;
    if !array.ready {
        bail!(
            "the launch of {} is not complete, and nothing has been worked on: `spawn launch --resume` goes on with it",
            array.id
        );
    }
    let overview = Overview::read(session, array).await?;
    let array = &overview.array;
    let (again, running): (Vec<Task>, Vec<Task>) =
        overview.tasks.iter().filter(|task| options.means(task)).cloned().partition(|task| task.state.has_ended());
    // An earlier retry that was interrupted: these wait already, and nobody dispatches them.
    let waiting = overview.tasks.iter().filter(|task| array.is_ending() && task.state == TaskState::Pending);
    let waiting: Vec<u32> = waiting.map(|task| task.index).collect();
    if again.is_empty() && waiting.is_empty() && running.is_empty() {
        show::message(&format!("nothing to retry: no task of {} {}", array.id, options.kind()));
        return print(array, &Changed::default(), &running, overview.alive(session.clock.now()), options.output)
            .map(|()| Exit::Success);
    }
    let store_of_all = store(session);
    let mut outcome = each("retrying", again, |task| {
        let (store, array) = (store_of_all.clone(), array.clone());
        async move { store.retry(&array, &task).await }
    })
    .await;
    let mut indices: Vec<u32> = outcome.changed.iter().map(|task| task.index).chain(waiting).collect();
    indices.sort_unstable();
    indices.dedup();
    let opened = dispatch(session, array, &indices).await;
    let array = match opened {
        Ok(opened) => opened,
        // What was reset is dispatched by the next retry, or found by the agents of an array under way.
        Err(error) => {
            outcome.error.get_or_insert(error);
            array.clone()
        }
    };
    print(&array, &outcome, &running, overview.alive(session.clock.now()), options.output)?;
    Ok(match (&outcome.error, outcome.changed.is_empty(), running.is_empty()) {
        (Some(_), true, _) => Exit::Failure,
        (Some(_), false, _) | (None, false, false) => Exit::Partial,
        (None, true, false) => Exit::Failure,
        (None, _, true) => Exit::Success,
    })
}

/// Opens the array, if it has ended, and sends a message for each task, with the context of this command.
async fn dispatch(session: &Session, array: &ArrayRecord, indices: &[u32]) -> Result<ArrayRecord> {
    if indices.is_empty() {
        return Ok(array.clone());
    }
    let (store, sqs) = (store(session), session.clients.sqs());
    let opened = store.reopen(sqs, &array.id, VISIBILITY).await?;
    let mut opened = opened.with_context(|| format!("job array {} is gone", array.id))?;
    if opened.cancelled_at.is_some() {
        let revive = |array: &ArrayRecord| {
            array.cancelled_at.is_some().then(|| ArrayRecord { cancelled_at: None, ..array.clone() })
        };
        opened = store.change_array(&array.id, revive).await?.unwrap_or(opened);
    }
    TaskQueue::new(sqs.clone(), opened.queue_url.clone()).send(indices, &Context::current(), |_| ()).await?;
    Ok(opened)
}

fn print(array: &ArrayRecord, outcome: &Changed, running: &[Task], agents: usize, output: Output) -> Result<()> {
    let retried: Vec<u32> = outcome.changed.iter().map(|task| task.index).collect();
    let refused = running.iter().map(|task| (task.index, format!("it is {}", task.state)));
    let refused = refused.chain(outcome.refused.iter().map(|(index, refusal)| (*index, refusal.to_string())));
    let refused: Vec<(u32, String)> = refused.collect();
    let answer = json!({
        "array_id": array.id.as_str(),
        "round": array.round,
        "retried": retried,
        "refused": refused.iter().map(|(index, reason)| json!({ "index": index, "reason": reason })).collect::<Vec<_>>(),
        "agents": agents,
        "error": outcome.error.as_ref().map(|error| format!("{error:#}")),
    });
    output.print(&answer, || match retried.len() {
        0 => String::new(),
        count => show::pairs(&[("array", array.id.to_string()), ("retried", count.to_string())]),
    })?;
    for (index, reason) in &refused {
        show::message(&format!("task {index} is not retried: {reason}"));
    }
    if let Some(error) = &outcome.error {
        show::message(&format!("not all tasks are retried, the same command goes on with the rest: {error:#}"));
    } else if agents == 0 && !retried.is_empty() {
        let id = &array.id;
        show::message(&format!(
            "no agent is there to work on {id}: `spawn launch --join {id} --instance-type TYPE` brings one, and so does \
             `spored join {id}` on a host of your own"
        ));
    }
    Ok(())
}
