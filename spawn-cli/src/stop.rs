//! `spawn stop`: stops instances, or hibernates them, after asking.

use crate::args::Global;
use crate::change::{self, Change, ChangeOptions};
use crate::exit::Exit;
use anyhow::Result;
use clap::Args;
use spawn_host::World;

/// Which instances, and how.
#[derive(Debug, Args)]
pub(crate) struct StopOptions {
    #[command(flatten)]
    change: ChangeOptions,
    /// Keep the memory, so that everything goes on after the start; only for instances launched for it.
    #[arg(long)]
    hibernate: bool,
    /// Do not ask.
    #[arg(short, long)]
    yes: bool,
}

pub(crate) async fn run(global: Global, options: StopOptions, world: &World) -> Result<Exit> {
    let change = if options.hibernate { Change::Hibernate } else { Change::Stop };
    change::run(global, change, options.change, options.yes, world).await
}
