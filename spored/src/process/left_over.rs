//! What a task's command left running, found by a mark in its environment wherever it has gone: into the background,
//! into a session of its own, to another parent (docs/decisions/0015).

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// The variable whose value no two attempts share.
pub(super) const MARK: &str = "JOB_ATTEMPT_ID";
/// The variable that names the working directory.
pub(super) const INPUT: &str = "SPAWN_INPUT";
/// As many process ids are looked at one by one; beyond, the list of all processes is the shorter way.
const NEAR: i32 = 256;
/// How often, and how far apart, what dies is looked at again. Longer than that takes only what the kernel holds.
const ROUNDS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// The mark of one attempt, or of all in a folder.
#[derive(Debug)]
pub(crate) struct Mark {
    /// `NAME=VALUE`, as the environment has it, or the beginning of it.
    entry: Vec<u8>,
    /// Whether that is all of it.
    whole: bool,
    /// The command's own process: what it started is younger.
    first: Option<Pid>,
}

/// Ends what tasks whose working directories were below `folder` have left running, and removes the folder: for an agent
/// that begins where another was killed.
pub(crate) async fn clear(folder: &Path) {
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(_) | Ok(_) => {}
    }
    let entry = format!("{INPUT}={}/", folder.display()).into_bytes();
    Mark { entry, whole: false, first: None }.end().await;
    let owned = folder.to_owned();
    // It may hold many files, and the agent has one thread.
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || fs::remove_dir_all(owned)).await {
        tracing::warn!(%error, folder = %folder.display(), "what earlier tasks left on disk is not removed");
    }
}

impl Mark {
    /// The mark in this environment, if it has one.
    pub(super) fn of(environment: &BTreeMap<String, String>) -> Option<Self> {
        let value = environment.get(MARK).filter(|value| !value.is_empty())?;
        Some(Self { entry: format!("{MARK}={value}").into_bytes(), whole: true, first: None })
    }

    pub(super) fn since(self, first: Option<Pid>) -> Self {
        Self { first, ..self }
    }

    /// Kills all that has the mark, until nothing has it.
    pub(super) async fn end(&self) {
        for _ in 0..ROUNDS {
            if self.signal(Signal::KILL) == 0 {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        tracing::warn!(mark = %String::from_utf8_lossy(&self.entry), "some of what a task started cannot be killed");
    }

    /// Signals all that has the mark, and says how much that was.
    pub(super) fn signal(&self, signal: Signal) -> usize {
        self.candidates().into_iter().filter(|pid| self.signal_one(*pid, signal)).count()
    }

    /// As [`Mark::signal`], but for the members of this process group, which have had the signal.
    pub(super) fn signal_beyond(&self, group: Option<Pid>, signal: Signal) {
        let is_beyond = |pid: &Pid| group.is_none() || rustix::process::getpgid(Some(*pid)).ok() != group;
        for pid in self.candidates().into_iter().filter(is_beyond) {
            self.signal_one(pid, signal);
        }
    }

    fn signal_one(&self, pid: Pid, signal: Signal) -> bool {
        // Opened before it is looked at, so that it is the one that is signalled even if its id is given away.
        let opened = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(opened) => Some(opened),
            Err(rustix::io::Errno::NOSYS) => None,
            Err(_) => return false,
        };
        if !self.is_on(pid) {
            return false;
        }
        let sent = match opened {
            Some(opened) => pidfd_send_signal(opened, signal),
            None => kill_process(pid, signal),
        };
        sent.is_ok()
    }

    /// Nothing is to be read of a process that is gone or that is another user's.
    fn is_on(&self, pid: Pid) -> bool {
        let environment = fs::read(format!("/proc/{pid}/environ"));
        environment.is_ok_and(|text| text.split(|byte| *byte == 0).any(|entry| self.means(entry)))
    }

    fn means(&self, entry: &[u8]) -> bool {
        if self.whole { entry == self.entry } else { entry.starts_with(&self.entry) }
    }

    /// Processes that may have the mark. Most commands start nothing, and then these are few.
    fn candidates(&self) -> Vec<Pid> {
        let own = rustix::process::getpid();
        let near =
            self.first.map(Pid::as_raw_pid).zip(last()).filter(|(first, last)| (0..NEAR).contains(&(last - first)));
        let pids: Vec<i32> = match near {
            Some((first, last)) => (first..=last).collect(),
            None => all().unwrap_or_default(),
        };
        pids.into_iter().filter_map(Pid::from_raw).filter(|pid| *pid != own).collect()
    }
}

/// The process id that was given last (`proc_loadavg(5)`, fifth field).
fn last() -> Option<i32> {
    fs::read_to_string("/proc/loadavg").ok()?.split_ascii_whitespace().nth(4)?.parse().ok()
}

fn all() -> io::Result<Vec<i32>> {
    let names = fs::read_dir("/proc")?.flatten().map(|entry| entry.file_name());
    Ok(names.filter_map(|name| name.to_str()?.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_the_whole_of_an_entry() {
        let environment = |value: &str| BTreeMap::from([(MARK.to_owned(), value.to_owned())]);
        let mark = Mark::of(&environment("a-1/2/3")).unwrap();
        assert!(mark.means(b"JOB_ATTEMPT_ID=a-1/2/3"));
        assert!(!mark.means(b"JOB_ATTEMPT_ID=a-1/2/30") && !mark.means(b"X=JOB_ATTEMPT_ID=a-1/2/3"));
        assert!(Mark::of(&environment("")).is_none() && Mark::of(&BTreeMap::new()).is_none());
    }

    #[test]
    fn few_processes_are_looked_at_right_after_a_start_and_all_when_ids_have_run_on() {
        let mark = |first| Mark { entry: Vec::new(), whole: true, first: Pid::from_raw(first) };
        let last = last().unwrap();
        assert!(mark(last).candidates().len() < 100, "{last}");
        // Ids that have begun again from the bottom.
        let everything = mark(i32::MAX).candidates();
        assert!(!everything.is_empty() && !everything.contains(&rustix::process::getpid()));
    }
}
