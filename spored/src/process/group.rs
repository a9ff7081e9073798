//! A program and all that it started, ended together when its time is over.

use super::left_over::Mark;
use rustix::fs::Mode;
use rustix::process::{Pid, Signal, kill_process_group, umask};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// What the program left running may hold its output open; it gets this long to finish a line.
const LAST_LINES: Duration = Duration::from_millis(500);
/// Files of the user's programs may be read by all, those of the agent by itself alone.
const UMASK: Mode = Mode::from_raw_mode(0o022);

/// Exit code of a shell whose command was killed by SIGKILL: 128 and the signal's number.
pub(super) const KILLED: i32 = 128 + 9;

/// A program under way; dropping it kills the group.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    group: Option<Pid>,
    /// Tells what it started wherever that has gone; without one, what it started may outlive a program that ends by
    /// itself.
    mark: Option<Mark>,
}

/// How long a program may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Until it is asked to end.
    pub(crate) limit: Option<Duration>,
    /// From then until it is killed.
    pub(crate) grace: Duration,
}

/// Why a program is ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The operator has called it off.
    Cancelled,
    /// Somebody else works on the same.
    Superseded,
    /// The agent was told to stop.
    Stopping,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Code(i32),
    Signal(i32),
    TimedOut,
    Cut(Cut),
    NotStarted(std::io::Error),
}

impl Ended {
    /// What went wrong; nothing if it ended with code 0.
    pub(crate) fn problem(&self) -> Option<String> {
        let because = |why: &str| Some(format!("it was killed, because {why}"));
        match self {
            Self::Code(0) => None,
            Self::Code(KILLED) => {
                Some(format!("it ended with exit code {KILLED}, as of a command that signal 9 (SIGKILL) has ended"))
            }
            Self::Code(code) => Some(format!("it ended with exit code {code}")),
            Self::Signal(9) => Some("signal 9 (SIGKILL) ended it".to_owned()),
            Self::Signal(signal) => Some(format!("signal {signal} ended it")),
            Self::TimedOut => Some("its time was over, and it was killed".to_owned()),
            Self::Cut(Cut::Cancelled) => because("it was called off"),
            Self::Cut(Cut::Superseded) => because("another agent works on the same"),
            Self::Cut(Cut::Stopping) => because("the agent was told to stop"),
            Self::NotStarted(error) => Some(format!("it cannot be started: {error}")),
        }
    }
}

/// Where memory runs out, the kernel is to end what uses it up and not the agent, which may stand better than others: what
/// it starts inherits that, and gives it up here.
fn expose(process: u32) {
    let own = std::fs::read_to_string("/proc/self/oom_score_adj").unwrap_or_default();
    if own.trim_start().starts_with('-')
        && let Err(error) = std::fs::write(format!("/proc/{process}/oom_score_adj"), "0")
    {
        tracing::debug!(%error, process, "a program that was started stands as well as the agent when memory runs out");
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
    /// Starts the command in a process group of its own. What carries the mark ends with it.
    pub(crate) fn start(mut command: Command, mark: Option<Mark>) -> std::io::Result<Self> {
        // The mask is the process's, and so are files that other threads make meanwhile: the agent's own name their
        // modes.
        let before = umask(UMASK);
        let child = command.process_group(0).kill_on_drop(true).spawn();
        umask(before);
        let child = child?;
        if let Some(process) = child.id() {
            expose(process);
        }
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let mark = mark.map(|mark| mark.since(group));
        Ok(Self { child, group, mark })
    }

    /// Its output, as far as it is piped and nobody has taken it.
    pub(crate) fn take_output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Waits for the program's end while `output` reads what it prints, and ends it with all that it started when its
    /// time is over or `cut` comes.
    pub(crate) async fn wait(
        mut self,
        limits: Limits,
        cut: impl Future<Output = Cut>,
        output: impl Future<Output = ()>,
    ) -> Ended {
        let mut output = std::pin::pin!(output);
        let mut output_done = false;
        let mut cut = std::pin::pin!(cut);
        let mut over = std::pin::pin!(over(limits.limit));
        let ended = loop {
            tokio::select! {
                status = self.child.wait() => break status.map_or_else(Ended::NotStarted, Ended::from),
                () = &mut over => break Ended::TimedOut,
                cut = &mut cut => break Ended::Cut(cut),
                () = &mut output, if !output_done => output_done = true,
            }
        };
        let by_itself = matches!(ended, Ended::Code(_) | Ended::Signal(_));
        let ending = self.end(by_itself, limits.grace);
        let mut ending = std::pin::pin!(ending);
        // On with reading: a program may print its last words before it heeds SIGTERM.
        loop {
            tokio::select! {
                () = &mut ending => break,
                () = &mut output, if !output_done => output_done = true,
            }
        }
        if !output_done {
            // Past this, nobody listens.
            drop(tokio::time::timeout(LAST_LINES, output).await);
        }
        ended
    }

    /// Ends what is left: after the program's own end, or by asking it to end and killing what then remains.
    async fn end(&mut self, by_itself: bool, grace: Duration) {
        if !by_itself {
            self.signal(Signal::TERM);
            if tokio::time::timeout(grace, self.child.wait()).await.is_err() {
                tracing::warn!(pid = self.group.map(Pid::as_raw_nonzero), "a program does not heed SIGTERM");
            }
        }
        if !by_itself || self.mark.is_some() {
            self.signal(Signal::KILL);
        }
        if let Some(mark) = &self.mark {
            mark.end().await;
        }
        if !by_itself {
            // It was killed at the latest above.
            drop(self.child.wait().await);
        }
        (self.group, self.mark) = (None, None);
    }

    fn signal(&self, signal: Signal) {
        if let Some(Err(error)) = self.group.map(|group| kill_process_group(group, signal)) {
            tracing::debug!(%error, "the program's group is gone");
        }
        if signal == Signal::TERM
            && let Some(mark) = &self.mark
        {
            // Once each: to many programs a second SIGTERM says that they are to end at once.
            mark.signal_beyond(self.group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        if let Some(mark) = &self.mark {
            mark.signal(Signal::KILL);
        }
    }
}

async fn over(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::log;
    use std::process::Stdio;

    fn shell(script: &str) -> Group {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Group::start(command, None).unwrap()
    }

    const LONG: Duration = Duration::from_secs(60);

    async fn wait(mut group: Group, limit: Duration, cut: impl Future<Output = Cut>) -> Ended {
        let output = log(group.take_output());
        group.wait(Limits { limit: Some(limit), grace: Duration::from_millis(300) }, cut, output).await
    }

    #[tokio::test]
    async fn how_a_program_ended_is_told() {
        for (script, problem) in [
            ("exit 0", None),
            ("exit 7", Some("it ended with exit code 7")),
            ("kill -9 $$", Some("signal 9 (SIGKILL) ended it")),
            // What it leaves running holds its output open, and holds up nothing.
            ("sleep 100 & exit 0", None),
        ] {
            let ended = wait(shell(script), LONG, std::future::pending()).await;
            assert_eq!(ended.problem().as_deref(), problem, "{script}");
        }
    }

    #[tokio::test]
    async fn a_program_that_takes_too_long_is_killed_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let script =
            format!("trap '' TERM; sh -c 'trap \"\" TERM; sleep 1000' & echo $! > {}; wait; wait", pid.display());
        let ended = wait(shell(&script), Duration::from_millis(300), std::future::pending()).await;
        assert!(matches!(ended, Ended::TimedOut), "{ended:?}");
        let grandchild: i32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
        spawn_test_support::wait_until("the grandchild's end", LONG, || {
            let state = std::fs::read_to_string(format!("/proc/{grandchild}/stat")).ok();
            state.is_none_or(|state| state.contains(") Z ")).then_some(())
        })
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn an_agent_that_is_told_to_stop_does_not_wait_for_the_program() {
        let ended = wait(shell("sleep 1000"), LONG, std::future::ready(Cut::Stopping)).await;
        assert_eq!(ended.problem().as_deref(), Some("it was killed, because the agent was told to stop"));
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_told() {
        let error = Group::start(Command::new("/nonexistent/program"), None).unwrap_err();
        let problem = Ended::NotStarted(error).problem().unwrap();
        assert_eq!(problem, "it cannot be started: No such file or directory (os error 2)");
    }
}
