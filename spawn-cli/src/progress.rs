//! What happens now, on stderr: one living line on a terminal, plain lines elsewhere.

use crate::show;
use indicatif::{ProgressBar, ProgressStyle};
use spawn_host::console::escape;
use std::io::IsTerminal;
use std::time::Duration;

/// Where the steps of a command are shown.
#[derive(Debug)]
pub(crate) enum Progress {
    /// A person looks on.
    Living(ProgressBar),
    /// A pipe or a log.
    Plain,
}

impl Progress {
    /// Chooses by what stderr is.
    pub(crate) fn start() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Plain;
        }
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::Living(bar)
    }

    /// Shows what is being done.
    pub(crate) fn step(&self, what: &str) {
        match self {
            Self::Living(bar) => bar.set_message(escape(what)),
            Self::Plain => show::message(what),
        }
    }

    /// Whether a line that is shown takes the place of the one before.
    pub(crate) const fn is_living(&self) -> bool {
        matches!(self, Self::Living(_))
    }

    /// Takes the living line away.
    pub(crate) fn finish(&self) {
        if let Self::Living(bar) = self {
            bar.finish_and_clear();
        }
    }
}
