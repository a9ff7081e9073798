//! Exit codes, as `docs/reference/exit-codes.md` publishes them, and the last words on stderr.

use spawn_config::{ConfigError, UnknownKey};
use spawn_host::{SettingsError, console};
use std::process::ExitCode;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Success = 0,
    /// AWS, the network or the agent refused or failed.
    Failure = 1,
    /// The command line is wrong; nothing was done.
    Usage = 2,
    /// `local.yaml`, a tag or an environment variable is wrong.
    Config = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints the error with its causes, and answers the exit code that it stands for.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    console::message("spored", &format!("{error:#}"));
    code(error).into()
}

fn code(error: &anyhow::Error) -> Exit {
    if error.chain().any(|cause| cause.is::<UnknownKey>()) {
        Exit::Usage
    } else if error.chain().any(|cause| cause.is::<ConfigError>() || cause.is::<SettingsError>()) {
        Exit::Config
    } else {
        Exit::Failure
    }
}
