//! `spawn trace`: traces of what others do, and looking at traces.

mod array;
mod compare;
mod dead_letters;
mod exec;
mod export;
mod flush;
mod follow;
mod ids;
mod list;
mod map;
mod paper;
mod search;
mod serve;
mod show;
mod source;
mod ui;

use crate::args::Global;
use crate::exit::Exit;
use crate::show as console;
use anyhow::{Context as _, Result};
use clap::Subcommand;
pub(crate) use dead_letters::run as dead_letters;
pub(crate) use exec::ExecOptions;
pub(crate) use exec::run as exec;
pub(crate) use flush::FlushOptions;
pub(crate) use flush::run as flush;
use source::{Found, Source};
use spawn_host::World;
use spawn_host::dead_letters::DeadLettersCommand;
use spawn_view::page::page;
use spawn_view::text::escape::escape;
use spawn_view::{Trace, xray_form};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Run a command in a span, with the trace's context in its environment; the exit code is the command's
    ///
    ///   spawn trace exec --name 'nightly build' -- make all
    #[command(verbatim_doc_comment)]
    Exec(ExecOptions),
    /// Deliver the spans that earlier commands have left on disk; exit code 1 when some are left.
    Flush(FlushOptions),
    /// Show traces on pages on this machine, live, and receive those that any OpenTelemetry SDK sends
    ///
    ///   spawn trace serve --otlp                  what your programs send to localhost:4317 and :4318
    ///   spawn trace serve --from spans.jsonl      a file, as it grows
    #[command(verbatim_doc_comment)]
    Serve(serve::ServeOptions),
    /// Look after the spans of commands that a back end has refused for good.
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// List traces: by service, failure, length, job array and time
    ///
    ///   spawn trace list --error --since 1h
    ///   spawn trace list --service dynamodb --slower-than 2s
    #[command(verbatim_doc_comment)]
    List(list::ListOptions),
    /// Show a trace as a waterfall, or write it as a page
    ///
    ///   spawn trace show 1-6b021b31-0123456789abcdef01234567
    ///   spawn trace show --from spans.jsonl --html trace.html
    #[command(verbatim_doc_comment)]
    Show(show::ShowOptions),
    /// Show who calls whom: calls, errors, faults and times of each service.
    Map(map::MapOptions),
    /// Show a job array as a heat map of index by phase, failures and stragglers first.
    Array(array::ArrayOptions),
    /// Show two traces, or two tasks of job arrays, beside each other.
    #[command(long_about = compare::ABOUT)]
    Compare(compare::CompareOptions),
    /// Write traces as OTLP JSON, as X-Ray documents, or as a page.
    Export(export::ExportOptions),
    /// Look at traces in the terminal with keys: list, waterfall, details, service map, job arrays; ? shows the keys
    ///
    ///   spawn trace ui --since 1h --follow
    ///   spawn trace ui --from spans.jsonl
    #[command(verbatim_doc_comment)]
    Ui(ui::UiOptions),
}

/// Runs one of the commands that look at traces.
pub(crate) async fn look(global: Global, command: TraceCommand, world: &World) -> Result<Exit> {
    match command {
        TraceCommand::List(options) => list::run(global, options, world).await,
        TraceCommand::Show(options) => show::run(global, options, world).await,
        TraceCommand::Map(options) => map::run(global, options, world).await,
        TraceCommand::Array(options) => array::run(global, options, world).await,
        TraceCommand::Compare(options) => compare::run(global, options, world).await,
        TraceCommand::Export(options) => export::run(global, options, world).await,
        TraceCommand::Ui(options) => ui::run(global, options, world).await,
        TraceCommand::Serve(options) => serve::run(global, options, world).await,
        TraceCommand::Flush(options) => flush(global, options, world).await,
        TraceCommand::DeadLetters(command) => dead_letters(global, command, world).await,
        // Its exit code is another program's: `main` sees to it.
        TraceCommand::Exec(_) => Ok(Exit::Usage),
    }
}

/// Tells what could not be read; the rest was.
fn tell(problems: &[String]) {
    /// More help nobody.
    const TOLD: usize = 20;
    problems.iter().take(TOLD).for_each(|problem| console::message(&escape(problem)));
    if problems.len() > TOLD {
        console::message(&format!("and {} more problems like these", problems.len() - TOLD));
    }
}

/// Writes what was found as a page, and says where it is.
fn write_page(file: &Path, found: &Found, source: &Source<'_>) -> Result<()> {
    write_file(file, page(&found.traces, &title(&found.traces), &source.console()).as_bytes())
}

/// What a page of these traces is called.
fn title(traces: &[Trace]) -> String {
    match traces {
        [one] => format!("trace {}", xray_form(one.id())),
        many => format!("{} traces", many.len()),
    }
}

/// Writes a file that was asked for, and says where it is.
fn write_file(file: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(file, bytes).with_context(|| format!("failed to write {}", file.display()))?;
    console::data(&format!("{}\n", file.display()))
}
