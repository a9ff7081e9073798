//! `spawn trace export`: traces in the forms that other programs read.

use super::ids::Ids;
use super::source::{self, Found, Source, SourceOptions};
use crate::args::Global;
use crate::exit::Exit;
use crate::show;
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde_json::value::RawValue;
use spawn_host::World;
use spawn_telemetry::XRayDocuments;
use spawn_view::page::page;
use spawn_view::{Trace, to_resource_spans};
use std::path::PathBuf;

/// Which traces, in which form, and where to.
#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    #[command(flatten)]
    ids: Ids,
    #[command(flatten)]
    source: SourceOptions,
    /// Follow links to other traces so many times, and write these too.
    #[arg(long, value_name = "TIMES", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=8))]
    links: u32,
    /// The form.
    #[arg(long, value_enum, default_value = "otlp-json")]
    format: Format,
    /// Write to this file and print its name; by default to stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A form of traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// OTLP's JSON, one object: what collectors and other viewers read.
    OtlpJson,
    /// X-Ray's segment documents, as one JSON list; what is under way has none.
    XrayJson,
    /// A page: one file that works without a network.
    Html,
}

pub(crate) async fn run(global: Global, options: ExportOptions, world: &World) -> Result<Exit> {
    let exported = source::within("spawn trace export", global, &options.source, world, async |source| {
        let found = source.look(&options.ids.wanted(), options.links).await?;
        super::tell(&found.problems);
        let missing = options.ids.missing(&found, source)?;
        if found.traces.is_empty() {
            return Ok(missing);
        }
        let text = written(options.format, &found, source)?;
        match &options.output {
            Some(file) => super::write_file(file, text.as_bytes())?,
            None => show::data(&text)?,
        }
        Ok(missing)
    });
    Ok(exported.await?.unwrap_or(Exit::Interrupted))
}

fn written(format: Format, found: &Found, source: &Source<'_>) -> Result<String> {
    let spans = || found.traces.iter().flat_map(Trace::spans);
    Ok(match format {
        Format::OtlpJson => spawn_view::otlp_json(spans()) + "\n",
        Format::XrayJson => {
            let open = spans().filter(|span| span.end.is_none()).count();
            if open > 0 {
                let spans = spawn_view::text::units::count(open as u64, "span is", "spans are");
                show::message(&format!(
                    "{spans} under way and left out: X-Ray documents are written when work has ended"
                ));
            }
            let documents = XRayDocuments::of_messages(to_resource_spans(spans()));
            let documents: Result<Vec<Box<RawValue>>, _> = documents.into_iter().map(RawValue::from_string).collect();
            serde_json::to_string(&documents.context("failed to write a document")?)? + "\n"
        }
        Format::Html => page(&found.traces, &super::title(&found.traces), &source.console()),
    })
}
