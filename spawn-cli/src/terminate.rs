//! `spawn terminate`: ends instances for good, after asking.

use crate::args::Global;
use crate::change::{self, Change, ChangeOptions};
use crate::exit::Exit;
use anyhow::Result;
use clap::Args;
use spawn_host::World;

/// Which instances, and how.
#[derive(Debug, Args)]
pub(crate) struct TerminateOptions {
    #[command(flatten)]
    change: ChangeOptions,
    /// Do not ask.
    #[arg(short, long)]
    yes: bool,
}

pub(crate) async fn run(global: Global, options: TerminateOptions, world: &World) -> Result<Exit> {
    change::run(global, Change::Terminate, options.change, options.yes, world).await
}
