//! `spored`: the agent of spawn on each instance and on-premises host.

mod agent;
mod args;
mod array_command;
mod backoff;
mod command_trace;
mod complete_command;
mod config_command;
mod control;
mod doctor;
mod exec_command;
mod exit;
mod flush_command;
mod host;
mod metrics;
mod process;
mod reload_command;
mod settings;
mod shutdown;
mod status_command;
mod systemd;
mod trace_command;

use args::{Args, Command};
use clap::Parser;
use exit::Exit;
use spawn_host::World;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    let world = World::of_process();
    // One thread serves the agent's few timers and calls; spans leave on the telemetry's own thread.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&anyhow::Error::new(error).context("failed to start the async runtime")),
    };
    let outcome = runtime.block_on(main_inner(args, world));
    // A blocking look-up (a name server that hangs) must not hold the exit.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(error) => exit::report(&error),
    }
}

async fn main_inner(args: Args, world: World) -> anyhow::Result<ExitCode> {
    // The agent's whole life is a large value. On the heap it is there once; on the stack each move of it leaves a copy
    // that stays resident.
    let exit: anyhow::Result<Exit> = match args.command {
        // Its exit code is another program's.
        Command::Exec(options) => return Box::pin(exec_command::run(options, &world)).await,
        Command::Run(options) => Box::pin(agent::run(options, world)).await,
        Command::Config(command) => Box::pin(config_command::run(command, &world)).await,
        Command::Status(options) => status_command::run(options, &world).await,
        Command::Doctor(options) => Box::pin(doctor::run(options, &world)).await,
        Command::Reload(options) => reload_command::run(options, &world).await,
        Command::Trace(command) => trace_command::run(command, &world).await,
        Command::Complete(options) => complete_command::run(options, &world).await,
        Command::Join(options) => array_command::join(options, &world).await,
        Command::Leave => array_command::leave(&world).await,
        Command::Flush(options) => flush_command::run(&options, &world).await,
    };
    exit.map(ExitCode::from)
}
