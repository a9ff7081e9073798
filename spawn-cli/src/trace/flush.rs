//! `spawn trace flush`: delivers the spans that earlier commands of this user have left on disk.

use crate::args::Global;
use crate::exit::Exit;
use crate::interruption::Interruption;
use crate::{session, show};
use anyhow::{Result, ensure};
use clap::Args;
use spawn_config::TimeSpan;
use spawn_host::World;
use spawn_telemetry::{LogFormat, Logs};
use std::time::Duration;

/// How long it may take.
#[derive(Debug, Args)]
pub(crate) struct FlushOptions {
    /// Longest time that the delivery may take.
    #[arg(long, default_value = "30s")]
    within: TimeSpan,
}

pub(crate) async fn run(global: Global, options: FlushOptions, world: &World) -> Result<Exit> {
    Logs { format: LogFormat::Human, debug: global.debug }.init();
    let settings = world.settings()?.resolve().settings;
    ensure!(settings.tracing_on(jiff::Timestamp::now()), "tracing is off here: switch it on, and try again");
    let telemetry = session::telemetry_alone(&settings, global.region(), world).await;
    let flushed = tokio::select! {
        flushed = telemetry.flush_everything(options.within.duration()) => Some(flushed),
        () = Interruption::of(world).heard() => None,
    };
    let (health, storage) = (telemetry.health(), telemetry.storage());
    telemetry.shutdown(Duration::ZERO);
    let Some(flushed) = flushed else { return Ok(Exit::Interrupted) };
    show::data(&format!("{} delivered, {} left\n", flushed.delivered, flushed.left))?;
    let folder = storage.folder.map(|folder| format!(" in {}", folder.display())).unwrap_or_default();
    match health.problem.or(health.storage) {
        Some(problem) => show::message(&format!("{}{folder}: {}", problem.what, problem.remedy)),
        None if flushed.left > 0 => show::message(&format!("spans wait{folder}: give more time with --within")),
        None => return Ok(Exit::Success),
    }
    Ok(Exit::Failure)
}
