//! `spored config`: what each setting is, where it came from, how to change it, and whether the sources are sound.

mod change;
mod show;

use crate::args::ConfigCommand;
use crate::exit::Exit;
use crate::settings;
use anyhow::{Context, Result};
use spawn_config::schema;
use spawn_host::{World, console};
use std::path::Path;

pub(crate) async fn run(command: ConfigCommand, world: &World) -> Result<Exit> {
    match command {
        ConfigCommand::Get { key } => print(&show::get(&key, world).await?)?,
        ConfigCommand::List { output } => print(&show::list(output, world).await?)?,
        ConfigCommand::Explain { key } => print(&show::explain(&key, world).await?)?,
        ConfigCommand::Set { key, value } => return change::set(&key, &value, world).await,
        ConfigCommand::Unset { key } => return change::unset(&key, world).await,
        ConfigCommand::Validate { file } => return validate(file.as_deref(), world).await,
        ConfigCommand::Schema => print(&(serde_json::to_string_pretty(&schema::json_schema())? + "\n"))?,
    }
    Ok(Exit::Success)
}

fn print(text: &str) -> Result<()> {
    console::data(text).context("failed to write the answer to stdout")
}

/// A named file is checked by itself; otherwise everything that this host has.
async fn validate(file: Option<&Path>, world: &World) -> Result<Exit> {
    let Some(file) = file else {
        let found = settings::as_asked(world).await?;
        found.refused.iter().for_each(|refused| console::message("spored", refused));
        if !found.refused.is_empty() {
            return Ok(Exit::Config);
        }
        print("the settings of this host are valid\n")?;
        return Ok(Exit::Success);
    };
    world.settings_file(file)?;
    print(&format!("{} is valid\n", file.display()))?;
    Ok(Exit::Success)
}
