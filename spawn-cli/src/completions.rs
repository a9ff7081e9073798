//! `spawn completions`: what a shell needs to complete spawn's command line.

use crate::args::Args;
use crate::exit::Exit;
use crate::show;
use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;

/// For which shell.
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsOptions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(options: &CompletionsOptions) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Args::command(), "spawn", &mut script);
    show::data(&String::from_utf8(script).context("failed to make the completions")?)?;
    Ok(Exit::Success)
}
