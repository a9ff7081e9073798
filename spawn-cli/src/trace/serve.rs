//! `spawn trace serve`: pages of traces on this machine, live, and a receiver for what any OpenTelemetry SDK sends.

use super::source::{self, Source, SourceOptions, Wanted};
use crate::args::Global;
use crate::exit::{Exit, UsageError};
use crate::interruption::Interruption;
use crate::show;
use anyhow::{Context as _, Result};
use clap::Args;
use jiff::Timestamp;
use spawn_host::World;
use spawn_telemetry::{LogFormat, Logs};
use spawn_view::Query;
use spawn_view::page::ConsoleLinks;
use spawn_view::serve::{Bounds, Feed, Loopback, Options, Server, StatusData, Tally};
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Of X-Ray's traces, the newest of the last hour, asked for so often while somebody looks at a page.
const NEWEST: usize = 100;
const SINCE: i64 = 3_600;
const AGAIN: Duration = Duration::from_secs(10);

/// What to serve, and where.
#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// Receive OTLP from any SDK, by gRPC and by HTTP on each port; by default on 4317 and 4318. May be given several times.
    #[arg(long, value_name = "[HOST:]PORT", num_args = 0..=1, require_equals = true)]
    otlp: Option<Vec<Loopback>>,
    /// Follow this file, folder or spool; `-` is standard input, read to its end. May be given several times.
    #[arg(long, value_name = "PATH")]
    from: Vec<PathBuf>,
    /// Where the pages are: on this machine only. By default on port 4319, or on a free one.
    #[arg(long, value_name = "[HOST:]PORT")]
    listen: Option<Loopback>,
    /// Spans to keep; the trace that has had no news for longest makes room.
    #[arg(long, value_name = "COUNT", default_value_t = Bounds::default().spans)]
    keep_spans: usize,
    /// Memory for them, such as 200MB or 1GB.
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "900MB")]
    keep_bytes: usize,
}

pub(crate) async fn run(global: Global, options: ServeOptions, world: &World) -> Result<Exit> {
    let ServeOptions { otlp, from, listen, keep_spans, keep_bytes } = options;
    let bounds = Bounds { spans: keep_spans, bytes: keep_bytes };
    let own = otlp.is_none() && from.is_empty();
    let options = Options { bounds, listen, otlp, from, console: ConsoleLinks::none() };
    let status = match own {
        true => own_traces(global, options, world).await?,
        false => {
            Logs { format: LogFormat::Human, debug: global.debug }.init();
            bind(options).await?.run(Interruption::of(world).heard()).await
        }
    };
    show::message(&farewell(&status));
    Ok(Exit::Success)
}

/// Serves what the other commands show: the spool of this user, and X-Ray.
async fn own_traces(global: Global, options: Options, world: &World) -> Result<StatusData> {
    let mut serving = None;
    // A spool that is there is followed: what is in it changes more often than X-Ray is asked.
    let spool = world.user_spool().filter(|spool| spool.exists());
    let options = Options { from: spool.into_iter().collect(), ..options };
    let name = "spawn trace serve";
    let done = source::within(name, global, &SourceOptions { from: Vec::new() }, world, async |source| {
        let server = bind(Options { console: source.console(), ..options.clone() }).await?;
        let feed = server.feed();
        serving = Some(tokio::spawn(server.run(Interruption::of(world).heard())));
        feed_from(source, &feed).await
    })
    .await;
    match (serving, done) {
        (Some(serving), done) => {
            let status = serving.await.context("the server broke off");
            done.and(status)
        }
        // Without a region there is no X-Ray, and there may be a spool all the same.
        (None, Err(error)) if error.is::<UsageError>() => {
            let server = bind(options).await?;
            let problem = format!("{error:#}");
            if server.feed().problem(&problem) {
                show::message(&problem);
            }
            Ok(server.run(Interruption::of(world).heard()).await)
        }
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => Err(anyhow::anyhow!("interrupted before there was anything to see")),
    }
}

/// Shows what the source has, and what it has later.
async fn feed_from(source: &Source<'_>, feed: &Feed) -> Result<Infallible> {
    let mut looked = false;
    loop {
        // Nobody pays X-Ray for pages that nobody looks at.
        if feed.watched() || !std::mem::replace(&mut looked, true) {
            let from = Timestamp::now().as_second().saturating_sub(SINCE).cast_unsigned() * 1_000_000_000;
            let query = Query { from: Some(from), ..Query::default() };
            let problems = match source.look_quietly(&Wanted::Search { query, limit: NEWEST }, 0).await {
                Ok(found) => {
                    found.traces.iter().for_each(|trace| feed.add(trace.spans()));
                    found.problems
                }
                Err(error) => vec![format!("{error:#}; it is tried again")],
            };
            for problem in problems {
                if feed.problem(&problem) {
                    show::message(&problem);
                }
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn bind(options: Options) -> Result<Server> {
    let from = options.from.clone();
    let server = Server::bind(options, Arc::new(show::message)).await?;
    show::data(&greeting(&server, &from))?;
    Ok(server)
}

/// What is to be had, and where.
fn greeting(server: &Server, from: &[PathBuf]) -> String {
    let mut text = format!("pages    {}\n", server.url());
    let receivers: Vec<String> = server.receivers().iter().map(ToString::to_string).collect();
    if let Some(last) = receivers.iter().rev().find(|address| !address.starts_with('[')) {
        let all = receivers.join(", ");
        text += &format!("OTLP     {all} (gRPC and HTTP on each)\n");
        text += &format!("         export OTEL_EXPORTER_OTLP_ENDPOINT=http://{last}\n");
    }
    let follows =
        from.iter().map(|path| format!("follows  {}\n", spawn_host::console::escape(&path.to_string_lossy())));
    text.extend(follows);
    text + "         Ctrl-C ends it, and forgets what it has kept\n"
}

fn farewell(status: &StatusData) -> String {
    let Tally { received, evicted_spans, refused, .. } = status.tally;
    let mut text = format!("{received} spans were shown");
    for (spans, what) in [(evicted_spans, "had made room for newer ones"), (refused, "had been refused")] {
        if spans > 0 {
            text = format!("{text}, {spans} {what}");
        }
    }
    text
}

/// Bytes of `200MB`, `1GiB` or `1000000`.
fn size(text: &str) -> Result<usize, String> {
    let wrong = || "a size is a number of bytes, or such as 200MB, 1GB or 1GiB".to_owned();
    let unit = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    let bytes: usize = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.parse::<usize>().ok().and_then(|number| number.checked_mul(bytes)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_the_units_that_people_write() {
        let read = ["1000", "200MB", "1 GB", "1GiB", "2kib", "0"].map(size);
        assert_eq!(read.map(Result::unwrap), [1_000, 200_000_000, 1_000_000_000, 1 << 30, 2_048, 0]);
        for text in ["", "GB", "1.5GB", "-1", "1TB", "99999999999GB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_guide_has_every_flag_with_its_default() {
        const GUIDE: &str = include_str!("../../../docs/how-to/see-traces-while-developing.md");
        let command = ServeOptions::augment_args(clap::Command::new("serve"));
        for argument in command.get_arguments().filter(|argument| argument.get_long() != Some("help")) {
            let flag = format!("| `--{}", argument.get_long().unwrap());
            let row = GUIDE.lines().find(|line| line.starts_with(&flag)).unwrap_or_else(|| panic!("{flag}"));
            for default in argument.get_default_values() {
                assert!(row.contains(default.to_str().unwrap()), "{row}");
            }
        }
    }
}
