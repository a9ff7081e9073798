//! Writing a new array: tasks first, in batches over all shards at once, then the record that makes it known.

use super::ArrayStore;
use crate::arrays::array::ArrayRecord;
use crate::arrays::item::{self, Item, Stamp};
use crate::arrays::task::Task;
use crate::error::{Error, Result};
use crate::spans;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use opentelemetry::context::FutureExt;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;

const CALL: &str = "DynamoDB BatchWriteItem";
/// Items of one call (Amazon DynamoDB API Reference, BatchWriteItem).
const BATCH: usize = 25;
/// Calls under way at once: together some 2,000 items a second, half of what a new table takes on demand.
const AT_ONCE: usize = 8;
/// What DynamoDB leaves unwritten is sent again this often, after up to this wait, which doubles.
const MOST_TRIES: u32 = 10;
const WAIT: Duration = Duration::from_millis(50);

impl ArrayStore {
    /// Writes the tasks, each with its parameters if there are any, and then the array. Whatever an interrupted launch
    /// of the same array has written before is replaced: nobody works on an array that is not ready.
    ///
    /// # Errors
    /// If DynamoDB does not answer or keeps refusing.
    pub async fn create(
        &self,
        array: &ArrayRecord,
        params: &[BTreeMap<String, String>],
        written: impl Fn(usize),
    ) -> Result<()> {
        let expires_at = item::expires_at(array.created_at);
        let tasks = (0..array.size).map(|index| item::of_task(&array.id, &Task::new(index), expires_at));
        let params = (0..array.size).zip(params);
        let params = params.map(|(index, params)| item::of_params(&array.id, index, params, expires_at));
        // An item is made when its batch is sent: what waits is numbers.
        let mut items = tasks.chain(params).peekable();
        let mut under_way = JoinSet::new();
        let (mut done, mut calls) = (0, 0);
        while items.peek().is_some() {
            if under_way.len() == AT_ONCE {
                done += joined(under_way.join_next().await)?;
                written(done);
            }
            let (store, batch) = (self.clone(), items.by_ref().take(BATCH).collect());
            let context = spans::context_for(calls);
            under_way.spawn(async move { store.write(batch).await }.with_context(context));
            calls += 1;
        }
        while let Some(batch) = under_way.join_next().await {
            done += joined(Some(batch))?;
            written(done);
        }
        for key in [item::array_key(&array.id), item::index_key(&array.id)] {
            let item = item::of_array(key, array, Stamp::FIRST);
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
            put.send().await.map_err(|error| Error::of("DynamoDB PutItem", error))?;
        }
        Ok(())
    }

    /// Writes a batch; answers how many items that were.
    async fn write(&self, items: Vec<Item>) -> Result<usize> {
        let incomplete = |error: BuildError| Error::Unexpected { call: CALL, reason: error.to_string() };
        let count = items.len();
        let put =
            |item| Ok(WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build()?).build());
        let mut requests =
            items.into_iter().map(put).collect::<std::result::Result<Vec<_>, BuildError>>().map_err(incomplete)?;
        for tries in 0..MOST_TRIES {
            let call = self.client.batch_write_item().request_items(&self.table, requests);
            let answer = call.send().await.map_err(|error| Error::of(CALL, error))?;
            requests = answer.unprocessed_items.unwrap_or_default().remove(&self.table).unwrap_or_default();
            if requests.is_empty() {
                return Ok(count);
            }
            tokio::time::sleep((WAIT * 2_u32.pow(tries)).mul_f64(fastrand::f64())).await;
        }
        Err(Error::Refused {
            call: CALL,
            code: "ProvisionedThroughputExceededException".to_owned(),
            message: format!("{} items were left unwritten {MOST_TRIES} times in a row", requests.len()),
            request_id: None,
        })
    }
}

fn joined(batch: Option<std::result::Result<Result<usize>, tokio::task::JoinError>>) -> Result<usize> {
    match batch {
        None => Ok(0),
        Some(Ok(written)) => written,
        Some(Err(panic)) => Err(Error::Unexpected { call: CALL, reason: panic.to_string() }),
    }
}
