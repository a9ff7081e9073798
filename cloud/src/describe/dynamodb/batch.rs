//! Batches and transactions: their tables, their size, and what they do if they do one thing.

use super::super::{as_type, count, texts};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemInput;
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use opentelemetry_semantic_conventions::attribute as semconv;
use spawn_telemetry::Attributes;

pub(super) fn input(operation: &str, input: &Input, into: &mut Attributes) {
    match operation {
        "BatchGetItem" => {
            as_type!(input: BatchGetItemInput);
            let Some(tables) = input.request_items() else { return };
            table_names(into, tables.keys());
            batch(into, tables.values().map(|asked| asked.keys().len()).sum(), Some("GetItem"));
        }
        "BatchWriteItem" => {
            as_type!(input: BatchWriteItemInput);
            let Some(tables) = input.request_items() else { return };
            table_names(into, tables.keys());
            let all = || tables.values().flatten();
            let (puts, deletes) = (
                all().filter(|write| write.put_request().is_some()).count(),
                all().filter(|write| write.delete_request().is_some()).count(),
            );
            let size = all().count();
            let only = if puts == size { Some("PutItem") } else { (deletes == size).then_some("DeleteItem") };
            batch(into, size, only);
        }
        // A transaction is more than a batch and keeps its own name.
        "TransactWriteItems" => {
            as_type!(input: TransactWriteItemsInput);
            table_names(into, input.transact_items().iter().filter_map(table_of));
            batch_size(into, input.transact_items().len());
        }
        "TransactGetItems" => {
            as_type!(input: TransactGetItemsInput);
            let tables = input.transact_items().iter().filter_map(|item| item.get().map(|get| &get.table_name));
            table_names(into, tables);
            batch_size(into, input.transact_items().len());
        }
        _ => {}
    }
}

/// The table that one write of a transaction is about.
fn table_of(write: &TransactWriteItem) -> Option<&String> {
    let TransactWriteItem { put, update, delete, condition_check, .. } = write;
    put.as_ref()
        .map(|put| &put.table_name)
        .or_else(|| update.as_ref().map(|update| &update.table_name))
        .or_else(|| delete.as_ref().map(|delete| &delete.table_name))
        .or_else(|| condition_check.as_ref().map(|check| &check.table_name))
}

fn table_names<'a>(into: &mut Attributes, names: impl Iterator<Item = &'a String>) {
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    // A batch in one table is about that table.
    if let [name] = names.as_slice() {
        into.set(semconv::DB_COLLECTION_NAME, (*name).to_owned());
    }
    into.set(semconv::AWS_DYNAMODB_TABLE_NAMES, texts(names));
}

/// The database conventions call a batch by what it does, if it does one thing, and what is alone no batch.
fn batch(into: &mut Attributes, size: usize, only: Option<&'static str>) {
    let name = match (size, only) {
        (0, _) => return,
        (1, Some(only)) => only.to_owned(),
        (_, Some(only)) => format!("BATCH {only}"),
        (_, None) => "BATCH".to_owned(),
    };
    into.set(semconv::DB_OPERATION_NAME, name);
    batch_size(into, size);
}

/// The conventions want the size of real batches only.
fn batch_size(into: &mut Attributes, size: usize) {
    if size > 1 {
        into.set(semconv::DB_OPERATION_BATCH_SIZE, count(size));
    }
}
