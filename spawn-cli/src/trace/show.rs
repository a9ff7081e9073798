//! `spawn trace show`: traces as waterfalls, or as a page.

use super::ids::Ids;
use super::paper::PaperOptions;
use super::source::{self, Found, Source, SourceOptions};
use super::{follow, write_page};
use crate::args::Global;
use crate::exit::Exit;
use crate::output::Output;
use crate::show as console;
use anyhow::Result;
use clap::Args;
use spawn_config::TimeSpan;
use spawn_host::World;
use spawn_view::page::data::trace_data;
use spawn_view::text::{Detail, Paper, waterfall};
use std::path::PathBuf;

/// Which traces, and how.
#[derive(Debug, Args)]
pub(crate) struct ShowOptions {
    #[command(flatten)]
    ids: Ids,
    #[command(flatten)]
    source: SourceOptions,
    /// Follow links to other traces so many times, and show these too.
    #[arg(long, value_name = "TIMES", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=8))]
    links: u32,
    /// Give each span a line; by default calls that are alike share one.
    #[arg(long)]
    all: bool,
    /// Show the spans' events.
    #[arg(long)]
    events: bool,
    /// Show the spans' attributes.
    #[arg(long)]
    attributes: bool,
    /// Write a page to this file in place of text: one file that works without a network.
    #[arg(long, value_name = "FILE", conflicts_with = "follow")]
    html: Option<PathBuf>,
    /// Look again and again while work is under way, until all has ended or Ctrl-C: drawn over on a terminal, a line for
    /// each span that begins or ends elsewhere.
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "2s")]
    follow: Option<TimeSpan>,
    #[command(flatten)]
    paper: PaperOptions,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

pub(crate) async fn run(global: Global, options: ShowOptions, world: &World) -> Result<Exit> {
    let paper = options.paper.paper(world);
    let follows = options.follow.is_some();
    let view = follow::view(options.follow, options.output)?;
    let shown = source::within("spawn trace show", global, &options.source, world, async |source| match view {
        Some(view) => {
            let frame = |found: &Found| text(&options, found, source, &paper);
            let wanted = options.ids.wanted();
            follow::run(source, &wanted, options.links, view, options.output, frame).await
        }
        None => once(&options, source, &paper).await,
    });
    Ok(shown.await?.unwrap_or(if follows { Exit::Success } else { Exit::Interrupted }))
}

async fn once(options: &ShowOptions, source: &Source<'_>, paper: &Paper) -> Result<Exit> {
    let found = source.look(&options.ids.wanted(), options.links).await?;
    super::tell(&found.problems);
    let missing = options.ids.missing(&found, source)?;
    if found.traces.is_empty() {
        return Ok(missing);
    }
    if let Some(file) = &options.html {
        write_page(file, &found, source)?;
        return Ok(missing);
    }
    match (options.output, found.traces.as_slice()) {
        (Output::Table, _) => console::data(&text(options, &found, source, paper))?,
        (output, [one]) if !options.ids.are_several() => output.write(&trace_data(one))?,
        (output, many) => output.write(&many.iter().map(trace_data).collect::<Vec<_>>())?,
    }
    Ok(missing)
}

fn text(options: &ShowOptions, found: &Found, source: &Source<'_>, paper: &Paper) -> String {
    let more_than = if options.all { usize::MAX } else { Detail::default().more_than };
    let detail = Detail { more_than, events: options.events, attributes: options.attributes };
    let shown = found.traces.iter().map(|trace| {
        let link = found.in_xray(trace).and_then(|id| source.console().trace(id));
        waterfall(trace, &detail, paper) + &link.map_or_else(String::new, |link| format!("{link}\n"))
    });
    shown.collect::<Vec<_>>().join("\n")
}
