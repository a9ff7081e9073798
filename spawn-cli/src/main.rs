//! `spawn`: launches EC2 instances from the operator's terminal, every AWS call traced.

mod agent_file;
mod args;
mod array;
mod cancel;
mod change;
mod completions;
mod connect;
mod doctor;
mod exit;
mod extend;
mod fleet;
mod iam;
mod interruption;
mod launch;
mod list;
mod logs;
mod output;
mod price;
mod progress;
mod results;
mod retry;
mod select;
mod session;
mod setup;
mod show;
mod start;
mod status;
mod stop;
mod terminate;
mod trace;
mod tracing_switch;
mod user_data;
mod watch;

use args::{Args, Command};
use clap::Parser;
use exit::Exit;
use spawn_host::World;
use std::process::ExitCode;
use trace::TraceCommand;

fn main() -> ExitCode {
    let args = Args::parse();
    let world = World::of_process();
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
    let exit: anyhow::Result<Exit> = match args.command {
        // Its exit code is another program's.
        Command::Trace(TraceCommand::Exec(options)) => return trace::exec(args.global, options, &world).await,
        Command::Trace(command) => trace::look(args.global, command, &world).await,
        Command::Launch(options) => launch::run(args.global, *options, &world).await,
        Command::List(options) => list::run(args.global, options, &world).await,
        Command::Terminate(options) => terminate::run(args.global, options, &world).await,
        Command::Status(options) => status::run(args.global, options, &world).await,
        Command::Logs(options) => logs::run(args.global, options, &world).await,
        Command::Results(options) => results::run(args.global, options, &world).await,
        Command::Cancel(options) => cancel::run(args.global, options, &world).await,
        Command::Retry(options) => retry::run(args.global, options, &world).await,
        Command::Extend(options) => extend::run(args.global, options, &world).await,
        Command::Tracing(command) => tracing_switch::run(args.global, command, &world).await,
        Command::Connect(options) => connect::run(args.global, options, &world).await,
        Command::Completions(options) => completions::run(&options),
        Command::Stop(options) => stop::run(args.global, options, &world).await,
        Command::Start(options) => start::run(args.global, options, &world).await,
        Command::Iam(command) => iam::run(args.global, command, &world).await,
        Command::Doctor(options) => doctor::run(args.global, options, &world).await,
        Command::Setup(options) => setup::run(args.global, options, &world).await,
    };
    exit.map(ExitCode::from)
}
