//! `spored trace`: where single traces and spans are.

mod dead_letters;

use crate::args::TraceCommand;
use crate::exit::Exit;
use anyhow::Result;
use spawn_host::World;

pub(crate) async fn run(command: TraceCommand, world: &World) -> Result<Exit> {
    match command {
        TraceCommand::DeadLetters(command) => dead_letters::run(&command, world).await,
    }
}
