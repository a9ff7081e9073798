//! What the answer is written on: the terminal that stdout is, or a file.

use crate::show;
use clap::Args;
use spawn_host::World;
use spawn_view::text::Paper;

/// Columns where stdout is no terminal: as wide as reports are printed, and wide enough for most names.
const PIPED: usize = 120;

/// How wide the answer is.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct PaperOptions {
    /// Columns of the answer; by default those of the terminal, and 120 where stdout is none.
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000))]
    width: Option<u16>,
}

impl PaperOptions {
    /// The paper of this process.
    pub(crate) fn paper(self, world: &World) -> Paper {
        let terminal = show::stdout_width();
        let colour =
            terminal.is_some() && world.variable("NO_COLOR").is_none() && world.variable("TERM") != Some("dumb");
        // The first of these that is set counts.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| world.variable(name)).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        let width = self.width.map(usize::from).or(terminal).unwrap_or(PIPED);
        Paper { width, colour, unicode: locale.contains("utf-8") || locale.contains("utf8") }
    }
}
