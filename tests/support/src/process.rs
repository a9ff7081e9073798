//! A child process that ends with the test, whatever ends the test, and whose output is kept in files.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::hangup;
use crate::programs::{LOOK_AGAIN, Program};

const LAUNCHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sh/launcher.sh");

/// How much of a captured stream an error shows.
const TAIL: usize = 4_000;

/// A program under way; dropping it ends the program and all that it started.
#[derive(Debug)]
pub struct Process {
    name: String,
    launcher: Mutex<Child>,
    pid: u32,
    captured: TempDir,
}

impl Process {
    pub(crate) fn start(program: Program) -> anyhow::Result<Self> {
        hangup::hear()?;
        let Program { path, args, envs, folder, .. } = program;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let captured = TempDir::with_prefix(format!("spawn-{name}-"))?;
        let mut command = Command::new("/bin/sh");
        command
            .arg(LAUNCHER)
            .arg(captured.path())
            .arg(&path)
            .args(args)
            .env_clear()
            .envs(envs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        if let Some(folder) = folder {
            command.current_dir(folder);
        }
        let mut launcher = command.spawn().with_context(|| format!("start {}", path.display()))?;
        let mut line = String::new();
        if let Some(said) = launcher.stdout.take() {
            BufReader::new(said).read_line(&mut line)?;
        }
        let pid = line.trim().parse().with_context(|| format!("start {}: no process id", path.display()))?;
        Ok(Self { name, launcher: Mutex::new(launcher), pid, captured })
    }

    /// The program's process id.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        read(&self.stdout_path())
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        read(&self.stderr_path())
    }

    /// The file that receives its standard output; gone when this value is dropped.
    pub fn stdout_path(&self) -> PathBuf {
        self.captured.path().join("stdout")
    }

    /// The file that receives its standard error; gone when this value is dropped.
    pub fn stderr_path(&self) -> PathBuf {
        self.captured.path().join("stderr")
    }

    /// Sends a signal, named as `kill -s` names it: `TERM`, `INT`, `KILL`, `STOP`.
    ///
    /// # Errors
    /// When the process is gone already.
    pub fn signal(&self, name: &str) -> anyhow::Result<()> {
        // Its launcher ends with it. After that its id may be another process's: ids go round in a minute of busy tests.
        if self.launcher().try_wait()?.is_some() {
            bail!("send {name} to {}: process {} is gone", self.name, self.pid);
        }
        // The shell's own `kill`: the program of that name is not on every machine.
        let status = Command::new("/bin/sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", name, &self.pid.to_string()])
            .stderr(Stdio::null())
            .status()?;
        if !status.success() {
            bail!("send {name} to {}: process {} is gone", self.name, self.pid);
        }
        Ok(())
    }

    /// Its exit code once it has ended; 128 and the signal's number when a signal ended it.
    pub fn exit_status(&mut self) -> Option<i32> {
        let ended = self.launcher().try_wait().ok().flatten()?;
        Some(ended.code().unwrap_or(-1))
    }

    /// Waits for its end and returns the exit code.
    ///
    /// # Errors
    /// When it has not ended within `timeout`; the error shows what it has said.
    pub async fn wait(&mut self, timeout: Duration) -> anyhow::Result<i32> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(status) = self.exit_status() {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                bail!("wait {timeout:?} for the end of {}: {}", self.name, self.said());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until `look` finds in its standard output what it looks for.
    ///
    /// # Errors
    /// When the program ends first, or `timeout` is over; the error shows what it has said.
    pub async fn wait_for_stdout<T>(
        &mut self,
        timeout: Duration,
        look: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        self.wait_for(timeout, |process| look(&process.stdout())).await
    }

    /// Waits until `look` finds in its standard error what it looks for.
    ///
    /// # Errors
    /// When the program ends first, or `timeout` is over; the error shows what it has said.
    pub async fn wait_for_stderr<T>(
        &mut self,
        timeout: Duration,
        look: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        self.wait_for(timeout, |process| look(&process.stderr())).await
    }

    async fn wait_for<T>(&mut self, timeout: Duration, look: impl Fn(&Self) -> Option<T>) -> anyhow::Result<T> {
        let deadline = Instant::now() + timeout;
        loop {
            // Asked before looking: whatever it wrote before its end is then seen.
            let ended = self.exit_status();
            if let Some(found) = look(self) {
                return Ok(found);
            }
            if let Some(status) = ended {
                bail!("wait for {}: it ended with status {status}: {}", self.name, self.said());
            }
            if Instant::now() >= deadline {
                bail!("wait {timeout:?} for {}: {}", self.name, self.said());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn launcher(&self) -> MutexGuard<'_, Child> {
        self.launcher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last part of both streams, for an error.
    pub(crate) fn said(&self) -> String {
        format!("\n--- stdout\n{}\n--- stderr\n{}", tail(&self.stdout()), tail(&self.stderr()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The closed pipe tells the launcher to end the group; waiting leaves no zombie.
        let mut launcher = self.launcher();
        drop(launcher.stdin.take());
        drop(launcher.wait());
    }
}

pub(crate) fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn tail(text: &str) -> &str {
    let cut = text.len().saturating_sub(TAIL);
    let cut = (cut..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    &text[cut..]
}
