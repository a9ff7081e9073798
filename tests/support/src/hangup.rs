//! Programs hear SIGHUP though whoever runs the tests does not, as under `nohup`: what a process ignores, its children ignore.

use std::sync::OnceLock;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

/// Whether this process ignores SIGHUP was looked at, and why not if it could not be changed.
static HEARD: OnceLock<Result<(), String>> = OnceLock::new();

/// From now on what this process starts hears SIGHUP. The process itself goes on in spite of one if it did before.
pub(crate) fn hear() -> anyhow::Result<()> {
    let heard = HEARD.get_or_init(|| listen().map_err(|error| format!("{error:#}")));
    heard.clone().map_err(anyhow::Error::msg)
}

/// A signal that is listened to is not ignored, and what is listened to ends with the program: `execve` resets it.
fn listen() -> anyhow::Result<()> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if !ignores(&status) {
        return Ok(());
    }
    // The listener needs a runtime, and stays when it has gone. A test's own may be the one that runs this.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let entered = runtime.enter();
    let listener = signal(SignalKind::hangup()).context("listen to SIGHUP, which this process ignores").map(drop);
    drop(entered);
    runtime.shutdown_background();
    listener
}

/// Whether SIGHUP, the first signal, is among those that are ignored.
fn ignores(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    ignored.is_some_and(|ignored| ignored & 1 == 1)
}
