//! `spawn trace exec -- COMMAND`: runs any command in a span, with the trace's context in its environment.

use crate::args::Global;
use crate::session;
use crate::show;
use anyhow::Result;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use opentelemetry::KeyValue;
use spawn_host::{Ended, NotRun, Saying, World, Wrapped};
use spawn_telemetry::{LogFormat, Logs, Telemetry, propagation};
use std::ffi::OsString;
use std::process::ExitCode;

/// What to run, and what its span says.
#[derive(Debug, Args)]
pub(crate) struct ExecOptions {
    /// Name of the span; by default `exec` and the command's file name.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    name: Option<String>,
    /// Attribute of the span; may be given several times.
    #[arg(long = "attribute", value_name = "KEY=VALUE", value_parser = attribute)]
    attributes: Vec<(String, String)>,
    /// Record the command's arguments too; by default only its file name, because arguments may hold secrets.
    #[arg(long)]
    with_arguments: bool,
    /// The command with its arguments.
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the command in our place: whatever it ends with is our end too, and no trouble with traces keeps it from running.
pub(crate) async fn run(global: Global, options: ExecOptions, world: &World) -> Result<ExitCode> {
    let ExecOptions { name, attributes, with_arguments, command } = options;
    let Some(wrapped) = Wrapped::of(command) else { anyhow::bail!("there is no command to run") };
    Logs { format: LogFormat::Human, debug: global.debug }.init();
    let asked_for = attributes.iter().map(|(key, _)| key.clone());
    let telemetry = telemetry(&global, asked_for, world).await.unwrap_or_else(|problem| {
        show::message(&format!("{problem:#}; the command runs without a trace"));
        None
    });
    let Some(telemetry) = telemetry else { return Ok(report(Err(wrapped.replace()))) };
    let attributes = attributes.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
    let saying = Saying { name, attributes, arguments: with_arguments };
    let parent = propagation::from_environment(&world.environment).unwrap_or_default();
    let code = report(wrapped.run(saying, &telemetry, &parent).await);
    if let Some(undelivered) = session::delivered(&telemetry).await {
        show::message(&undelivered);
    }
    Ok(code)
}

/// What makes spans, with attributes of these names too; `None` where tracing is off.
async fn telemetry(
    global: &Global,
    asked_for: impl Iterator<Item = String>,
    world: &World,
) -> Result<Option<Telemetry>> {
    let mut settings = session::with_debug(world.settings()?, global.debug)?.resolve().settings;
    if !settings.tracing_on(jiff::Timestamp::now()) {
        return Ok(None);
    }
    settings.tracing.filter.allow.extend(asked_for);
    Ok(Some(session::telemetry_alone(&settings, global.region(), world).await))
}

fn report(ended: Result<Ended, NotRun>) -> ExitCode {
    match ended {
        Ok(ended) => ended.exit_code(),
        Err(not_run) => {
            let code = not_run.exit_code();
            show::message(&format!("{:#}", anyhow::Error::new(not_run)));
            code
        }
    }
    .into()
}

fn attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("an attribute is KEY=VALUE".to_owned()),
    }
}
