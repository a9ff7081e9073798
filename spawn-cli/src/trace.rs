//! `spawn trace`: the trace of what others do.

mod exec;

use clap::Subcommand;
pub(crate) use exec::ExecOptions;
pub(crate) use exec::run as exec;

#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Run a command in a span, with the trace's context in its environment; the exit code is the command's.
    ///
    ///   spawn trace exec --name 'nightly build' -- make all
    #[command(verbatim_doc_comment)]
    Exec(ExecOptions),
}
