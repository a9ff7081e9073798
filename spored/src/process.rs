//! Runs programs of the user's: in a process group of their own, with a bound to their time and to their output.
//!
//! Tasks go through [`run`]; the program before the end uses [`Group`] itself, because its output goes into the log.

mod environment;
mod group;
mod left_over;
mod lines;
mod memory;
mod output;
mod program;

pub(crate) use environment::{TaskEnvironment, environment_of_task};
pub(crate) use group::{Cut, Ended, Group, Limits};
pub(crate) use left_over::clear;
pub(crate) use lines::log;
pub(crate) use memory::MemoryWatch;

use left_over::Mark;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A command to run, and within what bounds.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The program with its arguments; with `shell`, one text.
    pub(crate) command: Vec<String>,
    /// Whether `/bin/sh` reads the command.
    pub(crate) shell: bool,
    /// The working directory.
    pub(crate) folder: PathBuf,
    /// All of the environment; nothing of the agent's own is added. What has the same `JOB_ATTEMPT_ID` is ended with
    /// the command.
    pub(crate) environment: BTreeMap<String, String>,
    /// Longest time that it may take.
    pub(crate) limit: Option<Duration>,
    /// Time between SIGTERM and SIGKILL.
    pub(crate) grace: Duration,
    /// Where its output goes.
    pub(crate) stdout: PathBuf,
    /// Where its errors go.
    pub(crate) stderr: PathBuf,
    /// Bytes of each of the two that are kept.
    pub(crate) most_output: u64,
}

/// Runs the command to its end, or to its limit, or to `cut`. When this returns, nothing that it started is left.
/// Dropping the future kills it all too.
pub(crate) async fn run(order: Order, cut: impl Future<Output = Cut>) -> Ended {
    match start(&order) {
        Err(error) => Ended::NotStarted(error),
        Ok((mut group, stdout, stderr)) => {
            let output = output::keep(group.take_output(), stdout, stderr);
            let Order { limit, grace, .. } = order;
            group.wait(Limits { limit, grace }, cut, output).await
        }
    }
}

fn start(order: &Order) -> io::Result<(Group, output::Kept, output::Kept)> {
    let command = program::command(order)?;
    let stdout = output::Kept::create("stdout", &order.stdout, order.most_output)?;
    let stderr = output::Kept::create("stderr", &order.stderr, order.most_output)?;
    let mark = Mark::of(&order.environment);
    let group = Group::start(command, mark).map_err(|error| program::explain(order, error))?;
    Ok((group, stdout, stderr))
}

#[cfg(test)]
mod tests;
