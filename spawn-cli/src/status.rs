//! `spawn status`: one job array or one instance on a page, or all of them in a few lines.

mod agent;
mod array;
mod arrays;
mod page;
mod subject;
mod summary;

use crate::args::Global;
use crate::exit::{Exit, UsageError};
use crate::output::Output;
use crate::price;
use crate::select::{Target, parse_target};
use crate::session::{self, Session};
use crate::show;
use crate::watch::{self, View};
use anyhow::Result;
use clap::Args;
use serde_json::Value;
use spawn_cloud::prices::Prices;
use spawn_config::TimeSpan;
use spawn_host::World;
use std::collections::BTreeMap;
use subject::Subject;

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    /// Id or name of a job array, or id (i-…) or name of an instance; without one, all are summed up.
    ///
    /// A name that both a job array and an instance have means the job array; an instance has its id.
    #[arg(value_name = "ARRAY|INSTANCE", value_parser = parse_target)]
    target: Option<Target>,
    /// Look again and again until Ctrl-C, or until the job array has ended.
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "2s")]
    watch: Option<TimeSpan>,
    /// Output format; `ndjson` of a job array is a task a line.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

/// What was seen, for programs and for people, with what is to be said beside it.
struct Seen {
    answer: Value,
    page: String,
    messages: Vec<String>,
    /// What there is to say once nothing more will change; none as long as it may.
    outcome: Option<Exit>,
}

pub(crate) async fn run(global: Global, options: StatusOptions, world: &World) -> Result<Exit> {
    let StatusOptions { target, watch, output } = options;
    let view = watch.map(|interval| Ok::<_, UsageError>((interval, View::choose(output)?))).transpose()?;
    let prices = price::table(world)?;
    let watching = view.is_some();
    let done = session::within("spawn status", global, world, Vec::new(), async |session| {
        let subject = Subject::find(session, target).await?;
        match view {
            None => {
                subject.look(session, &prices).await?.print(output)?;
                Ok(Exit::Success)
            }
            Some((interval, view)) => watched(session, &subject, &prices, interval, view).await,
        }
    });
    Ok(match done.await? {
        Some(exit) => exit,
        // Ctrl-C is how one stops to watch.
        None if watching => Exit::Success,
        None => Exit::Interrupted,
    })
}

/// Looks until Ctrl-C, or until there is nothing more to wait for.
async fn watched(
    session: &Session,
    subject: &Subject,
    prices: &Prices,
    interval: TimeSpan,
    mut view: View,
) -> Result<Exit> {
    let mut before = BTreeMap::new();
    watch::until(interval, async || {
        let seen = subject.look(session, prices).await?;
        match view {
            View::Screen { .. } => view.draw(&seen.page)?,
            View::Lines => {
                for (key, line) in seen.lines() {
                    if before.get(&key) != Some(line) {
                        view.draw(&format!("{line}\n"))?;
                        before.insert(key, line.clone());
                    }
                }
            }
        }
        Ok(seen.outcome)
    })
    .await
}

impl Seen {
    fn print(&self, output: Output) -> Result<()> {
        match output {
            Output::Ndjson if self.of_array() => output.write(&self.answer["tasks"])?,
            output => output.print(&self.answer, || self.page.clone())?,
        }
        self.messages.iter().for_each(|message| show::message(message));
        Ok(())
    }

    fn of_array(&self) -> bool {
        self.answer.get("tasks").is_some_and(Value::is_array)
    }

    /// What a watcher that is a program is told, by what it is about: an array's tasks one by one, all else in one.
    fn lines(&self) -> Vec<(u64, &Value)> {
        match self.answer.get("tasks").and_then(Value::as_array) {
            Some(tasks) => tasks.iter().map(|task| (task["index"].as_u64().unwrap_or_default(), task)).collect(),
            None => vec![(0, &self.answer)],
        }
    }
}
