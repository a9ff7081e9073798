//! `spawn start`: starts stopped or hibernated instances again. It destroys nothing, so it does not ask.

use crate::args::Global;
use crate::change::{self, Change, ChangeOptions};
use crate::exit::Exit;
use anyhow::Result;
use clap::Args;
use spawn_host::World;

/// Which instances, and how.
#[derive(Debug, Args)]
pub(crate) struct StartOptions {
    #[command(flatten)]
    change: ChangeOptions,
}

pub(crate) async fn run(global: Global, options: StartOptions, world: &World) -> Result<Exit> {
    change::run(global, Change::Start, options.change, true, world).await
}
