//! The one way in which a task or an array is changed: read, work out, write over what was read, or begin again.

use super::ArrayStore;
use crate::arrays::array::ArrayRecord;
use crate::arrays::id::ArrayId;
use crate::arrays::item::{self, Item};
use crate::arrays::task::{Refusal, Task, TaskState};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use spawn_telemetry::ExpectErrors;
use std::time::Duration;

const TRANSACT: &str = "DynamoDB TransactWriteItems";
/// A write that meets another is worked out again this often; with each, the wait before it may be twice as long.
const MOST_TRIES: u32 = 12;
/// The first wait, drawn from nothing to this.
const WAIT: Duration = Duration::from_millis(10);
/// The condition under which a write is made.
const UNCHANGED: &str = "version = :version";

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The task before.
    pub before: Task,
    /// The task after.
    pub after: Task,
}

/// What became of one try.
enum Tried {
    Done,
    /// Somebody else was there first.
    Met,
}

impl ArrayStore {
    /// Changes a task by `rule`, first from what is known of it, else from what is there.
    pub(super) async fn change(
        &self,
        array: &ArrayRecord,
        index: u32,
        known: Option<Task>,
        rule: impl Fn(&Task) -> std::result::Result<Task, Refusal>,
    ) -> Result<std::result::Result<Written, Refusal>> {
        let mut known = known;
        let mut wanted: Option<Written> = None;
        for tries in 0..MOST_TRIES {
            let guessed = known.is_some();
            let before = match known.take() {
                Some(task) => task,
                None => match self.task(&array.id, index).await? {
                    Some(task) => task,
                    None => return Ok(Err(Refusal::Unknown)),
                },
            };
            // The answer to an earlier try was lost on its way, and what it asked for is done.
            if let Some(written) = wanted.take().filter(|written| written.after == before) {
                return Ok(Ok(written));
            }
            let after = match rule(&before) {
                Ok(after) => Task { version: before.version + 1, ..after },
                // What was guessed may be out of date.
                Err(_) if guessed => continue,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let written = Written { before, after };
            match self.try_task(array, &written).await? {
                Tried::Done => return Ok(Ok(written)),
                Tried::Met => wanted = Some(written),
            }
            if !guessed {
                pause(tries).await;
            }
        }
        Err(contended(format!("task {index} of {}", array.id)))
    }

    /// Changes an array by `rule`; `None` leaves it as it is. Answers the array as it is then.
    ///
    /// # Errors
    /// If DynamoDB does not answer.
    pub async fn change_array(
        &self,
        id: &ArrayId,
        rule: impl Fn(&ArrayRecord) -> Option<ArrayRecord>,
    ) -> Result<Option<ArrayRecord>> {
        let mut wanted = None;
        for tries in 0..MOST_TRIES {
            let Some(found) = self.read(item::array_key(id)).await? else { return Ok(None) };
            let (array, version) = item::to_array(&found)?;
            if wanted.as_ref() == Some(&(&array, version)).map(|(array, version)| ((*array).clone(), *version)).as_ref()
            {
                return Ok(Some(array));
            }
            let Some(after) = rule(&array) else { return Ok(Some(array)) };
            let item = item::of_array(item::array_key(id), &after, version + 1);
            match self.put(item, version).await? {
                Tried::Done => return Ok(Some(after)),
                Tried::Met => wanted = Some((after, version + 1)),
            }
            pause(tries).await;
        }
        Err(contended(format!("array {id}")))
    }

    async fn try_task(&self, array: &ArrayRecord, written: &Written) -> Result<Tried> {
        let Written { before, after } = written;
        let item = item::of_task(&array.id, after, item::expires_at(array.created_at));
        match counted(before.state, after.state) {
            None => self.put(item, before.version).await,
            Some(changes) => self.transact(array, item, before, &changes).await,
        }
    }

    async fn put(&self, item: Item, version: u64) -> Result<Tried> {
        let call = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(UNCHANGED)
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
            .customize()
            .interceptor(ExpectErrors(&["ConditionalCheckFailedException"]));
        match call.send().await {
            Ok(_) => Ok(Tried::Done),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(Tried::Met)
            }
            Err(error) => Err(Error::of("DynamoDB PutItem", error)),
        }
    }

    /// Task and counter in one: neither is ever seen without the other.
    async fn transact(
        &self,
        array: &ArrayRecord,
        item: Item,
        before: &Task,
        changes: &[(TaskState, i64)],
    ) -> Result<Tried> {
        let incomplete = |error: BuildError| Error::Unexpected { call: TRANSACT, reason: error.to_string() };
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(UNCHANGED)
            .expression_attribute_values(":version", AttributeValue::N(before.version.to_string()))
            .build()
            .map_err(incomplete)?;
        let mut count =
            Update::builder().table_name(&self.table).set_key(Some(item::counts_key(&array.id, before.shard())));
        let mut sums = Vec::new();
        for (number, (state, by)) in changes.iter().enumerate() {
            sums.push(format!("#state{number} :by{number}"));
            count = count
                .expression_attribute_names(format!("#state{number}"), state.as_str())
                .expression_attribute_values(format!(":by{number}"), AttributeValue::N(by.to_string()));
        }
        let expires_at = AttributeValue::N(item::expires_at(array.created_at).to_string());
        let count = count
            .update_expression(format!("ADD {} SET expires_at = :expires_at", sums.join(", ")))
            .expression_attribute_values(":expires_at", expires_at)
            .build()
            .map_err(incomplete)?;
        let call = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(TransactWriteItem::builder().update(count).build())
            .customize()
            .interceptor(ExpectErrors(&["TransactionCanceledException"]));
        match call.send().await {
            Ok(_) => Ok(Tried::Done),
            Err(error) if error.as_service_error().is_some_and(is_met) => Ok(Tried::Met),
            Err(error) => Err(Error::of(TRANSACT, error)),
        }
    }
}

/// Whether another write was there first, or is under way on the same counter.
fn is_met(error: &TransactWriteItemsError) -> bool {
    const MET: [&str; 4] = ["ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "None"];
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            let reasons = cancelled.cancellation_reasons();
            reasons.iter().all(|reason| reason.code().is_none_or(|code| MET.contains(&code)))
        }
        TransactWriteItemsError::TransactionInProgressException(_) => true,
        _ => false,
    }
}

/// What a change of state does to the counters; none for most.
fn counted(before: TaskState, after: TaskState) -> Option<Vec<(TaskState, i64)>> {
    let changes = [(before, -1), (after, 1)];
    let changes: Vec<_> = changes.into_iter().filter(|(state, _)| state.has_ended()).collect();
    (before != after && !changes.is_empty()).then_some(changes)
}

async fn pause(tries: u32) {
    let most = WAIT * 2_u32.pow(tries.min(6));
    tokio::time::sleep(most.mul_f64(fastrand::f64())).await;
}

fn contended(what: String) -> Error {
    Error::Unexpected { call: "DynamoDB", reason: format!("{what} was changed by others {MOST_TRIES} times in a row") }
}
