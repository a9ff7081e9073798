//! A program and all that it started, ended together when its time is over.

use super::output;
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::{Child, Command};

/// Time between SIGTERM and SIGKILL.
const KILL_AFTER: Duration = Duration::from_secs(2);
/// What the program left running may hold its output open; it gets this long to finish a line.
const LAST_LINES: Duration = Duration::from_millis(500);

/// A program under way; dropping it kills the group.
#[derive(Debug)]
pub(super) struct Group {
    child: Child,
    group: Option<Pid>,
}

/// How a program ended.
#[derive(Debug)]
pub(super) enum Ended {
    Code(i32),
    Signal(i32),
    TimedOut,
    /// The agent was told to stop.
    CutShort,
    NotStarted(std::io::Error),
}

impl Ended {
    /// What went wrong; nothing if it ended with code 0.
    pub(super) fn problem(&self) -> Option<String> {
        match self {
            Self::Code(0) => None,
            Self::Code(code) => Some(format!("it ended with exit code {code}")),
            Self::Signal(signal) => Some(format!("signal {signal} ended it")),
            Self::TimedOut => Some("its time was over, and it was killed".to_owned()),
            Self::CutShort => Some("it was killed, because the agent was told to stop".to_owned()),
            Self::NotStarted(error) => Some(format!("it cannot be started: {error}")),
        }
    }
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

impl Group {
    /// Starts the command, which must make a process group of its own.
    pub(super) fn start(mut command: Command) -> std::io::Result<Self> {
        let child = command.kill_on_drop(true).spawn()?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Self { child, group })
    }

    /// Waits for the program's end, and ends it with all that it started after `limit` or when told to. What it started
    /// may outlive a program that ends in time.
    pub(super) async fn wait(mut self, limit: Duration, told: impl Future<Output = ()>) -> Ended {
        let lines = output::log(self.child.stdout.take(), self.child.stderr.take());
        let mut lines = std::pin::pin!(lines);
        let mut lines_done = false;
        let cut = async {
            tokio::select! {
                () = tokio::time::sleep(limit) => Ended::TimedOut,
                () = told => Ended::CutShort,
            }
        };
        let mut cut = std::pin::pin!(cut);
        let ended = loop {
            tokio::select! {
                status = self.child.wait() => break status.map_or_else(Ended::NotStarted, Ended::from),
                cut = &mut cut => {
                    self.ask_to_end().await;
                    break cut;
                }
                () = &mut lines, if !lines_done => lines_done = true,
            }
        };
        if !lines_done {
            // Past this, nobody listens.
            drop(tokio::time::timeout(LAST_LINES, lines).await);
        }
        if matches!(ended, Ended::Code(_) | Ended::Signal(_)) {
            self.group = None;
        }
        ended
    }

    /// Asks the group to end, for as long as it may take. What then is left is killed with this value.
    async fn ask_to_end(&mut self) {
        self.signal(Signal::TERM);
        if tokio::time::timeout(KILL_AFTER, self.child.wait()).await.is_err() {
            tracing::warn!("the program before the end does not heed SIGTERM");
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(Err(error)) = self.group.map(|group| kill_process_group(group, signal)) {
            tracing::debug!(%error, "the group of the program before the end is gone");
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    fn shell(script: &str) -> Group {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Group::start({
            command.process_group(0);
            command
        })
        .unwrap()
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn how_a_program_ended_is_told() {
        for (script, problem) in [
            ("exit 0", None),
            ("exit 7", Some("it ended with exit code 7")),
            ("kill -9 $$", Some("signal 9 ended it")),
            // What it leaves running holds its output open, and holds up nothing.
            ("sleep 100 & exit 0", None),
        ] {
            let ended = shell(script).wait(LONG, std::future::pending()).await;
            assert_eq!(ended.problem().as_deref(), problem, "{script}");
        }
    }

    #[tokio::test]
    async fn a_program_that_takes_too_long_is_killed_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let script =
            format!("trap '' TERM; sh -c 'trap \"\" TERM; sleep 1000' & echo $! > {}; wait; wait", pid.display());
        let ended = shell(&script).wait(Duration::from_millis(300), std::future::pending()).await;
        assert!(matches!(ended, Ended::TimedOut), "{ended:?}");
        let grandchild: i32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
        let grandchild = Pid::from_raw(grandchild).unwrap();
        spawn_test_support::wait_until("the grandchild's end", LONG, || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", grandchild.as_raw_nonzero())).ok();
            state.is_none_or(|state| state.contains(") Z ")).then_some(())
        })
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn an_agent_that_is_told_to_stop_does_not_wait_for_the_program() {
        let ended = shell("sleep 1000").wait(LONG, std::future::ready(())).await;
        assert!(matches!(ended, Ended::CutShort), "{ended:?}");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_told() {
        let error = Group::start(Command::new("/nonexistent/program")).unwrap_err();
        let problem = Ended::NotStarted(error).problem().unwrap();
        assert_eq!(problem, "it cannot be started: No such file or directory (os error 2)");
    }
}
