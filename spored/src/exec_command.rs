//! `spored exec -- COMMAND`: runs any command in a span, with the trace's context in its environment.

use crate::args::ExecOptions;
use crate::command_trace;
use anyhow::Result;
use opentelemetry::KeyValue;
use spawn_host::{Ended, NotRun, Saying, World, Wrapped, console};
use spawn_telemetry::{LogFormat, Logs, propagation};
use std::process::ExitCode;

/// Runs the command in our place: whatever it ends with is our end too, and no trouble with traces keeps it from running.
pub(crate) async fn run(options: ExecOptions, world: &World) -> Result<ExitCode> {
    let ExecOptions { name, attributes, with_arguments, debug, command } = options;
    let Some(wrapped) = Wrapped::of(command) else { anyhow::bail!("there is no command to run") };
    Logs { format: LogFormat::Human, debug }.init();
    let asked_for = attributes.iter().map(|(key, _)| key.clone());
    let Some(telemetry) = command_trace::as_the_agent_does(world, asked_for, debug).await else {
        return Ok(report(Err(wrapped.replace())));
    };
    let attributes = attributes.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
    let saying = Saying { name, attributes, arguments: with_arguments };
    let parent = propagation::from_environment(&world.environment).unwrap_or_default();
    let ended = wrapped.run(saying, &telemetry, &parent).await;
    let code = report(ended);
    command_trace::deliver(&telemetry).await;
    Ok(code)
}

fn report(ended: Result<Ended, NotRun>) -> ExitCode {
    match ended {
        Ok(ended) => ended.exit_code(),
        Err(not_run) => {
            let code = not_run.exit_code();
            console::message("spored", &format!("{:#}", anyhow::Error::new(not_run)));
            code
        }
    }
    .into()
}
