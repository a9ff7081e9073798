//! The agents of an array: who works or has worked on it, from when to when, on what kind of machine.

use super::ArrayStore;
use crate::arrays::array::ArrayRecord;
use crate::arrays::item::{self, Item};
use crate::error::{Error, Result};
use crate::registry::AgentRecord;
use crate::registry::record::{number, shard, sort_key};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

impl ArrayStore {
    /// Writes the agent's item, replacing that of an earlier start.
    ///
    /// # Errors
    /// If DynamoDB does not answer.
    pub async fn register_agent(&self, array: &ArrayRecord, agent: &AgentRecord) -> Result<()> {
        let partition = item::shard_key(&array.id, shard(&agent.instance_id));
        let item = agent.to_item(partition, item::expires_at(array.created_at));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| Error::of("DynamoDB PutItem", error))
    }

    /// Says that the agent lived at `now` (epoch seconds).
    ///
    /// # Errors
    /// As of [`ArrayStore::register_agent`].
    pub async fn heartbeat_agent(&self, array: &ArrayRecord, instance_id: &str, now: i64) -> Result<()> {
        self.update_agent(array, instance_id, "SET last_seen = :now REMOVE left_at", now).await
    }

    /// Says that the agent left at `now` (epoch seconds). Its item stays: what it cost stays too.
    ///
    /// # Errors
    /// As of [`ArrayStore::register_agent`].
    pub async fn deregister_agent(&self, array: &ArrayRecord, instance_id: &str, now: i64) -> Result<()> {
        self.update_agent(array, instance_id, "SET last_seen = :now, left_at = :now", now).await
    }

    async fn update_agent(&self, array: &ArrayRecord, instance_id: &str, update: &str, now: i64) -> Result<()> {
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(agent_key(array, instance_id)))
            .update_expression(update)
            .expression_attribute_values(":now", number(now));
        call.send().await.map(drop).map_err(|error| Error::of("DynamoDB UpdateItem", error))
    }
}

fn agent_key(array: &ArrayRecord, instance_id: &str) -> Item {
    HashMap::from([
        ("PK".to_owned(), AttributeValue::S(item::shard_key(&array.id, shard(instance_id)))),
        ("SK".to_owned(), AttributeValue::S(sort_key(instance_id))),
    ])
}
