//! `spawn terminate`: ends instances, after asking.

use crate::args::{Global, Output, TerminateOptions};
use crate::exit::{Exit, UsageError};
use crate::session::Session;
use crate::show;
use anyhow::Result;
use opentelemetry::KeyValue;
use spawn_cloud::instances;
use spawn_host::World;
use spawn_host::console::{self, escape};
use std::io::{BufRead, IsTerminal};

pub(crate) async fn run(global: Global, options: TerminateOptions, world: &World) -> Result<Exit> {
    if !options.yes && !confirmed(&options.ids)? {
        show::message("nothing was terminated");
        return Ok(Exit::Success);
    }
    let attributes = vec![
        KeyValue::new("spawn.command", "terminate"),
        KeyValue::new("spawn.terminate.count", i64::try_from(options.ids.len()).unwrap_or(i64::MAX)),
    ];
    let session = Session::open("spawn terminate", global, world, world.settings()?, attributes).await?;
    let work = async { Ok(instances::terminate(session.clients.ec2(), &options.ids).await?) };
    let terminated = session.run(work).await;
    if let Some(undelivered) = session.close().await {
        show::message(&undelivered);
    }
    let Some(states) = terminated? else { return Ok(Exit::Interrupted) };
    match options.output {
        Output::Json => {
            let object = |(id, state)| serde_json::json!({ "instance_id": id, "state": state });
            show::json(&states.into_iter().map(object).collect::<Vec<_>>())?;
        }
        Output::Table => {
            let line = |(id, state): (&String, &String)| escape(&format!("{id}  {state}")) + "\n";
            show::data(&states.iter().map(line).collect::<String>())?;
        }
    }
    Ok(Exit::Success)
}

/// Asks on the terminal; without one there is nobody to ask, and silence is no consent.
fn confirmed(ids: &[String]) -> Result<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(UsageError::Other(
            "terminate asks before it ends instances, and there is no terminal to ask on: add --yes".to_owned(),
        )
        .into());
    }
    console::question(&format!("terminate {}? [y/N] ", ids.join(", ")));
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
