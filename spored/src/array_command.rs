//! `spored join` and `spored leave`: which job array the running agent works for.

use crate::args::JoinOptions;
use crate::command_trace::traced;
use crate::control::{self, Ask};
use crate::exit::Exit;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use spawn_cloud::arrays::ArrayId;
use spawn_host::{World, console};
use std::time::{Duration, Instant};

const ID: &str = "/config/job-array-id";
const SLOTS: &str = "/config/job-array-slots";
/// The agent gets this long to find the array.
const FIND: Duration = Duration::from_secs(15);
/// Time between two looks whether it has.
const LOOK: Duration = Duration::from_millis(200);

/// Joins, and waits until the agent has found the array or says why it does not.
pub(crate) async fn join(options: JoinOptions, world: &World) -> Result<Exit> {
    let JoinOptions { array, slots } = options;
    let id: ArrayId = match array.parse() {
        Ok(id) => id,
        Err(error) => {
            console::message("spored", &format!("{}: {error}; nothing has changed", console::escape(&array)));
            return Ok(Exit::Usage);
        }
    };
    let join = async {
        if let Some(slots) = slots {
            put(world, SLOTS, &slots.to_string()).await?;
        }
        put(world, ID, id.as_str()).await
    };
    traced("join", world, join).await?;
    let report = found(world, id.as_str()).await?;
    let of = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
    match report["problem"].as_str() {
        Some(problem) => {
            let problem = console::escape(problem);
            bail!("the host has joined {id} and does not work for it yet: {problem}; see `spored status`")
        }
        None => {
            console::data(&format!("joined {id}: {}\n", of("state"))).context("failed to write the answer to stdout")?
        }
    }
    Ok(Exit::Success)
}

/// Leaves: what runs is finished, nothing new is taken.
pub(crate) async fn leave(world: &World) -> Result<Exit> {
    started(world).await?;
    let before = control::ask(world, Ask::get(ID)).await?;
    let before = before.body["value"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    let Some(before) = before else {
        console::data("the host works for no job array\n").context("failed to write the answer to stdout")?;
        return Ok(Exit::Success);
    };
    let leave = async {
        for path in [ID, SLOTS] {
            let reply = control::ask(world, Ask::delete(path)).await?;
            ensure!(reply.is_success(), "{}", reply.error());
        }
        Ok(())
    };
    traced("leave", world, leave).await?;
    let now = control::ask(world, Ask::get(ID)).await?;
    if let Some(id) = now.body["value"].as_str().filter(|id| !id.is_empty()) {
        let source = console::escape(now.body["source"].as_str().unwrap_or_default());
        bail!("the host still works for {}, because its {source} says so: change it there", console::escape(id));
    }
    let left = control::status(world).await?;
    let running = left["work"]["running"].as_array().map_or(0, Vec::len);
    let rest = if running == 0 { String::new() } else { format!(": {running} tasks that run are finished") };
    console::data(&format!("left {}{rest}\n", console::escape(&before)))
        .context("failed to write the answer to stdout")?;
    Ok(Exit::Success)
}

/// Waits until the agent knows its settings: before that it works for no array, whatever they say.
async fn started(world: &World) -> Result<()> {
    let deadline = Instant::now() + FIND;
    while control::status(world).await?["state"] == "starting" {
        ensure!(Instant::now() < deadline, "the agent is still starting: see `spored status`");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

async fn put(world: &World, path: &str, value: &str) -> Result<()> {
    let reply = control::ask(world, Ask::put(path, json!({ "value": value }))).await?;
    ensure!(reply.is_success(), "{}", reply.error());
    if let Some(problem) = reply.body["problem"].as_str() {
        console::message("spored", &format!("in force until the agent restarts: {}", console::escape(problem)));
    }
    Ok(())
}

/// The report of the work once the agent has looked for the array.
async fn found(world: &World, id: &str) -> Result<Value> {
    let deadline = Instant::now() + FIND;
    loop {
        let mut status = control::status(world).await?;
        let report = status["work"].take();
        let looked = report["state"].as_str().is_some_and(|state| !state.is_empty()) || !report["problem"].is_null();
        if report["array"] == id && looked {
            return Ok(report);
        }
        ensure!(Instant::now() < deadline, "the agent is still looking for {id}: see `spored status`");
        tokio::time::sleep(LOOK).await;
    }
}
