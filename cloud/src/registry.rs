//! Which agents live: one item for each in the table that job arrays use too.
//!
//! | PK | SK | attributes |
//! |---|---|---|
//! | `instances#SHARD` | `agent#INSTANCE_ID` | provider, region, address, instance_type, spot, slots, version, started_at, last_seen, expires_at, traceparent, tracestate |
//!
//! Times are epoch seconds, as DynamoDB's own expiry wants them.

pub(crate) mod record;
mod table;

pub use record::AgentRecord;
pub use table::TableState;

use crate::error::{Error, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use record::{number, partition_key, sort_key};

/// Name of the table where `SPAWN_TABLE` does not rename it.
pub(crate) const TABLE: &str = "spawn-job-arrays";
/// An agent that was silent for a day is gone; DynamoDB removes its item.
const EXPIRES_AFTER_SECONDS: i64 = 24 * 60 * 60;

/// The table of agents.
#[derive(Clone, Debug)]
pub struct Registry {
    client: Client,
    table: String,
}

impl Registry {
    /// The registry in `table`, or in the table's usual name.
    pub fn new(client: Client, table: Option<String>) -> Self {
        Self { client, table: table.unwrap_or_else(|| TABLE.to_owned()) }
    }

    /// Name of the table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Whether the table is there.
    pub async fn exists(&self) -> Result<bool> {
        table::exists(&self.client, &self.table).await
    }

    /// Makes the table, on demand, encrypted and with expiry, where it is absent.
    pub async fn ensure(&self) -> Result<TableState> {
        table::ensure(&self.client, &self.table).await
    }

    /// Writes the agent's item, replacing that of an earlier start.
    pub async fn register(&self, agent: &AgentRecord) -> Result<()> {
        let item = agent.to_item(partition_key(&agent.instance_id), agent.last_seen + EXPIRES_AFTER_SECONDS);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(|error| Error::of("DynamoDB PutItem", error))?;
        Ok(())
    }

    /// Says that the agent lived at `now` (epoch seconds).
    pub async fn heartbeat(&self, instance_id: &str, now: i64) -> Result<()> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("PK", AttributeValue::S(partition_key(instance_id)))
            .key("SK", AttributeValue::S(sort_key(instance_id)))
            .update_expression("SET last_seen = :now, expires_at = :expires")
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":expires", number(now + EXPIRES_AFTER_SECONDS))
            .send()
            .await
            .map_err(|error| Error::of("DynamoDB UpdateItem", error))?;
        Ok(())
    }

    /// Takes the agent's item away.
    pub async fn deregister(&self, instance_id: &str) -> Result<()> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key("PK", AttributeValue::S(partition_key(instance_id)))
            .key("SK", AttributeValue::S(sort_key(instance_id)))
            .send()
            .await
            .map_err(|error| Error::of("DynamoDB DeleteItem", error))?;
        Ok(())
    }

    /// The agent's item, if it has registered.
    pub async fn find(&self, instance_id: &str) -> Result<Option<AgentRecord>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("PK", AttributeValue::S(partition_key(instance_id)))
            .key("SK", AttributeValue::S(sort_key(instance_id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| Error::of("DynamoDB GetItem", error))?;
        answer.item.map(|item| AgentRecord::from_item(&item)).transpose()
    }
}
