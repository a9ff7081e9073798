//! `spored config get`, `list` and `explain`: the running agent's word, or this host's where no agent runs.

use crate::args::Output;
use crate::control::{self, Ask, NoAgent, explanation, rows};
use crate::settings;
use anyhow::Result;
use serde_json::Value;
use spawn_config::Key;
use spawn_host::{World, console};
use std::fmt::Write;

pub(super) async fn get(key: &str, world: &World) -> Result<String> {
    Ok(format!("{}\n", console::escape(text(&explained(key, world).await?["value"]))))
}

/// The value, the source that won, and what each weaker source had said.
pub(super) async fn explain(key: &str, world: &World) -> Result<String> {
    let explained = explained(key, world).await?;
    let mut lines = format!("{key} = {}\n  from {}\n", shown(&explained["value"]), shown(&explained["source"]));
    for over in explained["overrode"].as_array().into_iter().flatten() {
        writeln!(lines, "  over {} from {}", shown(&over["value"]), shown(&over["source"]))?;
    }
    for note in explained["notes"].as_array().into_iter().flatten() {
        writeln!(lines, "  note: {}", shown(note))?;
    }
    writeln!(lines, "  {}", shown(&explained["sentence"]))?;
    Ok(lines)
}

pub(super) async fn list(output: Output, world: &World) -> Result<String> {
    let rows = match of_agent("/config", world).await {
        Some(rows) => rows,
        None => rows(&settings::as_asked(world).await?.resolved),
    };
    if output == Output::Json {
        return Ok(serde_json::to_string_pretty(&rows)? + "\n");
    }
    let rows: Vec<[String; 3]> = rows
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| ["name", "value", "source"].map(|it| shown(&row[it])))
        .collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let (names, values) = (widest(0), widest(1).min(32));
    let mut lines = String::new();
    for [name, value, source] in &rows {
        writeln!(lines, "{name:<names$}  {value:<values$}  {source}")?;
    }
    Ok(lines)
}

async fn explained(key: &str, world: &World) -> Result<Value> {
    let key = Key::named(key)?;
    match of_agent(&format!("/config/{}", key.name), world).await {
        Some(explained) => Ok(explained),
        None => Ok(explanation(&settings::as_asked(world).await?.resolved.explain(key.name)?)),
    }
}

/// The running agent's answer. Where one runs and cannot tell, that is said, because what follows may differ from what
/// is in force.
async fn of_agent(path: &str, world: &World) -> Option<Value> {
    let why = match control::ask(world, Ask::get(path)).await {
        Ok(reply) if reply.is_success() => return Some(reply.body),
        Ok(reply) => reply.error(),
        Err(error) if error.is::<NoAgent>() => return None,
        Err(error) => format!("{error:#}"),
    };
    console::message("spored", &format!("not the running agent's word, but what this host says ({why})"));
    None
}

/// A text for a line of its own.
fn shown(value: &Value) -> String {
    match text(value) {
        "" => "\"\"".to_owned(),
        text => console::escape(text).replace('\n', " "),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
