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
    /// Version of the agent.
    pub version: String,
    /// When the agent started, epoch seconds.
    pub started_at: i64,
    /// When it last said that it lives, epoch seconds.
    pub last_seen: i64,
    /// Context of its boot, W3C.
    pub traceparent: Option<String>,
    /// Vendors' part of that context.
    pub tracestate: Option<String>,
}

impl AgentRecord {
    pub(super) fn to_item(&self, expires_after: i64) -> HashMap<String, AttributeValue> {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let mut item = HashMap::from([
            ("PK".to_owned(), AttributeValue::S(partition_key(&self.instance_id))),
            ("SK".to_owned(), AttributeValue::S(sort_key(&self.instance_id))),
            ("provider".to_owned(), text(self.provider.as_str())),
            ("version".to_owned(), text(&self.version)),
            ("started_at".to_owned(), number(self.started_at)),
            ("last_seen".to_owned(), number(self.last_seen)),
            ("expires_at".to_owned(), number(self.last_seen + expires_after)),
        ]);
        let optional = [
            ("region", &self.region),
            ("address", &self.address),
            ("traceparent", &self.traceparent),
            ("tracestate", &self.tracestate),
        ];
        for (name, value) in optional {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                item.insert(name.to_owned(), text(value));
            }
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
        let seconds = |name: &str| {
            let value = item.get(name).and_then(|value| value.as_n().ok());
            value.and_then(|digits| digits.parse().ok()).ok_or_else(|| unreadable(name))
        };
        let sort_key = text("SK")?;
        Ok(Self {
            instance_id: sort_key.strip_prefix("agent#").ok_or_else(|| unreadable("SK"))?.to_owned(),
            provider: if text("provider")? == Provider::Local.as_str() { Provider::Local } else { Provider::Ec2 },
            region: optional("region"),
            address: optional("address"),
            version: text("version")?,
            started_at: seconds("started_at")?,
            last_seen: seconds("last_seen")?,
            traceparent: optional("traceparent"),
            tracestate: optional("tracestate"),
        })
    }
}

pub(super) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn partition_key(instance_id: &str) -> String {
    // FNV-1a: the same in every version and on every host, which std's hasher does not promise.
    let hash =
        instance_id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("instances#{}", hash % SHARDS)
}

pub(super) fn sort_key(instance_id: &str) -> String {
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
            version: "0.20.0".to_owned(),
            started_at: 1_760_000_000,
            last_seen: 1_760_000_060,
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            tracestate: None,
        };
        let item = agent.to_item(86_400);
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
