//! `spored config`: what each setting is, where it came from, and whether the sources are sound.

use crate::args::{ConfigCommand, Output};
use crate::exit::Exit;
use crate::settings;
use anyhow::{Context, Result};
use spawn_config::{Explanation, Resolved, schema};
use spawn_host::{World, console};
use std::fmt::Write;
use std::path::Path;

pub(crate) async fn run(command: ConfigCommand, world: &World) -> Result<Exit> {
    match command {
        ConfigCommand::Get { key } => {
            spawn_config::Key::named(&key)?;
            print(&format!("{}\n", settings::as_asked(world).await?.resolved.get(&key)?))?;
        }
        ConfigCommand::List { output } => print(&list(&settings::as_asked(world).await?.resolved, output)?)?,
        ConfigCommand::Explain { key } => {
            spawn_config::Key::named(&key)?;
            let explanation = settings::as_asked(world).await?.resolved.explain(&key)?;
            print(&explain(&explanation)?)?;
        }
        ConfigCommand::Validate { file } => return validate(file.as_deref(), world).await,
        ConfigCommand::Schema => print(&(serde_json::to_string_pretty(&schema::json_schema())? + "\n"))?,
    }
    Ok(Exit::Success)
}

fn print(text: &str) -> Result<()> {
    console::data(text).context("failed to write the answer to stdout")
}

fn list(resolved: &Resolved, output: Output) -> Result<String> {
    let rows = resolved.list();
    if output == Output::Json {
        let rows = rows.into_iter().map(
            |(name, value, source)| serde_json::json!({ "name": name, "value": value, "source": source.to_string() }),
        );
        return Ok(serde_json::to_string_pretty(&rows.collect::<Vec<_>>())? + "\n");
    }
    let widest = |width: usize, text: &str| width.max(text.chars().count());
    let names = rows.iter().fold(0, |width, row| widest(width, row.0));
    let values = rows.iter().fold(0, |width, row| widest(width, &row.1)).min(32);
    let mut text = String::new();
    for (name, value, source) in &rows {
        let value = if value.is_empty() { "\"\"" } else { value };
        writeln!(text, "{name:<names$}  {value:<values$}  {source}")?;
    }
    Ok(text)
}

/// The value, the source that won, and what each weaker source had said.
fn explain(explanation: &Explanation) -> Result<String> {
    let Explanation { key, value, source, overrode, notes } = explanation;
    let shown = |value: &str| if value.is_empty() { "\"\"".to_owned() } else { value.to_owned() };
    let mut text = format!("{} = {}\n  from {source}\n", key.name, shown(value));
    for (source, value) in overrode {
        writeln!(text, "  over {} from {source}", shown(value))?;
    }
    for note in notes {
        writeln!(text, "  note: {note}")?;
    }
    writeln!(text, "  {}", key.sentence)?;
    Ok(text)
}

/// A named file is checked by itself; otherwise everything that this host has.
async fn validate(file: Option<&Path>, world: &World) -> Result<Exit> {
    let Some(file) = file else {
        let found = settings::as_asked(world).await?;
        found.refused.iter().for_each(|refused| console::message("spored", &refused.to_string()));
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
