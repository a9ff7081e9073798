//! The one way in which a task is changed: read, work out, write over what was read, or begin again.

use super::ArrayStore;
use crate::arrays::array::ArrayRecord;
use crate::arrays::item::{self, Item};
use crate::arrays::task::{Refusal, Task, TaskState};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use spawn_telemetry::ExpectErrors;
use std::time::Duration;

pub(super) const TRANSACT: &str = "DynamoDB TransactWriteItems";
/// A write that meets another is worked out again this often; with each, the wait before it may be twice as long.
pub(super) const MOST_TRIES: u32 = 12;
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
pub(super) enum Tried {
    Done,
    Met(Met),
}

/// Why a write was not made that may be made another time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// Somebody else was there first, or is writing the same counter.
    Another,
    /// DynamoDB asks to go slower.
    Throttled,
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
        let mut met = Met::Another;
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
                Ok(after) => Task { version: before.version + 1, mark: fastrand::u64(..), ..after },
                // What was guessed may be out of date.
                Err(_) if guessed => continue,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let written = Written { before, after };
            met = match self.try_task(array, &written).await? {
                Tried::Done => return Ok(Ok(written)),
                Tried::Met(why) => why,
            };
            wanted = Some(written);
            if !guessed || met == Met::Throttled {
                pause(tries).await;
            }
        }
        Err(given_up(met, &format!("task {index} of {}", array.id)))
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
                Ok(Tried::Met(Met::Another))
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
        let put = self.over(item, before.version).map_err(incomplete)?;
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
        self.both(TransactWriteItem::builder().put(put).build(), TransactWriteItem::builder().update(count).build())
            .await
    }

    /// An item to be written over the version that was read.
    pub(super) fn over(&self, item: Item, version: u64) -> std::result::Result<Put, BuildError> {
        Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(UNCHANGED)
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
            .build()
    }

    /// Both or neither.
    pub(super) async fn both(&self, one: TransactWriteItem, other: TransactWriteItem) -> Result<Tried> {
        let call = self
            .client
            .transact_write_items()
            .transact_items(one)
            .transact_items(other)
            .customize()
            .interceptor(ExpectErrors(&["TransactionCanceledException"]));
        match call.send().await {
            Ok(_) => Ok(Tried::Done),
            Err(error) => match error.as_service_error().and_then(met) {
                Some(why) => Ok(Tried::Met(why)),
                None => Err(Error::of(TRANSACT, error)),
            },
        }
    }
}

/// Whether a transaction that was not made may be made another time; DynamoDB gives a reason for each of its writes.
fn met(error: &TransactWriteItemsError) -> Option<Met> {
    const THROTTLED: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];
    const ANOTHER: [&str; 3] = ["ConditionalCheckFailed", "TransactionConflict", "None"];
    let cancelled = match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled,
        TransactWriteItemsError::TransactionInProgressException(_) => return Some(Met::Another),
        _ => return None,
    };
    let mut codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    let throttled = codes.clone().any(|code| THROTTLED.contains(&code));
    let known = codes.all(|code| THROTTLED.contains(&code) || ANOTHER.contains(&code));
    known.then_some(if throttled { Met::Throttled } else { Met::Another })
}

/// What a change of state does to the counters; none for most.
fn counted(before: TaskState, after: TaskState) -> Option<Vec<(TaskState, i64)>> {
    let changes = [(before, -1), (after, 1)];
    let changes: Vec<_> = changes.into_iter().filter(|(state, _)| state.has_ended()).collect();
    (before != after && !changes.is_empty()).then_some(changes)
}

pub(super) async fn pause(tries: u32) {
    let most = WAIT * 2_u32.pow(tries.min(6));
    tokio::time::sleep(most.mul_f64(fastrand::f64())).await;
}

/// What callers are told in the end; either may be asked again later.
pub(super) fn given_up(met: Met, what: &str) -> Error {
    let (code, was) = match met {
        Met::Another => ("TransactionConflictException", "changed by others"),
        Met::Throttled => ("ThrottlingException", "throttled"),
    };
    let message = format!("{what} was {was} {MOST_TRIES} times in a row");
    Error::Refused { call: TRANSACT, code: code.to_owned(), message, request_id: None }
}
