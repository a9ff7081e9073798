//! `spawn trace map`: who calls whom, and how that goes.

use super::ids::parse;
use super::paper::PaperOptions;
use super::search::Period;
use super::source::{self, SourceOptions, Wanted};
use crate::args::Global;
use crate::exit::Exit;
use crate::output::Output;
use crate::show;
use anyhow::Result;
use clap::Args;
use opentelemetry::trace::TraceId;
use spawn_host::World;
use spawn_view::page::data::map_data;
use spawn_view::{Query, service_map, text};

/// Of which traces, and how.
#[derive(Debug, Args)]
pub(crate) struct MapOptions {
    /// Traces, by id in either form; by default the newest that the other flags find.
    #[arg(value_name = "ID", value_parser = parse)]
    ids: Vec<TraceId>,
    #[command(flatten)]
    source: SourceOptions,
    /// Only traces in which this service takes part.
    #[arg(long, value_name = "NAME", conflicts_with = "ids")]
    service: Option<String>,
    /// Only traces of the job array of this name or id.
    #[arg(long, value_name = "NAME|ID", conflicts_with = "ids")]
    array: Option<String>,
    #[command(flatten)]
    period: Period,
    /// At most so many traces, the newest.
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Follow links to other traces so many times, and map these too.
    #[arg(long, value_name = "TIMES", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=8))]
    links: u32,
    #[command(flatten)]
    paper: PaperOptions,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

pub(crate) async fn run(global: Global, options: MapOptions, world: &World) -> Result<Exit> {
    let paper = options.paper.paper(world);
    let query = Query { service: options.service.clone(), array: options.array.clone(), ..options.period.query() };
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let wanted = match options.ids.is_empty() {
        true => Wanted::Search { query: query.clone(), limit },
        false => Wanted::These(options.ids.clone()),
    };
    let mapped = source::within("spawn trace map", global, &options.source, world, async |source| {
        let found = source.look(&wanted, options.links).await?;
        super::tell(&found.problems);
        let missing = super::ids::missing(&options.ids, &found, source);
        if found.traces.is_empty() {
            if options.ids.is_empty() {
                show::message(&source.nothing(&query));
            }
            return Ok(Exit::Failure);
        }
        let map = service_map(&found.traces);
        options.output.print(&map_data(&map), || text::map(&map, &paper))?;
        if options.output == Output::Table {
            let more = if found.more { ", the newest; there are more: --limit, --since" } else { "" };
            show::message(&format!("{}{more}", text::units::count(found.traces.len() as u64, "trace", "traces")));
        }
        Ok(missing)
    });
    Ok(mapped.await?.unwrap_or(Exit::Interrupted))
}
