//! `spawn trace`: the trace of what others do.

mod dead_letters;
mod exec;
mod flush;
mod serve;

use clap::Subcommand;
pub(crate) use dead_letters::run as dead_letters;
pub(crate) use exec::ExecOptions;
pub(crate) use exec::run as exec;
pub(crate) use flush::FlushOptions;
pub(crate) use flush::run as flush;
pub(crate) use serve::ServeOptions;
pub(crate) use serve::run as serve;
use spawn_host::dead_letters::DeadLettersCommand;

#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Run a command in a span, with the trace's context in its environment; the exit code is the command's.
    ///
    ///   spawn trace exec --name 'nightly build' -- make all
    #[command(verbatim_doc_comment)]
    Exec(ExecOptions),
    /// Deliver the spans that earlier commands have left on disk; exit code 1 when some are left.
    Flush(FlushOptions),
    /// Show traces on pages on this machine, live, and receive those that any OpenTelemetry SDK sends.
    ///
    ///   spawn trace serve --otlp                  what your programs send to localhost:4317 and :4318
    ///   spawn trace serve --from spans.jsonl      a file, as it grows
    #[command(verbatim_doc_comment)]
    Serve(ServeOptions),
    /// Look after the spans of commands that a back end has refused for good.
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
}
