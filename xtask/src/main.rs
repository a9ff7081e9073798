//! Development commands: `cargo demo`, `cargo xtask bench` and `cargo xtask measure`.

mod bench;
mod demo;
mod figures;
mod measure;
mod tree;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

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
    /// Count what tracing adds to an AWS call, in instructions (needs valgrind) and in time, beside a public peer.
    Bench,
    /// Measure how soon spored is ready, and what it takes of memory and CPU, idle and through a life.
    Measure {
        /// The program to measure [default: target/release/spored].
        #[arg(long, value_name = "PATH")]
        spored: Option<PathBuf>,
        /// Seconds that it idles, twice.
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        idle: u64,
    },
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
        Command::Bench => bench::run(),
        Command::Measure { spored, idle } => measure::run(spored, Duration::from_secs(idle)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
