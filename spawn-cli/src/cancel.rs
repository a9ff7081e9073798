//! `spawn cancel`: calls tasks of a job array off, after asking.

mod answer;

use crate::args::Global;
use crate::array::{self, Indices, Overview, Word, each, find, is_alive, parse_word, store};
use crate::change::consent;
use crate::exit::Exit;
use crate::output::Output;
use crate::session::{self, Session};
use crate::show;
use answer::Answer;
use anyhow::Result;
use clap::Args;
use opentelemetry::KeyValue;
use spawn_cloud::arrays::{ArrayRecord, Millis, Task, TaskState};
use spawn_cloud::instances::{self, Criteria, Filter};
use spawn_host::World;

/// Which tasks, and how.
#[derive(Debug, Args)]
pub(crate) struct CancelOptions {
    /// Id or name of the job array.
    #[arg(value_name = "ARRAY", value_parser = parse_word)]
    array: Word,
    /// Only these tasks: 3, 0-9 or 0-9,12.
    #[arg(long, value_name = "INDICES")]
    index: Option<Indices>,
    /// Terminate the array's EC2 instances, too.
    #[arg(long, conflicts_with = "index")]
    terminate: bool,
    /// Do not ask.
    #[arg(short, long)]
    yes: bool,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

pub(crate) async fn run(global: Global, options: CancelOptions, world: &World) -> Result<Exit> {
    consent::possible("cancel", options.yes)?;
    let work = async |session: &Session| cancel(session, &options).await;
    let done = session::within("spawn cancel", global, world, Vec::new(), work).await?;
    let Some(exit) = done else {
        show::message(&format!("interrupted: `spawn status {}` shows what was called off", options.array));
        return Ok(Exit::Interrupted);
    };
    Ok(exit)
}

async fn cancel(session: &Session, options: &CancelOptions) -> Result<Exit> {
    let array = find(session, &options.array, session.clock.now()).await?;
    session.note(KeyValue::new("spawn.job_array_id", array.id.to_string()));
    options.index.as_ref().map_or(Ok(()), |indices| indices.check(&array))?;
    let overview = Overview::read(session, array).await?;
    let array = &overview.array;
    let meant = |task: &&Task| options.index.as_ref().is_none_or(|indices| indices.has(task.index));
    let open: Vec<Task> = overview.tasks.iter().filter(meant).filter(|task| !task.state.has_ended()).cloned().collect();
    let hosts = if options.terminate { hosts_of(session, array).await? } else { Vec::new() };
    let is_over = array.ended_at.is_some() || options.index.is_some();
    if open.is_empty() && hosts.is_empty() && is_over {
        show::message(&format!("nothing to cancel: each task of {} that is meant has ended", array.id));
        return Answer::nothing(array).print(options.output).map(|()| Exit::Success);
    }
    // Where nothing is left to call off, only the array's end is, which nobody has brought about.
    let changes = !open.is_empty() || !hosts.is_empty();
    if changes && !options.yes && !consent::asked(&question(array, &open, hosts.len())).await? {
        show::message("nothing was called off");
        return Ok(Exit::Success);
    }
    let answer = carry_out(session, &overview, open, hosts, options.index.is_none()).await?;
    answer.print(options.output)?;
    Ok(answer.exit())
}

fn question(array: &ArrayRecord, open: &[Task], hosts: usize) -> String {
    let running = open.iter().filter(|task| task.state == TaskState::Running).count();
    let tasks = match (open.len(), running) {
        (0, _) => format!("{}, all of whose tasks have ended", array.id),
        (1, running) => format!("1 task of {}{}", array.id, if running == 1 { ", which is running" } else { "" }),
        (tasks, 0) => format!("{tasks} tasks of {}", array.id),
        (tasks, running) => format!("{tasks} tasks of {}, {running} of them running", array.id),
    };
    let terminate = match hosts {
        0 => String::new(),
        1 => ", and terminate 1 instance".to_owned(),
        some => format!(", and terminate {some} instances"),
    };
    format!("cancel {tasks}{terminate}? [y/N] ")
}

/// The instances that were launched for the array and have not ended.
async fn hosts_of(session: &Session, array: &ArrayRecord) -> Result<Vec<String>> {
    let criteria = Criteria { arrays: vec![array.id.to_string()], ..Criteria::default() };
    let listed = instances::list(session.clients.ec2(), &Filter::Matching(criteria)).await?;
    Ok(listed.into_iter().filter(instances::Instance::is_live).map(|one| one.instance_id).collect())
}

async fn carry_out(
    session: &Session,
    overview: &Overview,
    open: Vec<Task>,
    hosts: Vec<String>,
    whole: bool,
) -> Result<Answer> {
    let array = &overview.array;
    // Agents begin nothing new from here on. An array whose launch is not complete is worked on by nobody; it becomes
    // ready, so that it can end, only when no task is left.
    if whole && array.ready {
        mark(session, array).await?;
    }
    let outcome = {
        let (store, clock) = (store(session), session.clock.clone());
        each("calling off", open, move |task| {
            let (store, array, now) = (store.clone(), array.clone(), clock.now());
            async move { store.cancel(&array, &task, now).await }
        })
        .await
    };
    if whole && !array.ready && outcome.error.is_none() {
        mark(session, array).await?;
    }
    let mut answer = Answer::of(array, outcome);
    if !hosts.is_empty() {
        instances::terminate(session.clients.ec2(), &hosts).await?;
    }
    let stays = |agent: &&spawn_cloud::AgentRecord| !hosts.contains(&agent.instance_id);
    let agents = overview.agents.iter().filter(stays).filter(|agent| is_alive(agent, session.clock.now())).count();
    if agents == 0 && !answer.has_failed() && array.ended_at.is_none() {
        answer.ended = array::end(session, &array.id, session.clock.now()).await?;
    }
    answer.agents = agents;
    answer.terminated = hosts;
    Ok(answer)
}

/// Writes that the array was called off.
async fn mark(session: &Session, array: &ArrayRecord) -> Result<()> {
    let now: Millis = session.clock.now();
    let mark = |array: &ArrayRecord| {
        let open = array.ended_at.is_none() && array.cancelled_at.is_none();
        open.then(|| ArrayRecord { cancelled_at: Some(now), ready: true, ..array.clone() })
    };
    store(session).change_array(&array.id, mark).await?;
    Ok(())
}
