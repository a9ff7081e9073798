//! `spawn trace serve`: pages of traces on this machine, live, and a receiver for what any OpenTelemetry SDK sends.

use crate::args::Global;
use crate::exit::Exit;
use crate::interruption::Interruption;
use crate::show;
use anyhow::{Context as _, Result};
use clap::Args;
use spawn_host::World;
use spawn_telemetry::{LogFormat, Logs};
use spawn_view::page::ConsoleLinks;
use spawn_view::serve::{Bounds, Loopback, Options, Server, StatusData, Tally};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

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
    Logs { format: LogFormat::Human, debug: global.debug }.init();
    let ServeOptions { otlp, from, listen, keep_spans, keep_bytes } = options;
    let from = match (&otlp, from.is_empty()) {
        (None, true) => vec![world.user_spool().context("there is nothing to show: give --otlp, or --from PATH")?],
        _ => from,
    };
    let bounds = Bounds { spans: keep_spans, bytes: keep_bytes };
    let options = Options { bounds, listen, otlp, from: from.clone(), console: ConsoleLinks::none() };
    let server = Server::bind(options, Arc::new(show::message)).await?;
    show::data(&greeting(&server, &from))?;
    let status = server.run(Interruption::of(world).heard()).await;
    show::message(&farewell(&status));
    Ok(Exit::Success)
}

/// What is to be had, and where.
fn greeting(server: &Server, from: &[PathBuf]) -> String {
    let mut text = format!("pages    {}\n", server.url());
    let receivers: Vec<String> = server.receivers().iter().map(ToString::to_string).collect();
    if let Some(last) = receivers.iter().rev().find(|address| !address.starts_with('[')) {
        // A text never fails to be written into a text.
        let _: std::fmt::Result = writeln!(
            text,
            "OTLP     {} (gRPC and HTTP on each)\n         export OTEL_EXPORTER_OTLP_ENDPOINT=http://{last}",
            receivers.join(", ")
        );
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
}
