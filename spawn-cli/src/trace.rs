//! `spawn trace`: the trace of what others do.

mod dead_letters;
mod exec;
mod flush;
mod ui;

use clap::Subcommand;
pub(crate) use dead_letters::run as dead_letters;
pub(crate) use exec::ExecOptions;
pub(crate) use exec::run as exec;
pub(crate) use flush::FlushOptions;
pub(crate) use flush::run as flush;
use spawn_host::dead_letters::DeadLettersCommand;
pub(crate) use ui::UiOptions;
pub(crate) use ui::run as ui;

#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Run a command in a span, with the trace's context in its environment; the exit code is the command's.
    ///
    ///   spawn trace exec --name 'nightly build' -- make all
    #[command(verbatim_doc_comment)]
    Exec(ExecOptions),
    /// Deliver the spans that earlier commands have left on disk; exit code 1 when some are left.
    Flush(FlushOptions),
    /// Look after the spans of commands that a back end has refused for good.
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// Look at traces in the terminal with keys: list, waterfall, details, service map, job arrays; ? shows the keys.
    Ui(UiOptions),
}
