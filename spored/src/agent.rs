//! The agent's life, from the first line of the log to the last span delivered.
//!
//! ```text
//! socket (ready) -> identity -> settings -> telemetry -> clients -> boot -> duties ... signal or end of life -> flush
//! ```
//!
//! Nothing before `ready` touches the network. The telemetry buffers until the settings are known, so that the very
//! first AWS call is traced too, and it stops last.

mod boot;
mod clock;
mod follow;
mod heartbeat;
mod life;
mod live;
mod state;
mod work;

pub(crate) use follow::reload;
pub(crate) use life::{Completion, Outcome};
pub(crate) use live::{CheckError, Kept, Overrides, Sources, check, is_setting};
pub(crate) use state::{Report, Shared};

use crate::args::RunOptions;
use crate::control;
use crate::exit::Exit;
use crate::shutdown::Shutdown;
use crate::systemd::Systemd;
use anyhow::{Context, Result};
use spawn_host::World;
use spawn_telemetry::{Logs, Program, Telemetry};
use std::io::IsTerminal;
use std::pin::Pin;
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use work::WorkOptions;

/// This program, as its spans name it.
const PROGRAM: Program = Program { name: "spored", version: env!("CARGO_PKG_VERSION") };
/// Time that the last spans get when the agent is told to stop; systemd waits longer (reliability promise R13).
const FLUSH: Duration = Duration::from_secs(5);
/// Time that the duties get to finish what they are at.
const GRACE: Duration = Duration::from_secs(5);
/// Time that tasks under way get to end and to be given back; the unit that runs tasks waits longer.
const GIVE_BACK: Duration = Duration::from_secs(10);

pub(crate) async fn run(options: RunOptions, world: World) -> Result<Exit> {
    let started = SystemTime::now();
    let format = options.log_format.resolve(std::io::stderr().is_terminal());
    Logs { format, debug: options.debug }.init();
    // A wrong file is refused before anything runs; what the network says comes later. A file that is a pipe may keep
    // the agent waiting, and until the signals are taken over they end it.
    let sources = Sources::new(world.settings()?, Overrides::of(&world));
    let mut shutdown = Shutdown::listen().context("failed to listen for signals")?;
    // Taken over here, because until then it ends the agent; heard once there are settings to reload.
    let mut hangup = signal(SignalKind::hangup()).context("failed to listen for SIGHUP")?;

    let telemetry = Telemetry::start(PROGRAM);
    let _last_words = telemetry.last_words(FLUSH);
    let shared = Shared::new(PROGRAM.version, telemetry.clone());
    let control = control::serve(&world, shared.clone())?;
    let systemd = Systemd::of(&world);
    systemd.ready();
    systemd.status("finding out which host this is");
    tracing::info!(version = PROGRAM.version, pid = std::process::id(), "spored is ready");

    let work = WorkOptions { lease: options.lease, backoff: options.backoff, heartbeat: options.heartbeat };
    let early = Early { started, sources, debug: options.debug, heartbeat: options.heartbeat, work, systemd };
    let whole_life = async {
        let mut told = false;
        let mut life = std::pin::pin!(live(early, &world, &telemetry, &shared, &mut hangup));
        let ended = tokio::select! {
            ended = &mut life => ended,
            signal = shutdown.signalled() => {
                tracing::info!(signal, "told to stop");
                told = true;
                shared.life().tell_to_stop();
                wind_up(life, &shared, &mut shutdown).await
            }
        };
        shared.ending();
        systemd.stopping();
        finish(&telemetry, &shared, &mut shutdown, told).await;
        ended
    };
    let ended = tokio::select! {
        ended = whole_life => ended,
        never = systemd.watchdog() => match never {},
    };
    drop(control);
    ended.map(|()| Exit::Success)
}

/// What the duties get to do between a signal and the end: tasks under way go back, so that another host takes them up
/// at once. A second signal cuts this short.
async fn wind_up(
    mut life: Pin<&mut impl Future<Output = Result<()>>>,
    shared: &Shared,
    shutdown: &mut Shutdown,
) -> Result<()> {
    let given_back = shared.work().give_back("the agent was told to stop", GIVE_BACK);
    let ended = tokio::select! {
        biased;
        () = given_back => None,
        ended = &mut life => Some(ended),
        signal = shutdown.signalled() => {
            tracing::warn!(signal, "told again: tasks under way are left to their leases");
            None
        }
    };
    match ended {
        Some(ended) => ended,
        // The signal may be EC2's answer to the agent's own TerminateInstances: that call still wants its answer.
        None if shared.is_ending() => tokio::time::timeout(GRACE, life).await.unwrap_or(Ok(())),
        None => Ok(()),
    }
}

/// What is known before the first question to the network.
struct Early {
    started: SystemTime,
    sources: Sources,
    debug: bool,
    heartbeat: Duration,
    work: WorkOptions,
    systemd: Systemd,
}

/// From identity to the end of the instance's time; ends early only when the agent is told to stop.
async fn live(early: Early, world: &World, telemetry: &Telemetry, shared: &Shared, hangup: &mut Signal) -> Result<()> {
    let (interval, options) = (early.heartbeat, early.work);
    let booted = boot::boot(early, world, telemetry, shared).await?;
    let heartbeat = heartbeat::beat(&booted, interval, shared);
    let tags = follow::tags(&booted.live);
    let tracing_end = follow::tracing_end(&booted.live);
    let hangups = follow::hangups(&booted.live, hangup);
    let service_status = follow::service_status(&booted.live);
    let metrics = follow::metrics(&booted.live, shared);
    let work = work::work(&booted, options, shared);
    // The end of life ends the agent; the others go on for as long as it lives.
    tokio::select! {
        () = life::until_end(&booted, telemetry, shared) => Ok(()),
        never = async { tokio::join!(heartbeat, tags, tracing_end, hangups, service_status, metrics, work) } => match never.0 {},
    }
}

/// Says good-bye to the registry and delivers the last spans; a second signal ends the agent at once.
async fn finish(telemetry: &Telemetry, shared: &Shared, shutdown: &mut Shutdown, mut told: bool) {
    let mut orderly = std::pin::pin!(async {
        if let Some(booted) = shared.booted().filter(|_| !shared.life().has_left()) {
            let farewell = tokio::time::timeout(GRACE, heartbeat::farewell(&booted, telemetry));
            if farewell.await.is_err() {
                tracing::warn!("the registry did not take the farewell in time; the item expires by itself");
            }
        }
        let flushed = telemetry.flush(FLUSH).await;
        tracing::info!(delivered = flushed.delivered, left = flushed.left, "spored has stopped");
    });
    loop {
        tokio::select! {
            () = &mut orderly => break,
            signal = shutdown.signalled() => {
                if std::mem::replace(&mut told, true) {
                    tracing::warn!(signal, "told again: stopping now");
                    break;
                }
                tracing::info!(signal, "told to stop, and stopping already");
            }
        }
    }
    telemetry.shutdown(Duration::ZERO);
}
