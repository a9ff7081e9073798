//! An agent's item: our type on one side, DynamoDB's attributes on the other.

use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use spawn_config::Provider;
use std::collections::HashMap;

/// Partitions that agents are spread over, so that a fleet's heartbeats do not meet on one (design section 5).
const SHARDS: u32 = 16;

/// What the registry knows of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRecord {
    /// `i-…` or `local-HOSTNAME`.
    pub instance_id: String,
    /// Where it runs.
    pub provider: Provider,
    /// Its region, where it has one.
    pub region: Option<String>,
    /// Its private address.
    pub address: Option<String>,
    /// EC2's name of the kind of machine, where it is an instance.
    pub instance_type: Option<String>,
    /// Whether the instance is a spot instance, where it is one of EC2's.
    pub spot: Option<bool>,
    /// How many tasks of a job array it works on at once.
    pub slots: Option<u32>,
    /// Version of the agent.
    pub version: String,
    /// When the agent started, epoch seconds.
    pub started_at: i64,
    /// When it last said that it lives, epoch seconds.
    pub last_seen: i64,
    /// When it said that it would leave, epoch seconds; only in the record that a job array has of it.
    pub left_at: Option<i64>,
    /// Context of its boot, W3C.
    pub traceparent: Option<String>,
    /// Vendors' part of that context.
    pub tracestate: Option<String>,
}

impl AgentRecord {
    /// Its item in this partition, which DynamoDB may forget at `expires_at` (epoch seconds).
    pub(crate) fn to_item(&self, partition: String, expires_at: i64) -> HashMap<String, AttributeValue> {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let mut item = HashMap::from([
            ("PK".to_owned(), AttributeValue::S(partition)),
            ("SK".to_owned(), AttributeValue::S(sort_key(&self.instance_id))),
            ("provider".to_owned(), text(self.provider.as_str())),
            ("version".to_owned(), text(&self.version)),
            ("started_at".to_owned(), number(self.started_at)),
            ("last_seen".to_owned(), number(self.last_seen)),
            ("expires_at".to_owned(), number(expires_at)),
        ]);
        let optional = [
            ("region", &self.region),
            ("address", &self.address),
            ("instance_type", &self.instance_type),
            ("traceparent", &self.traceparent),
            ("tracestate", &self.tracestate),
        ];
        for (name, value) in optional {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                item.insert(name.to_owned(), text(value));
            }
        }
        for (name, value) in [("slots", self.slots.map(i64::from)), ("left_at", self.left_at)] {
            if let Some(value) = value {
                item.insert(name.to_owned(), number(value));
            }
        }
        if let Some(spot) = self.spot {
            item.insert("spot".to_owned(), AttributeValue::Bool(spot));
        }
        item
    }

    pub(crate) fn from_item(item: &HashMap<String, AttributeValue>) -> Result<Self> {
        let optional = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let unreadable = |name: &str| Error::Unexpected {
            call: "DynamoDB GetItem",
            reason: format!("the agent's item has no readable `{name}`"),
        };
        let text = |name: &str| optional(name).ok_or_else(|| unreadable(name));
        let number = |name: &str| {
            let value = item.get(name).map(|value| value.as_n().ok().and_then(|digits| digits.parse::<i64>().ok()));
            value.map(|number| number.ok_or_else(|| unreadable(name))).transpose()
        };
        let seconds = |name: &str| number(name)?.ok_or_else(|| unreadable(name));
        let sort_key = text("SK")?;
        Ok(Self {
            instance_id: sort_key.strip_prefix("agent#").ok_or_else(|| unreadable("SK"))?.to_owned(),
            provider: if text("provider")? == Provider::Local.as_str() { Provider::Local } else { Provider::Ec2 },
            region: optional("region"),
            address: optional("address"),
            instance_type: optional("instance_type"),
            spot: item.get("spot").and_then(|value| value.as_bool().ok()).copied(),
            slots: number("slots")?.map(u32::try_from).transpose().map_err(|_| unreadable("slots"))?,
            version: text("version")?,
            started_at: seconds("started_at")?,
            last_seen: seconds("last_seen")?,
            left_at: number("left_at")?,
            traceparent: optional("traceparent"),
            tracestate: optional("tracestate"),
        })
    }
}

pub(crate) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The partition of the agents' own record.
pub(super) fn partition_key(instance_id: &str) -> String {
    format!("instances#{}", shard(instance_id))
}

/// Which of the partitions an agent is in.
pub(crate) fn shard(instance_id: &str) -> u32 {
    // FNV-1a: the same in every version and on every host, which std's hasher does not promise.
    let hash =
        instance_id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % SHARDS
}

pub(crate) fn sort_key(instance_id: &str) -> String {
    format!("agent#{instance_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_was_written_reads_back_the_same() {
        let agent = AgentRecord {
            instance_id: "i-0123456789abcdef0".to_owned(),
            provider: Provider::Ec2,
            region: Some("eu-west-1".to_owned()),
            address: Some("10.0.0.7".to_owned()),
            instance_type: Some("c7g.large".to_owned()),
            spot: Some(true),
            slots: Some(8),
            version: "0.20.0".to_owned(),
            started_at: 1_760_000_000,
            last_seen: 1_760_000_060,
            left_at: None,
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            tracestate: None,
        };
        let item = agent.to_item("instances#3".to_owned(), 1_760_086_460);
        assert_eq!(item["PK"], AttributeValue::S("instances#3".to_owned()));
        assert_eq!(item["expires_at"], number(1_760_086_460));
        assert_eq!(AgentRecord::from_item(&item).unwrap(), agent);
    }

    #[test]
    fn an_item_without_a_version_is_an_error_that_names_it() {
        let item = HashMap::from([
            ("SK".to_owned(), AttributeValue::S("agent#i-1".to_owned())),
            ("provider".to_owned(), AttributeValue::S("ec2".to_owned())),
        ]);
        let message = AgentRecord::from_item(&item).unwrap_err().to_string();
        assert_eq!(message, "DynamoDB GetItem: unexpected answer: the agent's item has no readable `version`");
    }
}
