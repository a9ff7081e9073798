//! What terminate, stop and start have in common: find the instances, show what will be done, ask, do it, answer for each.

mod answer;
mod carry_out;
pub(crate) mod consent;

use crate::args::Global;
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Progress;
use crate::select::{Selection, State};
use crate::session::{self, Session};
use crate::show;
use answer::{Answer, Outcome};
use anyhow::Result;
use clap::Args;
use opentelemetry::KeyValue;
use spawn_cloud::instances::{self, Filter, Instance};
use spawn_config::TimeSpan;
use spawn_host::World;
use std::collections::BTreeMap;
use tokio::time::{Duration, Instant};

/// EC2 takes from seconds to minutes to change a state.
const POLL: Duration = Duration::from_secs(1);

/// What becomes of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Terminate,
    Stop,
    Hibernate,
    Start,
}

/// The flags that all have.
#[derive(Debug, Args)]
pub(crate) struct ChangeOptions {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Wait until it is done.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Longest time to wait.
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) wait_timeout: TimeSpan,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(crate) output: Output,
}

impl Change {
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Stop => "stop",
            Self::Hibernate => "hibernate",
            Self::Start => "start",
        }
    }

    /// The command, as its trace is named.
    fn command(self) -> &'static str {
        match self {
            Self::Terminate => "spawn terminate",
            Self::Stop | Self::Hibernate => "spawn stop",
            Self::Start => "spawn start",
        }
    }

    /// The state that it ends in.
    fn goal(self) -> State {
        match self {
            Self::Terminate => State::Terminated,
            Self::Stop | Self::Hibernate => State::Stopped,
            Self::Start => State::Running,
        }
    }

    /// States in which there is nothing to do, because it is done or under way.
    fn done_in(self) -> &'static [State] {
        match self {
            Self::Terminate => &[State::ShuttingDown, State::Terminated],
            Self::Stop | Self::Hibernate => &[State::Stopping, State::Stopped],
            Self::Start => &[State::Pending, State::Running],
        }
    }

    /// States that it cannot be done in; EC2 would refuse the whole order for one such instance.
    fn impossible_in(self) -> &'static [State] {
        match self {
            Self::Terminate => &[],
            Self::Stop | Self::Hibernate => &[State::ShuttingDown, State::Terminated],
            Self::Start => &[State::ShuttingDown, State::Terminated, State::Stopping],
        }
    }
}

/// `yes` says that nobody is to be asked.
pub(crate) async fn run(
    global: Global,
    change: Change,
    options: ChangeOptions,
    yes: bool,
    world: &World,
) -> Result<Exit> {
    options.selection.check()?;
    consent::possible(change.verb(), yes)?;
    let work = async |session: &Session| carry_through(session, change, &options, yes).await;
    let done = session::within(change.command(), global, world, Vec::new(), work).await?;
    let Some(exit) = done else {
        show::message(&format!("interrupted: `spawn list --all` shows what was {}", past(change)));
        return Ok(Exit::Interrupted);
    };
    Ok(exit)
}

async fn carry_through(session: &Session, change: Change, options: &ChangeOptions, yes: bool) -> Result<Exit> {
    let instances = options.selection.find(session).await?;
    let mut answers: Vec<Answer> = instances.into_iter().map(|instance| Answer::before(change, instance)).collect();
    let ids: Vec<String> =
        answers.iter().filter(|answer| answer.is_open()).map(|answer| answer.id().to_owned()).collect();
    session.note(KeyValue::new("spawn.instance_ids", ids.join(",")));
    if !ids.is_empty() && !consent::given(change, &answers, yes).await? {
        show::message(&format!("nothing was {}", past(change)));
        return Ok(Exit::Success);
    }
    let mut outcomes = carry_out::carry_out(session, change, ids).await;
    for answer in &mut answers {
        answer.take(outcomes.remove(answer.id()));
    }
    let waited = match options.wait {
        true => wait(session, change, &mut answers, options.wait_timeout).await,
        false => Ok(true),
    };
    // What was ordered is told, however the waiting ended.
    answer::print(change, &answers, options.output)?;
    Ok(if waited? { answer::exit(&answers) } else { Exit::WaitTimedOut })
}

/// Waits until each instance that is to change has; `false` if they have not in time.
async fn wait(session: &Session, change: Change, answers: &mut [Answer], longest: TimeSpan) -> Result<bool> {
    let deadline = Instant::now() + Duration::from(longest);
    let goal = change.goal();
    let progress = Progress::start();
    loop {
        let ids: Vec<String> =
            answers.iter().filter(|one| one.is_on_its_way(goal)).map(|one| one.id().to_owned()).collect();
        if ids.is_empty() {
            progress.finish();
            return Ok(true);
        }
        if Instant::now() >= deadline {
            progress.finish();
            show::message(&format!("after {longest} these are not {} yet: {}", goal.word(), ids.join(", ")));
            return Ok(false);
        }
        progress.step(&format!("waiting until {} are {}", ids.len(), goal.word()));
        tokio::time::sleep_until(deadline.min(Instant::now() + POLL)).await;
        let seen = instances::list(session.clients.ec2(), &Filter::Ids(ids)).await?.into_iter();
        let seen: BTreeMap<String, Instance> = seen.map(|one| (one.instance_id.clone(), one)).collect();
        for answer in answers.iter_mut() {
            if let Some(now) = seen.get(answer.id()) {
                answer.outcome = Outcome::Ordered(now.state.clone());
            }
        }
    }
}

fn past(change: Change) -> &'static str {
    match change {
        Change::Terminate => "terminated",
        Change::Stop => "stopped",
        Change::Hibernate => "hibernated",
        Change::Start => "started",
    }
}
