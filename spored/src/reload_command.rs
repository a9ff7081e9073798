//! `spored reload`: makes the running agent read its settings again.

use crate::args::{Output, ReloadOptions};
use crate::command_trace::traced;
use crate::control::{self, Ask};
use crate::exit::Exit;
use anyhow::{Context, Result, ensure};
use hyper::StatusCode;
use serde_json::Value;
use spawn_host::{World, console};
use std::fmt::Write;
use std::time::Duration;

/// The agent may wait for a disk, instance metadata and EC2.
const MORE: Duration = Duration::from_secs(20);

pub(crate) async fn run(options: ReloadOptions, world: &World) -> Result<Exit> {
    let reply = traced("reload", world, control::ask(world, Ask::post("/reload").taking(MORE))).await?;
    if reply.status == StatusCode::UNPROCESSABLE_ENTITY {
        console::message("spored", &format!("{}; the settings in force stay as they are", reply.error()));
        return Ok(Exit::Config);
    }
    ensure!(reply.is_success(), "{}", reply.error());
    let text = match options.output {
        Output::Json => serde_json::to_string_pretty(&reply.body)? + "\n",
        Output::Table => changes(&reply.body),
    };
    console::data(&text).context("failed to write the answer to stdout")?;
    Ok(Exit::Success)
}

/// What has changed, a line for each setting, and what was refused.
pub(crate) fn changes(change: &Value) -> String {
    let text = |value: &Value| match value.as_str() {
        Some("") | None => "\"\"".to_owned(),
        Some(text) => console::escape(text).replace('\n', " "),
    };
    let mut lines = String::new();
    for setting in change["changed"].as_array().into_iter().flatten() {
        let [key, from, to, source] = ["key", "from", "to", "source"].map(|field| text(&setting[field]));
        writeln!(lines, "{key} = {to} (was {from}), from {source}").unwrap_or_default();
    }
    for refused in change["refused"].as_array().into_iter().flatten() {
        writeln!(lines, "refused: {}", text(refused)).unwrap_or_default();
    }
    if lines.is_empty() { "nothing has changed\n".to_owned() } else { lines }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_has_changed_is_told_and_cannot_reach_the_terminal() {
        let change = json!({
            "changed": [{ "key": "name", "from": "", "to": "x\u{1b}[2J\ny", "source": "tag spawn:name" }],
            "refused": ["tag spawn:ttl: no time"],
        });
        let expected = "name = x\\u{1b}[2J y (was \"\"), from tag spawn:name\nrefused: tag spawn:ttl: no time\n";
        assert_eq!(changes(&change), expected);
        assert_eq!(changes(&json!({ "changed": [], "refused": [] })), "nothing has changed\n");
    }
}
