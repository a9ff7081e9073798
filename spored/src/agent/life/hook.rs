//! The user's program that runs before the end: once, with a deadline, in a process group of its own.
//!
//! Its name never comes from a tag: whoever may write tags must not run programs as the agent.

mod program;

use super::end::Reason;
use super::{Life, attribute};
use crate::process::{self, Cut, Ended, Group, Limits, MemoryWatch};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use spawn_telemetry::propagation;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Time between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(2);

/// Runs the program if there is one, for `limit` at most and the time that the settings allow. Its failure never stops
/// the end.
pub(super) async fn run(life: Life<'_>, reason: Reason, decision: &Context, limit: Duration) {
    let settings = life.settings();
    let command = match program::find(&life.fixed().world, &settings.pre_stop) {
        Ok(None) => return,
        Ok(Some(command)) => command,
        Err(error) => {
            tracing::error!(%error, "the program before the end does not run");
            return;
        }
    };
    let limit = limit.min(settings.pre_stop_timeout.duration());
    if limit.is_zero() || life.state().is_told_to_stop() || !life.state().may_run_hook() {
        return;
    }
    tracing::info!(command = command.join(" "), limit_seconds = limit.as_secs(), "the program before the end runs");
    let span = life.telemetry.start_span("pre-stop", SpanKind::Internal, decision, Vec::new(), None);
    let memory = MemoryWatch::begin(&life.fixed().world.root);
    let ended = match start(life, reason, &command, &span) {
        Ok(group) => wait(life, group, limit).await,
        Err(error) => Ended::NotStarted(error),
    };
    let problem = memory.problem(&ended);
    match &problem {
        None => tracing::info!("the program before the end is done"),
        Some(problem) => tracing::warn!(problem, "the program before the end failed; the end goes on"),
    }
    for attribute in attributes(&ended) {
        span.span().set_attribute(attribute);
    }
    if let Some(problem) = problem {
        life.telemetry.mark_failed(&span, &problem);
    }
    span.span().end();
}

fn start(life: Life<'_>, reason: Reason, command: &[String], span: &Context) -> std::io::Result<Group> {
    // `find` gives no empty command.
    let (name, args) = command.split_first().ok_or(std::io::ErrorKind::NotFound)?;
    let mut command = Command::new(name);
    command
        .args(args)
        .env("SPAWN_REASON", reason.as_str())
        .env("SPAWN_INSTANCE_ID", &life.booted.record.instance_id)
        .envs(propagation::to_environment(span))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Without a mark: what it leaves running may outlive it.
    Group::start(command, None)
}

async fn wait(life: Life<'_>, mut group: Group, limit: Duration) -> Ended {
    let output = process::log(group.take_output());
    let told = async {
        life.state().told_to_stop().await;
        Cut::Stopping
    };
    group.wait(Limits { limit: Some(limit), grace: GRACE }, told, output).await
}

fn attributes(ended: &Ended) -> Vec<KeyValue> {
    let timed_out = KeyValue::new(attribute::TIMED_OUT, matches!(ended, Ended::TimedOut));
    let how = match ended {
        Ended::Code(code) => Some(KeyValue::new(attribute::EXIT_CODE, i64::from(*code))),
        Ended::Signal(signal) => Some(KeyValue::new(attribute::SIGNAL, i64::from(*signal))),
        Ended::TimedOut | Ended::Cut(_) | Ended::NotStarted(_) => None,
    };
    [timed_out].into_iter().chain(how).collect()
}
