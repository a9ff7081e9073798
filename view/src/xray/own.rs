//! What our exporter keeps in the metadata: that for which X-Ray has no field.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use serde_json::{Map, Value as Json};

use super::fields::{Fields, Read, instant, pair};
use crate::span::{Event, SpanKind};

/// The attribute that lists what the exporter had to cut.
pub(crate) const TRUNCATED: &str = "aws.xray.truncated";

/// The namespace `spawn`.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) is_there: bool,
    pub(super) name: Option<String>,
    pub(super) kind: Option<SpanKind>,
    pub(super) events: Vec<Event>,
    pub(super) dropped: [u32; 3],
}

impl Own {
    pub(super) fn take(metadata: &mut Fields, read: &mut Read) -> Self {
        let is_there = metadata.has("spawn");
        let mut fields = metadata.object("spawn", "metadata.spawn.", read);
        let kind = fields.take("kind", read, |value| match value.as_str() {
            Some("server") => Ok(SpanKind::Server),
            Some("producer") => Ok(SpanKind::Producer),
            Some("consumer") => Ok(SpanKind::Consumer),
            _ => Err(value),
        });
        let mut dropped = fields.object("dropped", "metadata.spawn.dropped.", read);
        let dropped = ["attributes", "events", "links"].map(|what| {
            let count = dropped.take(what, read, |value| value.as_u64().ok_or(value));
            count.map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX))
        });
        let name = fields.text("name", read);
        let events = fields.list("events", read).into_iter().map(event).collect();
        fields.any("truncated").into_iter().for_each(|cut| read.say(TRUNCATED, cut));
        for (key, value) in fields.rest() {
            let plain = key.strip_prefix("attribute.").filter(|plain| {
                plain.starts_with("AWS.") || ["name", "kind", "events", "dropped", "truncated"].contains(plain)
            });
            read.say(plain.unwrap_or(&key), value);
        }
        Self { is_there, name, kind, events, dropped }
    }
}

fn event(mut value: Json) -> Event {
    Event {
        time: instant(&value["time"]).unwrap_or_default(),
        name: value["name"].as_str().unwrap_or_default().to_owned(),
        attributes: pairs(value["attributes"].take()),
        dropped: 0,
    }
}

/// The attributes of an event or a link.
pub(super) fn pairs(value: Json) -> Vec<KeyValue> {
    let map = if let Json::Object(map) = value { map } else { Map::new() };
    map.into_iter().map(|(key, value)| pair(&key, value)).collect()
}
