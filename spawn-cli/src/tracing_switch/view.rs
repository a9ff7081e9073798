//! What the tags of instances say of their tracing.

use crate::fleet::{name, time_left};
use crate::output::Output;
use crate::show;
use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};
use spawn_cloud::instances::Instance;
use spawn_config::{Layers, Settings};

/// Prints one line for each instance.
pub(super) fn print(instances: &[Instance], region: &str, output: Output, now: Timestamp) -> Result<()> {
    let resolved: Vec<(&Instance, Settings, Vec<String>)> = instances.iter().map(|one| settings(one, region)).collect();
    let answer: Vec<Value> =
        resolved.iter().map(|(one, settings, refused)| json(one, settings, refused, now)).collect();
    let header = ["INSTANCE", "NAME", "TRACING", "SAMPLING", "EXPORTER", "ENDS"];
    let rows = resolved.iter().map(|(one, settings, _)| row(one, settings, now));
    output.print(&answer, || match instances.is_empty() {
        true => String::new(),
        false => show::grid(show::stdout_width(), &header, rows),
    })?;
    for (one, _, refused) in &resolved {
        for reason in refused {
            show::message(&format!("the agent of {} passes over a tag: {reason}", one.instance_id));
        }
    }
    if output == Output::Table && resolved.iter().any(|(_, settings, _)| stays_on(settings)) {
        show::message("where no end is shown, tracing stays on until `spawn tracing off`");
    }
    Ok(())
}

/// The settings that the tags make, with the tags that the agent refuses.
fn settings<'a>(instance: &'a Instance, region: &str) -> (&'a Instance, Settings, Vec<String>) {
    let (layers, refused) = Layers::new().in_region(Some(region)).tags_lenient(instance.tags.clone());
    (instance, layers.resolve().settings, refused.iter().map(ToString::to_string).collect())
}

fn json(instance: &Instance, settings: &Settings, refused: &[String], now: Timestamp) -> Value {
    let tracing = &settings.tracing;
    json!({
        "instance_id": instance.instance_id,
        "name": name(instance),
        "tracing_on": settings.tracing_on(now),
        "sampling": tracing.sampling.value(),
        "exporter": tracing.exporter.to_string(),
        "endpoint": tracing.endpoint.as_ref().map(ToString::to_string),
        "until": tracing.until.map(|until| until.to_string()),
        "refused_tags": refused,
    })
}

fn row(instance: &Instance, settings: &Settings, now: Timestamp) -> Vec<String> {
    let tracing = &settings.tracing;
    let on = settings.tracing_on(now);
    let ends = match tracing.until {
        // The instant is in the JSON: beside it a name would not fit into 80 columns.
        Some(until) if on => format!("in {}", time_left(until, now)),
        Some(_) if tracing.enabled => "ended".to_owned(),
        _ => "-".to_owned(),
    };
    vec![
        instance.instance_id.clone(),
        name(instance).unwrap_or("-").to_owned(),
        if on { "on" } else { "off" }.to_owned(),
        tracing.sampling.to_string(),
        tracing.exporter.to_string(),
        ends,
    ]
}

fn stays_on(settings: &Settings) -> bool {
    settings.tracing.enabled && settings.tracing.until.is_none()
}
