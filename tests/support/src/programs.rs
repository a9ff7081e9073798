//! Running programs as a user's shell would, with nothing of the developer's own environment in them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::process::Process;

/// How often a condition is looked at again while something is waited for.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How long [`Program::run`] waits unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program to run. Its environment is empty but for `PATH` and what is added here.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) path: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) envs: BTreeMap<OsString, OsString>,
    pub(crate) folder: Option<PathBuf>,
    patience: Duration,
}

/// How a program ended and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The exit code; 128 and the signal's number when a signal ended it.
    pub status: i32,
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
}

impl Program {
    /// The program at `path`, or of that name in `PATH`.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let envs = std::env::var_os("PATH").map(|path| (OsString::from("PATH"), path));
        Self {
            path: path.as_ref().to_owned(),
            args: Vec::new(),
            envs: envs.into_iter().collect(),
            folder: None,
            patience: PATIENCE,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.envs.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Sets environment variables.
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(self, vars: impl IntoIterator<Item = (N, V)>) -> Self {
        vars.into_iter().fold(self, |program, (name, value)| program.env(name, value))
    }

    /// Takes an environment variable away.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.envs.remove(name.as_ref());
        self
    }

    /// Takes every environment variable away, `PATH` too.
    pub fn env_clear(mut self) -> Self {
        self.envs.clear();
        self
    }

    /// Runs in `folder`.
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Lets [`Program::run`] wait this long before it ends the program and fails; 60 s when not set.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// When it cannot be started, or does not end in time; the error then shows what it had said.
    pub async fn run(self) -> anyhow::Result<Output> {
        let patience = self.patience;
        let mut process = self.start()?;
        let status = process.wait(patience).await?;
        Ok(Output { status, stdout: process.stdout(), stderr: process.stderr() })
    }

    /// Starts the program in the background. It ends when the returned value is dropped.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(self) -> anyhow::Result<Process> {
        Process::start(self)
    }
}

/// Waits until `look` answers something, and fails with `what` when it has not within `timeout`.
///
/// # Errors
/// When the time is over.
pub async fn wait_until<T>(what: &str, timeout: Duration, mut look: impl FnMut() -> Option<T>) -> anyhow::Result<T> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            bail!("wait {timeout:?} for {what}: it did not happen");
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
