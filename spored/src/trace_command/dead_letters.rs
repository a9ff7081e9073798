//! `spored trace dead-letters`: read and dropped from the folder, sent again by the running agent.

use crate::control::{self, Ask};
use crate::exit::Exit;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use spawn_host::dead_letters::{DeadLettersCommand, of_agent};
use spawn_host::{World, console};

pub(crate) async fn run(command: &DeadLettersCommand, world: &World) -> Result<Exit> {
    let letters = of_agent(world, &world.settings()?.resolve().settings.tracing);
    let text = match command {
        DeadLettersCommand::List(options) => Some(options.answer(&letters)?),
        DeadLettersCommand::Show(options) => options.answer(&letters)?,
        DeadLettersCommand::Retry(chosen) => {
            let reply = control::ask(world, Ask::post("/dead-letters/retry").with(json!(chosen.choice()))).await?;
            ensure!(reply.is_success(), "{}", reply.error());
            let retried = reply.body["retried"].as_u64().unwrap_or_default();
            (retried > 0).then(|| format!("{retried} queued again, as new spans\n"))
        }
        DeadLettersCommand::Drop(chosen) => {
            let dropped = letters.drop(&chosen.choice())?;
            (dropped > 0).then(|| format!("{dropped} dropped\n"))
        }
    };
    let Some(text) = text else {
        console::message("spored", "no such dead letter: `spored trace dead-letters list` shows those that there are");
        return Ok(Exit::Failure);
    };
    console::data(&text).context("failed to write the answer to stdout")?;
    Ok(Exit::Success)
}
