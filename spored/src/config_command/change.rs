//! `spored config set` and `unset`: values that the running agent is given, stronger than every other source.

use super::print;
use crate::agent::{CheckError, check};
use crate::command_trace::traced;
use crate::control::{self, Ask, Reply};
use crate::exit::Exit;
use crate::reload_command::changes;
use anyhow::{Context, Result, ensure};
use hyper::StatusCode;
use serde_json::json;
use spawn_config::{Grammar, Key};
use spawn_host::{World, console};
use std::io::Read;

/// Longest value on standard input.
const LONGEST: u64 = 8 * 1024;

pub(super) async fn set(key: &str, value: &str, world: &World) -> Result<Exit> {
    let known = Key::named(key)?;
    if known.grammar == Grammar::Secrets && value != "-" {
        let why = "other users see what stands on a command line: pass `-` and give the value on standard input";
        return Ok(refused(&format!("{key} is secret, and {why}")));
    }
    let value = if value == "-" { from_stdin()? } else { value.to_owned() };
    match check(key, &value) {
        Ok(()) => {}
        Err(CheckError::Key(unknown)) => return Err(unknown.into()),
        Err(CheckError::Value(wrong)) => return Ok(refused(&wrong.to_string())),
    }
    let ask = Ask::put(format!("/config/{}", known.name), json!({ "value": value }));
    told(traced("config set", world, control::ask(world, ask)).await?)
}

pub(super) async fn unset(key: &str, world: &World) -> Result<Exit> {
    // The agent may be of another version and know other keys; but only a name can be part of a path.
    let name = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !name {
        Key::named(key)?;
    }
    told(traced("config unset", world, control::ask(world, Ask::delete(format!("/config/{key}")))).await?)
}

fn told(reply: Reply) -> Result<Exit> {
    if matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY) {
        return Ok(refused(&reply.error()));
    }
    ensure!(reply.is_success(), "{}", reply.error());
    print(&changes(&reply.body))?;
    if let Some(problem) = reply.body["problem"].as_str() {
        console::message("spored", &format!("in force until the agent restarts: {problem}"));
    }
    Ok(Exit::Success)
}

fn refused(why: &str) -> Exit {
    console::message("spored", &format!("{why}; nothing has changed"));
    Exit::Usage
}

fn from_stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().take(LONGEST).read_to_string(&mut text).context("failed to read the value from standard input")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
