//! Exit codes, as `docs/reference/exit-codes.md` publishes them, and the last words on stderr.

use crate::show;
use spawn_config::ConfigError;
use spawn_host::SettingsError;
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
    /// A part of what was asked for is done, and the rest is not.
    Partial = 5,
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
    show::message(&format!("{error:#}"));
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

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str = include_str!("../../docs/reference/exit-codes.md");

    #[test]
    fn the_published_table_has_every_code_and_no_other() {
        let all = [
            Exit::Success,
            Exit::Failure,
            Exit::Usage,
            Exit::Config,
            Exit::WaitTimedOut,
            Exit::Partial,
            Exit::Interrupted,
        ];
        // A new variant does not compile here until it is in the list above.
        for exit in all {
            match exit {
                Exit::Success | Exit::Failure | Exit::Usage | Exit::Config => {}
                Exit::WaitTimedOut | Exit::Partial | Exit::Interrupted => {}
            }
        }
        let rows = REFERENCE.lines().filter_map(|line| line.strip_prefix("| "));
        let published: Vec<u8> = rows.filter_map(|row| row.split(' ').next()?.parse().ok()).collect();
        assert_eq!(published, all.map(|exit| exit as u8));
    }
}
