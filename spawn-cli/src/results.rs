//! `spawn results`: what became of each task of a job array, and what the tasks left behind.

mod download;
mod table;

use crate::args::Global;
use crate::array::{Indices, Overview, Word, find, of_task, parse_word};
use crate::exit::Exit;
use crate::output::Output;
use crate::session::{self, Session};
use crate::show;
use anyhow::Result;
use clap::Args;
use download::Downloads;
use opentelemetry::KeyValue;
use serde_json::Value;
use spawn_cloud::arrays::{Task, TaskState};
use spawn_host::World;
use std::path::PathBuf;

/// Which tasks, and where to.
#[derive(Debug, Args)]
pub(crate) struct ResultsOptions {
    /// Id or name of the job array.
    #[arg(value_name = "ARRAY", value_parser = parse_word)]
    array: Word,
    /// Only these tasks: 3, 0-9 or 0-9,12.
    #[arg(long, value_name = "INDICES")]
    index: Option<Indices>,
    /// Only tasks that failed.
    #[arg(long)]
    failed: bool,
    /// Fetch what the tasks left behind into this folder, each task's into a folder named by its index.
    #[arg(long, value_name = "FOLDER")]
    download: Option<PathBuf>,
    /// Fetch anew what is in the folder already.
    #[arg(long, requires = "download")]
    replace: bool,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

impl ResultsOptions {
    fn means(&self, task: &Task) -> bool {
        let chosen = self.index.as_ref().is_none_or(|indices| indices.has(task.index));
        chosen && (!self.failed || task.state == TaskState::Failed)
    }
}

pub(crate) async fn run(global: Global, options: ResultsOptions, world: &World) -> Result<Exit> {
    let work = async |session: &Session| results(session, &options).await;
    Ok(session::within("spawn results", global, world, Vec::new(), work).await?.unwrap_or(Exit::Interrupted))
}

async fn results(session: &Session, options: &ResultsOptions) -> Result<Exit> {
    let array = find(session, &options.array, session.clock.now()).await?;
    session.note(KeyValue::new("spawn.job_array_id", array.id.to_string()));
    options.index.as_ref().map_or(Ok(()), |indices| indices.check(&array))?;
    let mut overview = Overview::read(session, array).await?;
    let missing = overview.unreadable();
    overview.tasks.retain(|task| options.means(task));
    let brought = match &options.download {
        Some(folder) => download::all(session, &overview, folder, options.replace).await?,
        None => Downloads::default(),
    };
    let now = session.clock.now();
    let answer =
        overview.tasks.iter().map(|task| brought.with(of_task(&overview.array, task, now), task.index)).collect();
    options.output.print(&Value::Array(answer), || table::of(&overview.tasks, now, show::stdout_width()))?;
    if options.output == Output::Table {
        show::message(&table::last_words(&overview));
    }
    if missing > 0 && overview.array.ready {
        show::message(&format!("{missing} tasks of {} cannot be read and are left out", overview.array.id));
    }
    brought.messages().iter().for_each(|message| show::message(message));
    let unsuccessful = |task: &Task| matches!(task.state, TaskState::Failed | TaskState::Cancelled);
    Ok(if overview.tasks.iter().any(unsuccessful) || brought.has_failed() { Exit::Partial } else { Exit::Success })
}
