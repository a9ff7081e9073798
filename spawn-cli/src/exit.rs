//! Exit codes, as `docs/reference/exit-codes.md` publishes them, and the last words on stderr.

use spawn_config::ConfigError;
use spawn_host::{SettingsError, console};
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Success = 0,
    /// AWS or the network refused or failed.
    Failure = 1,
    /// The command line is wrong; nothing was done.
    Usage = 2,
    /// `local.yaml` or an environment variable is wrong; nothing was done.
    Config = 3,
    /// The launch was ordered, but what `--wait` waits for did not come in time.
    WaitTimedOut = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

/// The command line asks for what cannot be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    /// A tag.
    #[error(transparent)]
    Tag(ConfigError),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints the error with its causes, and answers the exit code that it stands for.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    console::message("spawn", &format!("{error:#}"));
    code(error).into()
}

fn code(error: &anyhow::Error) -> Exit {
    if error.chain().any(|cause| cause.is::<UsageError>()) {
        Exit::Usage
    } else if error.chain().any(|cause| cause.is::<ConfigError>() || cause.is::<SettingsError>()) {
        Exit::Config
    } else {
        Exit::Failure
    }
}
