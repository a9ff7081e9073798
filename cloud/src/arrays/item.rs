//! DynamoDB's attributes on one side, our types on the other. What is absent is absent, never an empty text.

mod array;
mod attributes;
mod task;
#[cfg(test)]
mod tests;

pub(super) use array::{Stamp, of_array, to_array};
pub(super) use task::{of_task, to_task};

use super::counts::Counts;
use super::id::ArrayId;
use super::task::Millis;
use super::{MOST_TASKS, SHARDS};
use attributes::{Reader, Writer};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// An item as DynamoDB has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// An array is forgotten this long after its launch, and so is the queue's last message long before that.
pub(super) const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Sort key of an array.
const ARRAY: &str = "array";
/// Partition of the index of arrays.
pub(super) const INDEX: &str = "arrays";
/// Sort key of a shard's counters.
pub(super) const COUNTS: &str = "counts";
/// Sort keys of tasks begin so.
pub(super) const TASK: &str = "task#";

pub(super) fn shard_key(id: &ArrayId, shard: u32) -> String {
    format!("{id}#{}", shard % SHARDS)
}

pub(super) fn array_key(id: &ArrayId) -> Item {
    key(id.as_str().to_owned(), ARRAY.to_owned())
}

pub(super) fn index_key(id: &ArrayId) -> Item {
    key(INDEX.to_owned(), id.as_str().to_owned())
}

pub(super) fn task_key(id: &ArrayId, index: u32) -> Item {
    key(shard_key(id, index), format!("{TASK}{index:06}"))
}

pub(super) fn params_key(id: &ArrayId, index: u32) -> Item {
    key(format!("{}#params", shard_key(id, index)), format!("{TASK}{index:06}"))
}

pub(super) fn counts_key(id: &ArrayId, shard: u32) -> Item {
    key(shard_key(id, shard), COUNTS.to_owned())
}

fn key(partition: String, sort: String) -> Item {
    HashMap::from([("PK".to_owned(), AttributeValue::S(partition)), ("SK".to_owned(), AttributeValue::S(sort))])
}

/// The parameters of a task: they are read by whoever works on it and by nobody else, so they have an item of their own.
pub(super) fn of_params(id: &ArrayId, index: u32, params: &BTreeMap<String, String>, expires_at: i64) -> Item {
    let mut item = Writer(params_key(id, index));
    item.0.insert("params".to_owned(), of_map(params));
    item.number("expires_at", expires_at);
    item.0
}

/// When DynamoDB may forget what was launched then, in epoch seconds.
pub(super) fn expires_at(created_at: Millis) -> i64 {
    created_at / 1_000 + i64::try_from(KEPT.as_secs()).unwrap_or_default()
}

pub(super) fn to_counts(item: &Item) -> Counts {
    let item = Reader { item };
    let count = |name: &str| item.count(name).ok().flatten().filter(|count| *count <= MOST_TASKS).unwrap_or_default();
    Counts { succeeded: count("succeeded"), failed: count("failed"), cancelled: count("cancelled") }
}

fn of_map(map: &BTreeMap<String, String>) -> AttributeValue {
    AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), AttributeValue::S(value.clone()))).collect())
}

pub(super) fn to_map(value: &AttributeValue) -> BTreeMap<String, String> {
    let texts = value.as_m().into_iter().flatten();
    texts.filter_map(|(name, value)| Some((name.clone(), value.as_s().ok()?.clone()))).collect()
}
