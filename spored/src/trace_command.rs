//! `spored trace`: where single traces and spans are.

mod dead_letters;
mod why;

use crate::args::TraceCommand;
use crate::exit::Exit;
use anyhow::Result;
use spawn_host::World;

pub(crate) async fn run(command: TraceCommand, world: &World) -> Result<Exit> {
    match command {
        TraceCommand::Why(options) => why::run(&options, world).await,
        TraceCommand::DeadLetters(command) => dead_letters::run(&command, world).await,
    }
}
