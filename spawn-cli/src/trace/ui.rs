//! `spawn trace ui`: traces in a terminal that answers to keys.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use opentelemetry::trace::TraceId;
use spawn_host::World;
use spawn_view::ui::{self, Ended, Look, Options};
use spawn_view::{Gathered, read_path};

use crate::args::Global;
use crate::exit::Exit;
use crate::interruption::Interruption;

/// How long after a reading comes the next, with `--follow`.
const EVERY: Duration = Duration::from_secs(2);

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct UiOptions {
    /// Trace to begin with, in W3C's form or X-Ray's; by default the list of all.
    #[arg(value_name = "ID", value_parser = spawn_view::trace_id)]
    id: Option<TraceId>,
    /// Files, folders or spools to read; `-` is standard input.
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    from: Vec<PathBuf>,
    /// Read again every two seconds while the view is open.
    #[arg(long)]
    follow: bool,
}

pub(crate) async fn run(_: Global, options: UiOptions, world: &World) -> Result<Exit> {
    let UiOptions { id, from, follow } = options;
    let look = Look { colour: has_colour(world), unicode: is_utf8(world), follows: follow };
    let options = Options { look, trace: id, every: follow.then_some(EVERY) };
    let first = read(&from).await?;
    let ended = ui::run(options, first, async || read(&from).await, Interruption::of(world).heard()).await?;
    Ok(match ended {
        Ended::ByKey => Exit::Success,
        Ended::Interrupted => Exit::Interrupted,
    })
}

async fn read(from: &[PathBuf]) -> Result<Gathered> {
    let from = from.to_vec();
    tokio::task::spawn_blocking(move || {
        let mut all = Gathered::default();
        for path in &from {
            let Gathered { spans, problems, .. } = read_one(path)?;
            all.spans.extend(spans);
            all.problems.extend(problems);
        }
        Ok(all)
    })
    .await?
}

fn read_one(path: &Path) -> Result<Gathered> {
    read_path(path).with_context(|| format!("failed to read {}", path.display()))
}

fn has_colour(world: &World) -> bool {
    world.variable("NO_COLOR").is_none_or(str::is_empty)
}

/// Whether the locale writes UTF-8, by the first of these that is set.
fn is_utf8(world: &World) -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| world.variable(name).filter(|value| !value.is_empty()));
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
