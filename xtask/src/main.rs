//! Development commands: `cargo demo`, `cargo xtask bench`, `measure` and `storm`.

mod bench;
mod demo;
mod figures;
mod measure;
mod storm;

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
    /// Kill many agents again and again while they make spans, and ask whether any span is lost.
    Storm {
        /// The program [default: target/release/spored].
        #[arg(long, value_name = "PATH")]
        spored: Option<PathBuf>,
        /// How many agents.
        #[arg(long, default_value_t = 50)]
        agents: usize,
        /// How long.
        #[arg(long, default_value_t = 5.0)]
        minutes: f64,
        /// Decides when they are killed and what the back end refuses.
        #[arg(long, default_value_t = 1)]
        seed: u64,
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
        Command::Storm { spored, agents, minutes, seed } => {
            runtime.block_on(storm::run(spored, agents, Duration::from_secs_f64(minutes * 60.0), seed))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
