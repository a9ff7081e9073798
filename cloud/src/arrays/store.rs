//! The table of arrays. Each change is worked out by the rules of [`Task`] from what was read, and written only over the
//! version that was read: of two that meet, one is written, and the other is worked out again.

mod agents;
mod create;
mod end;
mod overview;
mod write;
mod write_array;

pub use end::Ended;
pub use overview::Shard;
pub use write::Written;

use super::array::ArrayRecord;
use super::id::ArrayId;
use super::item;
use super::task::{Attempt, Ending, Millis, Refusal, Task};
use crate::error::{Error, Result};
use crate::registry::TABLE;
use aws_sdk_dynamodb::Client;
use std::collections::BTreeMap;
use std::time::Duration;

/// The arrays of one account and region.
#[derive(Clone, Debug)]
pub struct ArrayStore {
    client: Client,
    table: String,
}

/// A task that was claimed, and what it was before: the attempt to link to, and whether that was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// With the new attempt in it.
    pub task: Task,
    /// As it was before the claim.
    pub before: Task,
}

impl ArrayStore {
    /// The arrays in `table`, or in the table's usual name.
    pub fn new(client: Client, table: Option<String>) -> Self {
        Self { client, table: table.unwrap_or_else(|| TABLE.to_owned()) }
    }

    /// Name of the table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The array, if there is one of this id.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the item cannot be read.
    pub async fn find(&self, id: &ArrayId) -> Result<Option<ArrayRecord>> {
        let item = self.read(item::array_key(id)).await?;
        item.map(|item| Ok(item::to_array(&item)?.0)).transpose()
    }

    /// The task, if the array has one of this index.
    ///
    /// # Errors
    /// As of [`ArrayStore::find`].
    pub async fn task(&self, id: &ArrayId, index: u32) -> Result<Option<Task>> {
        let item = self.read(item::task_key(id, index)).await?;
        item.map(|item| item::to_task(&item)).transpose()
    }

    /// The parameters of a task; empty without any.
    ///
    /// # Errors
    /// As of [`ArrayStore::find`].
    pub async fn params(&self, id: &ArrayId, index: u32) -> Result<BTreeMap<String, String>> {
        let item = self.read(item::params_key(id, index)).await?;
        Ok(item.and_then(|item| item.get("params").map(item::to_map)).unwrap_or_default())
    }

    /// Claims a task. `fresh` says that nobody is likely to have touched it, which saves the reading of it.
    ///
    /// # Errors
    /// If DynamoDB does not answer. That the task is not to be had is an answer.
    pub async fn claim(
        &self,
        array: &ArrayRecord,
        index: u32,
        by: &Attempt,
        now: Millis,
        lease: Duration,
        fresh: bool,
    ) -> Result<std::result::Result<Claimed, Refusal>> {
        let guess = fresh.then(|| Task::new(index));
        let written = self.change(array, index, guess, |task| task.claim(by, now, lease)).await?;
        Ok(written.map(|Written { before, after }| Claimed { task: after, before }))
    }

    /// Keeps a claimed task for longer, and notes which attempts are [`untold`](Task::untold) as this task says; the
    /// answer tells whether the operator wants it to end.
    ///
    /// # Errors
    /// As of [`ArrayStore::claim`].
    pub async fn renew(
        &self,
        array: &ArrayRecord,
        task: &Task,
        now: Millis,
        lease: Duration,
    ) -> Result<std::result::Result<Task, Refusal>> {
        let owner = task.owner.clone().unwrap_or_default();
        let renew = |read: &Task| {
            let renewed = read.renew(&owner, task.attempt, now, lease)?;
            Ok(Task { untold: task.untold.clone(), ..renewed })
        };
        Ok(self.change(array, task.index, Some(task.clone()), renew).await?.map(|written| written.after))
    }

    /// Ends the attempt of a claimed task, and counts the task if it has ended with it. What is untold is noted as by
    /// [`ArrayStore::renew`].
    ///
    /// # Errors
    /// As of [`ArrayStore::claim`].
    pub async fn end(
        &self,
        array: &ArrayRecord,
        task: &Task,
        now: Millis,
        ending: &Ending,
    ) -> Result<std::result::Result<Task, Refusal>> {
        let owner = task.owner.clone().unwrap_or_default();
        let end = |read: &Task| {
            let ended = read.end(&owner, task.attempt, now, ending)?;
            Ok(Task { untold: task.untold.clone(), ..ended })
        };
        Ok(self.change(array, task.index, Some(task.clone()), end).await?.map(|written| written.after))
    }

    /// Ends a task whose hosts have vanished too often.
    ///
    /// # Errors
    /// As of [`ArrayStore::claim`].
    pub async fn give_up(
        &self,
        array: &ArrayRecord,
        index: u32,
        now: Millis,
    ) -> Result<std::result::Result<Written, Refusal>> {
        self.change(array, index, None, |task| task.give_up(now)).await
    }

    /// Calls a task off.
    ///
    /// # Errors
    /// As of [`ArrayStore::claim`].
    pub async fn cancel(
        &self,
        array: &ArrayRecord,
        known: &Task,
        now: Millis,
    ) -> Result<std::result::Result<Written, Refusal>> {
        self.change(array, known.index, Some(known.clone()), |task| task.cancel(now)).await
    }

    /// Gives a task that has ended another round of attempts.
    ///
    /// # Errors
    /// As of [`ArrayStore::claim`].
    pub async fn retry(&self, array: &ArrayRecord, known: &Task) -> Result<std::result::Result<Written, Refusal>> {
        self.change(array, known.index, Some(known.clone()), Task::retry).await
    }

    /// Reads one item, as it is now.
    async fn read(&self, key: item::Item) -> Result<Option<item::Item>> {
        let call = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let answer = call.send().await.map_err(|error| Error::of("DynamoDB GetItem", error))?;
        Ok(answer.item)
    }
}
