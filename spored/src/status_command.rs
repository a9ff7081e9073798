//! `spored status`: what the running agent does, and whether its spans are delivered.

mod life;
mod sampler;
mod work;

use crate::args::{Output, StatusOptions};
use crate::control;
use crate::exit::Exit;
use anyhow::{Context, Result};
use serde_json::Value;
use spawn_host::{World, console};

pub(crate) async fn run(options: StatusOptions, world: &World) -> Result<Exit> {
    let report = control::status(world).await?;
    let text = match options.output {
        Output::Json => serde_json::to_string_pretty(&report)? + "\n",
        Output::Table => table(&report),
    };
    console::data(&text).context("failed to write the answer to stdout")?;
    Ok(Exit::Success)
}

/// The report as lines of a name and a value.
fn table(report: &Value) -> String {
    let say = |pointer: &str| report.pointer(pointer).filter(|value| !value.is_null()).map(plain);
    let or = |pointer: &str, otherwise: &str| say(pointer).unwrap_or_else(|| otherwise.to_owned());
    let mut rows = vec![
        ("agent", format!("spored {}, pid {}, {}", or("/version", "?"), or("/pid", "?"), or("/state", "?"))),
        ("started", or("/started_at", "?")),
    ];
    if let Some(id) = say("/instance/instance_id") {
        rows.push((
            "instance",
            format!("{id} ({}, {})", or("/instance/provider", "?"), or("/instance/region", "no region")),
        ));
    }
    rows.extend(life::rows(report));
    rows.extend(work::rows(report));
    let registered = if report["registry"]["registered"] == true { "registered" } else { "not registered" };
    rows.push(("registry", format!("{registered}, last heartbeat {}", or("/registry/last_heartbeat", "never"))));
    rows.extend(say("/registry/problem").map(|problem| ("", problem)));
    let tracing = match report["tracing"]["enabled"] == true {
        true => format!("on, exporter {}, sampling {}", or("/tracing/exporter", "?"), or("/tracing/sampling", "?")),
        false => "off".to_owned(),
    };
    rows.push(("tracing", tracing));
    rows.extend(sampler::rows(report));
    let number = |name: &str| or(&format!("/tracing/counters/{name}"), "0");
    let recovered = match number("recovered").as_str() {
        "0" => String::new(),
        recovered => format!(" and {recovered} recovered"),
    };
    let created = format!("{} created{recovered}", number("created"));
    rows.push(("spans", format!("{created}, {} exported, {} queued", number("exported"), number("queued"))));
    let dropped = report["tracing"]["counters"]["dropped"].as_object().into_iter().flatten();
    rows.extend(dropped.map(|(reason, number)| ("", format!("{number} dropped: {reason}"))));
    let noted = [
        ("cut", "cut to fit X-Ray; they say so"),
        ("split", "in a further part of a trace that was full"),
        ("set_aside", "set aside as dead letters: `spored trace dead-letters list`"),
        ("letters_evicted", "dead letters gone to make room for others"),
    ];
    let noted = noted.into_iter().filter_map(|(name, what)| {
        let number = report["tracing"]["counters"][name].as_u64().filter(|number| *number > 0)?;
        Some(("", format!("{number} {what}")))
    });
    rows.extend(noted);
    rows.extend(spool(report).map(|spool| ("spool", spool)));
    rows.extend(say("/tracing/health/storage/what").map(|what| ("storage", what)));
    rows.extend(say("/tracing/health/storage/remedy").map(|remedy| ("remedy", remedy)));
    rows.extend(say("/tracing/health/problem/what").map(|what| ("problem", what)));
    rows.extend(say("/tracing/health/problem/remedy").map(|remedy| ("remedy", remedy)));
    rows.extend(say("/tracing/health/clock").map(|clock| ("clock", clock)));
    let metrics = say("/metrics/address").map(|address| format!("http://{address}/metrics"));
    rows.extend(metrics.or_else(|| say("/metrics/problem")).map(|metrics| ("metrics", metrics)));
    let refused = report["refused_settings"].as_array().into_iter().flatten();
    rows.extend(refused.map(|setting| ("refused", plain(setting))));
    let overrides = report["overrides"].as_object().into_iter().flatten();
    rows.extend(overrides.map(|(key, value)| ("override", format!("{} = {}", console::escape(key), plain(value)))));
    rows.extend(say("/last_reload").map(|at| ("reloaded", at)));
    rows.extend(
        say("/reload_problem").map(|problem| ("reload", format!("refused, the settings of before stay: {problem}"))),
    );
    rows.into_iter().map(|(name, value)| format!("{name:<10}{value}\n")).collect()
}

/// How much of the spool is used.
fn spool(report: &Value) -> Option<String> {
    let storage = &report["tracing"]["storage"];
    let folder = plain(storage.get("folder").filter(|folder| folder.is_string())?);
    let number = |name: &str| storage[name].as_u64().unwrap_or_default();
    let (used, capacity) = (number("bytes").div_ceil(1024), number("capacity") / 1024);
    let aside = match number("set_aside") {
        0 => String::new(),
        aside => format!(", {aside} files set aside"),
    };
    let (on_disk, in_memory) = (number("on_disk"), number("in_memory"));
    Some(format!("{on_disk} on disk, {in_memory} in memory alone, {used} of {capacity} KiB in {folder}{aside}"))
}

fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    console::escape(&text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_aws_says_cannot_reach_the_terminal() {
        let report = json!({ "registry": { "problem": "no\u{1b}[2J\nremedy    run this" } });
        assert!(table(&report).contains("no\\u{1b}[2J remedy    run this\n"), "{}", table(&report));
    }

    #[test]
    fn a_problem_is_shown_with_its_remedy() {
        let report = json!({
            "version": "0.20.0", "pid": 7, "started_at": "2026-11-21T05:00:00Z", "state": "running",
            "instance": { "instance_id": "local-desk", "provider": "local", "region": null },
            "ends_at": null,
            "registry": { "registered": false, "last_heartbeat": null, "problem": "DynamoDB PutItem: no answer" },
            "tracing": {
                "enabled": true, "exporter": "xray", "sampling": "1",
                "counters": { "created": 3, "recovered": 2, "exported": 3, "queued": 1, "dropped": { "queue_full": 1 }, "cut": 0, "split": 2, "set_aside": 1 },
                "storage": { "folder": "/var/lib/spored/spool", "on_disk": 1, "in_memory": 0, "bytes": 2049, "capacity": 67108864, "set_aside": 1 },
                "health": { "storage": { "what": "no space", "remedy": "free some" }, "problem": { "what": "X-Ray refuses", "remedy": "allow it" }, "clock": "24 h off" },
            },
            "refused_settings": ["spawn:ttl: no time"],
            "overrides": { "tracing-sampling": "1" },
            "last_reload": "2026-11-21T06:00:00Z",
            "reload_problem": "local.yaml:1:1: a tab",
        });
        let expected = "\
agent     spored 0.20.0, pid 7, running
started   2026-11-21T05:00:00Z
instance  local-desk (local, no region)
registry  not registered, last heartbeat never
          DynamoDB PutItem: no answer
tracing   on, exporter xray, sampling 1
spans     3 created and 2 recovered, 3 exported, 1 queued
          1 dropped: queue_full
          2 in a further part of a trace that was full
          1 set aside as dead letters: `spored trace dead-letters list`
spool     1 on disk, 0 in memory alone, 3 of 65536 KiB in /var/lib/spored/spool, 1 files set aside
storage   no space
remedy    free some
problem   X-Ray refuses
remedy    allow it
clock     24 h off
refused   spawn:ttl: no time
override  tracing-sampling = 1
reloaded  2026-11-21T06:00:00Z
reload    refused, the settings of before stay: local.yaml:1:1: a tab
";
        assert_eq!(table(&report), expected);
    }
}
