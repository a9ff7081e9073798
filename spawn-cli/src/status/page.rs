//! One instance on a page.

use super::Seen;
use super::agent::Agent;
use crate::fleet::{self, Row, id_and_name, name};
use crate::price::{age, dollars};
use crate::show;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use spawn_cloud::prices::Prices;
use spawn_config::{Layers, Resolved, keys, tags};

pub(super) fn of(row: &Row, agent: &Agent, prices: &Prices, now: Timestamp) -> Seen {
    let layers = Layers::new().in_region(Some(&row.region));
    let (layers, refused) = layers.tags_lenient(row.instance.tags.clone());
    let resolved = layers.resolve();
    let refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
    let mut answer = row.json(prices);
    answer["settings"] = Value::Object(settings(&resolved));
    answer["tracing_on"] = json!(resolved.settings.tracing_on(now));
    answer["refused_tags"] = json!(refused);
    answer["agent"] = agent.json();
    let of_refused =
        refused.iter().map(|reason| format!("the agent passes over a tag of {}: {reason}", id_and_name(&row.instance)));
    Seen { answer, page: page(row, &resolved, agent, prices, now), messages: of_refused.collect(), outcome: None }
}

/// Every setting that a tag can make.
fn settings(resolved: &Resolved) -> Map<String, Value> {
    let by_tag = keys().iter().filter(|key| key.tag.is_some());
    by_tag.filter_map(|key| Some((key.name.to_owned(), Value::String(resolved.get(key.name).ok()?)))).collect()
}

fn page(row: &Row, resolved: &Resolved, agent: &Agent, prices: &Prices, now: Timestamp) -> String {
    let instance = &row.instance;
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let market = if instance.spot { "spot" } else { "on demand" };
    let setting =
        |key: &str| resolved.get(key).ok().filter(|value| !value.is_empty()).unwrap_or_else(|| "none".to_owned());
    show::pairs(&[
        ("instance", instance.instance_id.clone()),
        ("name", or_dash(name(instance))),
        ("state", instance.state.clone()),
        ("type", format!("{}, {market}", instance.instance_type)),
        ("zone", or_dash(instance.availability_zone.as_deref())),
        ("public address", or_dash(instance.public_ip.as_deref())),
        ("private address", or_dash(instance.private_ip.as_deref())),
        ("image", or_dash(instance.image_id.as_deref())),
        ("launched", launched(row, now)),
        ("ends", ends(row, now)),
        ("idle timeout", setting("idle-timeout")),
        ("on complete", on_complete(resolved)),
        ("tracing", tracing(resolved, now)),
        ("agent", of_agent(agent, now)),
        ("cost", cost(row, prices)),
        ("launch trace", or_dash(launch_trace(row))),
    ])
}

/// What becomes of the instance at its end; unset, the agent terminates it.
fn on_complete(resolved: &Resolved) -> String {
    let set = resolved.settings.life.on_complete;
    set.map_or_else(|| "terminate (the default)".to_owned(), |action| action.to_string())
}

fn launched(row: &Row, now: Timestamp) -> String {
    let ago = age(&row.instance, now).and_then(|age| fleet::span(age.as_secs()));
    let at = row.instance.launched_at.as_deref().unwrap_or("-");
    ago.map_or_else(|| at.to_owned(), |ago| format!("{at} ({ago} ago)"))
}

fn ends(row: &Row, now: Timestamp) -> String {
    match (row.ends_at, fleet::ttl(&row.instance)) {
        (Some(end), Some(ttl)) => match fleet::time_left(end, now).as_str() {
            "over" => format!("{end} (its time to live of {ttl} is over)"),
            left => format!("{end} (in {left}; {ttl} from the launch)"),
        },
        (None, Some(ttl)) => format!("{ttl} after the next start"),
        (_, None) => "never by itself: no time to live, `spawn extend --ttl` sets one".to_owned(),
    }
}

/// What the tags say of tracing; `local.yaml` and the environment of the instance are not seen from here.
fn tracing(resolved: &Resolved, now: Timestamp) -> String {
    let tracing = &resolved.settings.tracing;
    let how = format!("{} of all traces to {}", tracing.sampling, tracing.exporter);
    let where_to = tracing.endpoint.as_ref().map(|endpoint| format!(" at {endpoint}")).unwrap_or_default();
    match (tracing.enabled, tracing.until) {
        (false, _) => "off".to_owned(),
        (true, Some(until)) if until <= now => format!("off since {until}"),
        (true, Some(until)) => format!("on until {until} ({}): {how}{where_to}", fleet::time_left(until, now)),
        (true, None) => format!("on: {how}{where_to}"),
    }
}

fn of_agent(agent: &Agent, now: Timestamp) -> String {
    match agent {
        Agent::Registered(record) => {
            let silent = u64::try_from(now.as_second() - record.last_seen).unwrap_or_default();
            let heard = fleet::span(silent).map_or_else(|| "just now".to_owned(), |silent| format!("{silent} ago"));
            format!("spored {}, last heard of {heard}", record.version)
        }
        Agent::Absent => "not registered".to_owned(),
        Agent::Unknown(reason) => format!("not known: {reason}"),
    }
}

fn cost(row: &Row, prices: &Prices) -> String {
    let Some(hour) = row.cost.per_hour else {
        return format!("not known: {} in {} is not in the price list", row.instance.instance_type, row.region);
    };
    let at_most = if row.cost.at_most { "at most " } else { "" };
    let so_far = row.cost.so_far.map(|amount| format!(", about {at_most}{} so far", dollars(amount)));
    format!("{at_most}{}/h{} (list price of {})", dollars(hour), so_far.unwrap_or_default(), prices.as_of())
}

fn launch_trace(row: &Row) -> Option<&str> {
    row.instance.tags.get(tags::TRACEPARENT)?.split('-').nth(1)
}
