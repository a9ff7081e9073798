//! `spored complete`: tells the running agent that the work of this host is done.

use crate::agent::{Completion, Outcome};
use crate::args::{CompleteOptions, CompletionStatus};
use crate::command_trace::traced;
use crate::control::{self, Ask};
use crate::exit::Exit;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use spawn_host::{World, console};

pub(crate) async fn run(options: CompleteOptions, world: &World) -> Result<Exit> {
    let CompleteOptions { status, message } = options;
    let status = match status {
        CompletionStatus::Succeeded => Outcome::Succeeded,
        CompletionStatus::Failed => Outcome::Failed,
    };
    let ask = Ask::post("/complete").with(json!(Completion { status, message }));
    let reply = traced("complete", world, control::ask(world, ask)).await?;
    ensure!(reply.is_success(), "{}", reply.error());
    console::data(&format!("{}\n", status.as_str())).context("failed to write the answer to stdout")?;
    Ok(Exit::Success)
}
