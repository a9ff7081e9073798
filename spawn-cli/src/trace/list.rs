//! `spawn trace list`: the traces that a search finds, the newest first.

use super::paper::PaperOptions;
use super::search::SearchOptions;
use super::source::{self, SourceOptions, Wanted};
use crate::args::Global;
use crate::exit::Exit;
use crate::output::Output;
use crate::show;
use anyhow::Result;
use clap::Args;
use spawn_host::World;
use spawn_view::page::data::{SummaryData, summary_data};
use spawn_view::{Summary, summary, text};

/// Which traces, and how.
#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    #[command(flatten)]
    search: SearchOptions,
    /// Show the traces of looks at traces too, such as this one's.
    #[arg(long)]
    looks: bool,
    #[command(flatten)]
    source: SourceOptions,
    #[command(flatten)]
    paper: PaperOptions,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

pub(crate) async fn run(global: Global, options: ListOptions, world: &World) -> Result<Exit> {
    let ListOptions { search, looks, source, paper, output } = options;
    let paper = paper.paper(world);
    let query = search.query();
    let wanted = Wanted::Search { query: query.clone(), limit: search.limit() };
    let listed = source::within("spawn trace list", global, &source, world, async |source| {
        let found = source.look(&wanted, 0).await?;
        let all: Vec<Summary> = found.traces.iter().rev().map(summary).collect();
        let (left_out, summaries): (Vec<Summary>, Vec<Summary>) =
            all.into_iter().partition(|trace| !looks && is_look(trace));
        let data: Vec<SummaryData> = summaries.iter().map(summary_data).collect();
        output.print(&data, || text::list(&summaries, &paper))?;
        super::tell(&found.problems);
        if output == Output::Table {
            let word = if found.more { "the newest; there are more: --limit, --since" } else { "the newest first" };
            match summaries.len() {
                0 => show::message(&source.nothing(&query)),
                1 => show::message("1 trace"),
                many => show::message(&format!("{many} traces, {word}")),
            }
            if !left_out.is_empty() {
                let left_out =
                    text::units::count(left_out.len() as u64, "trace is that of a look", "traces are those of looks");
                show::message(&format!("{left_out} at traces and not shown (--looks)"));
            }
        }
        Ok(Exit::Success)
    });
    Ok(listed.await?.unwrap_or(Exit::Interrupted))
}

/// Whether a trace is of nothing but a look at traces: they would hide what is looked for.
fn is_look(trace: &Summary) -> bool {
    trace.service == "spawn" && trace.name.starts_with("spawn trace ")
}
