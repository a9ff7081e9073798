//! The command line of `spawn tracing`.

use crate::output::Output;
use crate::select::Selection;
use clap::{Args, Subcommand};
use spawn_config::TimeSpan;

/// What to do with the tracing of instances.
#[derive(Debug, Subcommand)]
pub(crate) enum TracingCommand {
    /// Switch tracing on; the agents follow within seconds, without a restart.
    On(OnOptions),
    /// Switch tracing off.
    Off(LookOptions),
    /// Show what the tags say.
    Status(LookOptions),
}

/// Where, how and for how long.
#[derive(Debug, Default, Args)]
pub(crate) struct OnOptions {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Switch it off again by itself after this time: 15m, 2h. Without it, it stays on.
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true)]
    pub(super) time: Option<TimeSpan>,
    /// Share of the traces to keep, 0.0 to 1.0.
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true)]
    pub(super) sampling: Option<String>,
    /// Where spans go: xray, otlp, stdout or none.
    #[arg(long)]
    pub(super) exporter: Option<String>,
    /// The back end's address.
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(super) output: Output,
}

/// Where.
#[derive(Debug, Args)]
pub(crate) struct LookOptions {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(super) output: Output,
}
