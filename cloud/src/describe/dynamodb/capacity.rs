//! Capacity that was asked for and used, and the size of item collections: JSON texts, as the conventions give them.

use super::super::texts;
use aws_sdk_dynamodb::types::{Capacity, ConsumedCapacity, ItemCollectionMetrics, ProvisionedThroughput};
use opentelemetry_semantic_conventions::attribute as semconv;
use serde_json::{Map, Value};
use spawn_telemetry::Attributes;
use std::collections::{BTreeMap, HashMap};

/// What a table is to have.
pub(super) fn provisioned(into: &mut Attributes, throughput: Option<&ProvisionedThroughput>) {
    let Some(throughput) = throughput else { return };
    #[expect(clippy::cast_precision_loss, reason = "a double is what the conventions want of a number of units")]
    let units = |units: i64| units as f64;
    into.set(semconv::AWS_DYNAMODB_PROVISIONED_READ_CAPACITY, units(throughput.read_capacity_units()));
    into.set(semconv::AWS_DYNAMODB_PROVISIONED_WRITE_CAPACITY, units(throughput.write_capacity_units()));
}

/// One text a table; there only when the caller asked for it.
pub(super) fn consumed<'a>(into: &mut Attributes, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
    let tables: Vec<String> = consumed.into_iter().map(|consumed| table(consumed).to_string()).collect();
    if !tables.is_empty() {
        into.set(semconv::AWS_DYNAMODB_CONSUMED_CAPACITY, texts(tables.iter().map(String::as_str)));
    }
}

fn table(consumed: &ConsumedCapacity) -> Value {
    let indexes = |indexes: Option<&HashMap<String, Capacity>>| {
        let sorted: BTreeMap<_, _> = indexes?.iter().map(|(name, used)| (name, index(used))).collect();
        Some(sorted.into_iter().map(|(name, used)| (name.clone(), used)).collect::<Map<_, _>>().into())
    };
    members([
        ("TableName", consumed.table_name().map(Value::from)),
        ("CapacityUnits", consumed.capacity_units().map(Value::from)),
        ("ReadCapacityUnits", consumed.read_capacity_units().map(Value::from)),
        ("WriteCapacityUnits", consumed.write_capacity_units().map(Value::from)),
        ("Table", consumed.table().map(index)),
        ("LocalSecondaryIndexes", indexes(consumed.local_secondary_indexes())),
        ("GlobalSecondaryIndexes", indexes(consumed.global_secondary_indexes())),
    ])
}

fn index(used: &Capacity) -> Value {
    members([
        ("CapacityUnits", used.capacity_units().map(Value::from)),
        ("ReadCapacityUnits", used.read_capacity_units().map(Value::from)),
        ("WriteCapacityUnits", used.write_capacity_units().map(Value::from)),
    ])
}

/// The collection that a write changed.
pub(super) fn collection(into: &mut Attributes, metrics: Option<&ItemCollectionMetrics>) {
    if let Some(metrics) = metrics {
        into.set(semconv::AWS_DYNAMODB_ITEM_COLLECTION_METRICS, size(metrics).to_string());
    }
}

/// The collections that a batch changed, table by table.
pub(super) fn collections(into: &mut Attributes, tables: Option<&HashMap<String, Vec<ItemCollectionMetrics>>>) {
    let Some(tables) = tables.filter(|tables| !tables.is_empty()) else { return };
    let sorted: BTreeMap<_, _> = tables.iter().collect();
    let tables = sorted.into_iter().map(|(name, all)| (name.clone(), all.iter().map(size).collect::<Vec<_>>().into()));
    into.set(semconv::AWS_DYNAMODB_ITEM_COLLECTION_METRICS, Value::from(tables.collect::<Map<_, _>>()).to_string());
}

/// A collection's size without its key, which is data of the caller's.
fn size(metrics: &ItemCollectionMetrics) -> Value {
    members([("SizeEstimateRangeGB", Some(Value::from(metrics.size_estimate_range_gb())))])
}

/// An object of the members that there are.
pub(super) fn members<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}
