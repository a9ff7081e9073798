//! `spawn trace ui`: traces in a terminal that answers to keys.

use super::ids::{missing, parse};
use super::paper::PaperOptions;
use super::search::Period;
use super::source::{self, Found, Looks, Source, SourceOptions, Wanted};
use crate::args::Global;
use crate::exit::{Exit, UsageError};
use crate::show;
use anyhow::Result;
use clap::Args;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::TraceId;
use spawn_config::TimeSpan;
use spawn_host::World;
use spawn_view::ui::{self, Ended, Look, Options, Reading};
use std::time::Duration;

/// Traces of X-Ray that are read without `--limit`: each five are a request.
const FROM_XRAY: u32 = 100;
/// The same of files, which are read whole anyway.
const FROM_FILES: u32 = 100_000;
/// Links are followed so many times: from an array to its attempts, and from an attempt to the one before it.
const LINKS: u32 = 2;

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct UiOptions {
    /// Ids of the traces to read, in either form; the first is opened. By default the newest are listed.
    #[arg(value_name = "ID", value_parser = parse)]
    ids: Vec<TraceId>,
    #[command(flatten)]
    source: SourceOptions,
    #[command(flatten)]
    period: Period,
    /// At most so many, the newest; by default 100 of X-Ray, and all of files.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: Option<u32>,
    /// Read again and again while the view is open.
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "2s")]
    follow: Option<TimeSpan>,
}

pub(crate) async fn run(global: Global, options: UiOptions, world: &World) -> Result<Exit> {
    if show::stdout_size().is_none() || world.variable("TERM") == Some("dumb") {
        let rule = "there is no terminal to draw on: `spawn trace show` and `spawn trace list` write plain text";
        return Err(UsageError::Other(rule.to_owned()).into());
    }
    let UiOptions { ids, source, period, limit, follow } = options;
    let limit = limit.unwrap_or(if source.from.is_empty() { FROM_XRAY } else { FROM_FILES });
    let wanted = match ids.is_empty() {
        true => Wanted::Search { query: period.query(), limit: usize::try_from(limit).unwrap_or(usize::MAX) },
        false => Wanted::These(ids.clone()),
    };
    let paper = PaperOptions::default().paper(world);
    let look = Look { colour: paper.colour, unicode: paper.unicode, follows: follow.is_some() };
    let options = Options { look, trace: ids.first().copied(), every: follow.map(Duration::from) };
    let shown = source::within("spawn trace ui", global, &source, world, async |source| {
        view(options, &ids, &wanted, source).await
    });
    Ok(shown.await?.unwrap_or(Exit::Interrupted))
}

async fn view(options: Options, ids: &[TraceId], wanted: &Wanted, source: &Source<'_>) -> Result<Exit> {
    let mut looks = Looks::new(source, wanted.clone(), LINKS);
    let first = source.patiently(looks.next()).await?.unwrap_or_default();
    if options.every.is_none() && missing(ids, &first, source) == Exit::Failure && !ids.is_empty() {
        return Ok(Exit::Failure);
    }
    // A trace that grows for hours helps nobody: the first look is in it, the others are not.
    let quiet = Context::current().with_telemetry_suppressed();
    let again = async || -> Result<Option<Reading>> {
        let found = looks.next().with_context(quiet.clone()).await?;
        Ok(found.map(reading))
    };
    Ok(match ui::run(options, reading(first), again).await? {
        Ended::ByKey => Exit::Success,
        Ended::Interrupted => Exit::Interrupted,
    })
}

fn reading(found: Found) -> Reading {
    let Found { traces, mut problems, more, .. } = found;
    if more {
        problems.push("there are more traces than were read: --limit and --since say which".to_owned());
    }
    Reading { traces, problems }
}
