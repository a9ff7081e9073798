//! `spored trace why ID`: what the running agent knows of a trace, and what to do about it.

use crate::args::{Output, WhyOptions};
use crate::control::{self, Ask};
use crate::exit::Exit;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use spawn_host::{World, console};

pub(super) async fn run(options: &WhyOptions, world: &World) -> Result<Exit> {
    let reply = control::ask(world, Ask::get(format!("/why/{}", in_a_path(&options.id)))).await?;
    ensure!(reply.is_success(), "{}", reply.error());
    let text = match options.output {
        Output::Json => serde_json::to_string_pretty(&reply.body)? + "\n",
        Output::Table => table(&reply.body),
    };
    console::data(&text).context("failed to write the answer to stdout")?;
    Ok(if reply.body["fate"] == "unknown" { Exit::Failure } else { Exit::Success })
}

/// The id as a part of a path, whatever it is.
fn in_a_path(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let bytes = id.trim().bytes();
    bytes.map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn table(why: &Value) -> String {
    let say = |name: &str| why[name].as_str().map(console::escape);
    let asked = say("id").filter(|id| why["trace_id"].as_str() != Some(id));
    let mut rows = Vec::new();
    rows.extend(asked.map(|id| ("asked for", id)));
    rows.extend(say("trace_id").map(|id| ("trace", id)));
    rows.extend(say("fate").map(|fate| ("fate", fate)));
    rows.extend(say("what").map(|what| ("", what)));
    rows.extend(say("remedy").map(|remedy| ("remedy", remedy)));
    if let Some(spans) = why["spans"].as_object() {
        let counts = ["created", "delivered", "queued", "refused", "dropped"].into_iter();
        let counts = counts.filter_map(|name| Some((name, spans.get(name)?.as_u64()?)));
        let counts = counts.filter(|(name, number)| *number > 0 || *name == "created");
        let counts: Vec<String> = counts.map(|(name, number)| format!("{number} {name}")).collect();
        rows.push(("spans", counts.join(", ")));
    }
    let letters = why["dead_letters"].as_u64().filter(|letters| *letters > 0);
    rows.extend(letters.map(|letters| ("letters", format!("{letters} set aside here"))));
    rows.into_iter().map(|(name, value)| format!("{name:<10}{}\n", value.replace('\n', " "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_id_cannot_leave_its_place_in_the_path() {
        assert_eq!(in_a_path(" 1-58406520-a0 "), "1-58406520-a0");
        assert_eq!(in_a_path("../status?x=\u{e9}"), "%2E%2E%2Fstatus%3Fx%3D%C3%A9");
    }

    #[test]
    fn the_answer_is_shown_with_what_is_not_zero() {
        let why = json!({
            "id": "0DBJ1H8N", "trace_id": "58406520a006649127e371903a2de979", "fate": "refused",
            "what": "xray has refused 1 of 3 spans\u{1b}[2J", "remedy": "see", "delivered_at": null,
            "spans": { "created": 3, "delivered": 2, "queued": 0, "refused": 1, "dropped": 0 }, "dead_letters": 1,
        });
        let expected = "\
asked for 0DBJ1H8N
trace     58406520a006649127e371903a2de979
fate      refused
          xray has refused 1 of 3 spans\\u{1b}[2J
remedy    see
spans     3 created, 2 delivered, 1 refused
letters   1 set aside here
";
        assert_eq!(table(&why), expected);
    }
}
