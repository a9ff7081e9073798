//! `spawn iam`: the rights of operators and agents, printed, made and checked.

mod check;
mod create;
mod options;
mod policy;

pub(crate) use options::IamCommand;

use crate::args::Global;
use crate::exit::Exit;
use anyhow::Result;
use spawn_host::World;

pub(crate) async fn run(global: Global, command: IamCommand, world: &World) -> Result<Exit> {
    match command {
        IamCommand::Policy(options) => policy::run(&global, &options, world),
        IamCommand::Create(options) => create::run(global, options, world).await,
        IamCommand::Check(options) => check::run(global, options, world).await,
    }
}
