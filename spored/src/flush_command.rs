//! `spored flush`: makes the running agent deliver the spans that wait.

use crate::args::FlushOptions;
use crate::control::{self, Ask, LONGEST_FLUSH};
use crate::exit::Exit;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use spawn_host::{World, console};

pub(crate) async fn run(options: &FlushOptions, world: &World) -> Result<Exit> {
    let within = u64::try_from(options.within.as_millis()).unwrap_or(u64::MAX);
    let ask = Ask::post("/flush").with(json!({ "within_ms": within })).taking(options.within.min(LONGEST_FLUSH));
    let reply = control::ask(world, ask).await?;
    ensure!(reply.is_success(), "{}", reply.error());
    let number = |name: &str| reply.body[name].as_u64().unwrap_or_default();
    let (delivered, left) = (number("delivered"), number("left"));
    console::data(&format!("{delivered} delivered, {left} left\n")).context("failed to write the answer to stdout")?;
    if left == 0 {
        return Ok(Exit::Success);
    }
    let text = |pointer: &str| reply.body.pointer(pointer).and_then(|value| value.as_str());
    match (text("/problem/what"), text("/problem/remedy")) {
        (Some(what), Some(remedy)) => console::message("spored", &format!("{what}: {remedy}")),
        _ => console::message("spored", "the time was not enough: give more with --within"),
    }
    Ok(Exit::Failure)
}
