//! `spored trace`: where single traces and spans are.

mod why;

use crate::args::TraceCommand;
use crate::exit::Exit;
use anyhow::Result;
use spawn_host::World;

pub(crate) async fn run(command: TraceCommand, world: &World) -> Result<Exit> {
    match command {
        TraceCommand::Why(options) => why::run(&options, world).await,
    }
}
