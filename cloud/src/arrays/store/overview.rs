//! Reading an array as a whole: its counters in one call, its tasks and agents in one for each shard.

use super::ArrayStore;
use crate::arrays::SHARDS;
use crate::arrays::array::ArrayRecord;
use crate::arrays::counts::Counts;
use crate::arrays::id::ArrayId;
use crate::arrays::item::{self, Item};
use crate::arrays::task::Task;
use crate::error::{Error, Result};
use crate::registry::AgentRecord;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

/// What one shard holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shard {
    /// Its tasks, by index.
    pub tasks: Vec<Task>,
    /// Its agents, by id.
    pub agents: Vec<AgentRecord>,
    /// Its counters.
    pub counts: Counts,
}

impl ArrayStore {
    /// How many tasks have ended how, read in one call.
    ///
    /// # Errors
    /// If DynamoDB does not answer.
    pub async fn counts(&self, id: &ArrayId) -> Result<Counts> {
        const CALL: &str = "DynamoDB BatchGetItem";
        let mut keys: Vec<Item> = (0..SHARDS).map(|shard| item::counts_key(id, shard)).collect();
        let mut counts = Counts::default();
        while !keys.is_empty() {
            let asked = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let asked = asked.map_err(|error| Error::Unexpected { call: CALL, reason: error.to_string() })?;
            let call = self.client.batch_get_item().request_items(&self.table, asked);
            let answer = call.send().await.map_err(|error| Error::of(CALL, error))?;
            let items = answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default();
            counts = items.iter().map(item::to_counts).fold(counts, Counts::plus);
            let left = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
            keys = left.map(|left| left.keys).unwrap_or_default();
        }
        Ok(counts)
    }

    /// Everything that one shard holds. Items that cannot be read are left out with a warning.
    ///
    /// # Errors
    /// If DynamoDB does not answer.
    pub async fn shard(&self, id: &ArrayId, shard: u32) -> Result<Shard> {
        let mut found = Shard::default();
        for item in self.query(item::shard_key(id, shard), None).await? {
            let sort = item.get("SK").and_then(|key| key.as_s().ok()).map(String::as_str).unwrap_or_default();
            let taken = if sort.starts_with(item::TASK) {
                item::to_task(&item).map(|task| found.tasks.push(task))
            } else if sort == item::COUNTS {
                found.counts = item::to_counts(&item);
                Ok(())
            } else {
                AgentRecord::from_item(&item).map(|agent| found.agents.push(agent))
            };
            if let Err(error) = taken {
                tracing::warn!(%error, array = id.as_str(), key = sort, "an item of the array is left out");
            }
        }
        Ok(found)
    }

    /// The arrays whose names begin so, the newest first; all that there are for an empty text. Each entry of
    /// the index is written together with the array's own record, so it tells as much as [`ArrayStore::find`].
    ///
    /// # Errors
    /// If DynamoDB does not answer.
    pub async fn named(&self, beginning: &str) -> Result<Vec<ArrayRecord>> {
        let beginning = Some(beginning).filter(|text| !text.is_empty());
        let items = self.query(item::INDEX.to_owned(), beginning).await?;
        let mut arrays: Vec<ArrayRecord> = items
            .iter()
            .filter_map(|item| match item::to_array(item) {
                Ok((array, _)) => Some(array),
                Err(error) => {
                    tracing::warn!(%error, "an array is left out");
                    None
                }
            })
            .collect();
        arrays.sort_by_key(|array| std::cmp::Reverse(array.created_at));
        Ok(arrays)
    }

    /// All items of a partition, page after page.
    async fn query(&self, partition: String, beginning: Option<&str>) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let condition = if beginning.is_some() { "PK = :pk AND begins_with(SK, :sk)" } else { "PK = :pk" };
            let call = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression(condition)
                .expression_attribute_values(":pk", AttributeValue::S(partition.clone()))
                .set_exclusive_start_key(from);
            let call = match beginning {
                Some(text) => call.expression_attribute_values(":sk", AttributeValue::S(text.to_owned())),
                None => call,
            };
            let answer = call.send().await.map_err(|error| Error::of("DynamoDB Query", error))?;
            items.extend(answer.items.unwrap_or_default());
            from = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() {
                return Ok(items);
            }
        }
    }
}
