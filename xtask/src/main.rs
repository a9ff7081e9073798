//! Development commands: `cargo demo` and `cargo xtask bench`.

mod demo;
mod tree;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Development commands of spawn.
#[derive(Debug, Parser)]
#[command(name = "xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do the main job on this machine: launch, agent, traces, all on loopback.
    Demo,
}

#[expect(clippy::print_stderr, reason = "the one place where a failed command says why")]
fn main() -> ExitCode {
    let Args { command } = Args::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("xtask: failed to start the async runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = match command {
        Command::Demo => runtime.block_on(demo::run()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
