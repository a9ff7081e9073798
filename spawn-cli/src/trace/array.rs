//! `spawn trace array`: a job array as a heat map of index by phase.

use super::follow;
use super::paper::PaperOptions;
use super::search::Period;
use super::source::{self, Found, Source, SourceOptions, Wanted};
use crate::args::Global;
use crate::exit::Exit;
use crate::output::Output;
use crate::show;
use anyhow::Result;
use clap::Args;
use spawn_config::TimeSpan;
use spawn_host::World;
use spawn_view::page::data::array_data;
use spawn_view::text::Paper;
use spawn_view::{ArrayView, Query, Trace, arrays, text, xray_form};

/// Traces that are read of one array: as many as it may have tasks, each tried twice.
const MOST: usize = 20_000;
/// How far back X-Ray is asked where nobody says: the night's run is there in the morning.
const HOURS: i64 = 24;

/// Which array, and how.
#[derive(Debug, Args)]
pub(crate) struct ArrayOptions {
    /// The job array: its id, or its name, which means the newest of that name.
    #[arg(value_name = "ARRAY")]
    array: String,
    #[command(flatten)]
    source: SourceOptions,
    #[command(flatten)]
    period: Period,
    /// Give each task a line, however many there are.
    #[arg(long)]
    all: bool,
    /// Look again and again until all tasks have ended or Ctrl-C.
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "5s")]
    follow: Option<TimeSpan>,
    #[command(flatten)]
    paper: PaperOptions,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

pub(crate) async fn run(global: Global, options: ArrayOptions, world: &World) -> Result<Exit> {
    let paper = options.paper.paper(world);
    let wanted = wanted(&options.array, &options.period, &options.source);
    let view = follow::view(options.follow, options.output)?;
    let follows = options.follow.is_some();
    let shown = source::within("spawn trace array", global, &options.source, world, async |source| {
        if let Some(view) = view {
            let frame = |found: &Found| {
                let newest = newest(arrays(&found.traces), &options.array, &found.traces);
                newest.map_or_else(String::new, |array| text(&options, &array, found, source, &paper))
            };
            return follow::run(source, &wanted, 1, view, options.output, frame).await;
        }
        let found = source.look(&wanted, 1).await?;
        super::tell(&found.problems);
        let Some(array) = newest(arrays(&found.traces), &options.array, &found.traces) else {
            let name = text::escape::escape(&options.array);
            show::message(&format!("no trace of a job array {name}: {}", source.advice()));
            return Ok(Exit::Failure);
        };
        options.output.print(&array_data(&array, &found.traces), || text(&options, &array, &found, source, &paper))?;
        Ok(Exit::Success)
    });
    Ok(shown.await?.unwrap_or(if follows { Exit::Success } else { Exit::Interrupted }))
}

/// All traces of the array.
pub(super) fn wanted(array: &str, period: &Period, source: &SourceOptions) -> Wanted {
    // A file is as old as it is: only X-Ray, which is asked page by page, has to be told where to begin.
    let period = if source.from.is_empty() { period.query_of_hours(HOURS) } else { period.query() };
    let query = Query { array: Some(array.to_owned()), ..period };
    Wanted::Search { query, limit: MOST }
}

/// The array of this id, or the newest of this name.
pub(super) fn newest(arrays: Vec<ArrayView>, wanted: &str, traces: &[Trace]) -> Option<ArrayView> {
    let began = |array: &ArrayView| {
        let traces = array.tasks.iter().filter_map(|task| traces.get(task.trace));
        traces.map(Trace::start).max()
    };
    arrays.into_iter().filter(|array| array.id == wanted || array.name == wanted).max_by_key(began)
}

fn text(options: &ArrayOptions, array: &ArrayView, found: &Found, source: &Source<'_>, paper: &Paper) -> String {
    let mut shown = text::array(array, options.all, paper);
    // The first line is that of the worst task: where to go on.
    let worst = array.tasks.first().filter(|task| task.failed || task.straggler);
    if let Some((task, trace)) = worst.and_then(|task| Some((task, found.traces.get(task.trace)?))) {
        shown += &format!("task {}: spawn trace show {}\n", task.index, xray_form(trace.id()));
        let link = found.in_xray(trace).and_then(|id| source.console().trace(id));
        shown += &link.map_or_else(String::new, |link| format!("{link}\n"));
    }
    shown
}
