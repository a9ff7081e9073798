//! Amazon DynamoDB: the attributes of the database conventions.

use super::{count, set, texts};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemInput;
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::scan::{ScanInput, ScanOutput};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::types::{ConsumedCapacity, TransactWriteItem};
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use opentelemetry_semantic_conventions::attribute as semconv;
use spawn_telemetry::Attributes;

pub(super) fn input(operation: &str, input: &Input, into: &mut Attributes) {
    match operation {
        "GetItem" => {
            let Some(input) = input.downcast_ref::<GetItemInput>() else { return };
            set(into, semconv::AWS_DYNAMODB_CONSISTENT_READ, input.consistent_read());
            set(into, semconv::AWS_DYNAMODB_PROJECTION, input.projection_expression().map(str::to_owned));
        }
        "Query" => {
            let Some(input) = input.downcast_ref::<QueryInput>() else { return };
            set(into, semconv::AWS_DYNAMODB_CONSISTENT_READ, input.consistent_read());
            set(into, semconv::AWS_DYNAMODB_PROJECTION, input.projection_expression().map(str::to_owned));
            set(into, semconv::AWS_DYNAMODB_LIMIT, input.limit().map(i64::from));
            set(into, semconv::AWS_DYNAMODB_SCAN_FORWARD, input.scan_index_forward());
            set(into, semconv::AWS_DYNAMODB_SELECT, input.select().map(|select| select.as_str().to_owned()));
            attributes_to_get(into, input.attributes_to_get());
        }
        "Scan" => {
            let Some(input) = input.downcast_ref::<ScanInput>() else { return };
            set(into, semconv::AWS_DYNAMODB_CONSISTENT_READ, input.consistent_read());
            set(into, semconv::AWS_DYNAMODB_LIMIT, input.limit().map(i64::from));
            set(into, semconv::AWS_DYNAMODB_SEGMENT, input.segment().map(i64::from));
            set(into, semconv::AWS_DYNAMODB_TOTAL_SEGMENTS, input.total_segments().map(i64::from));
            set(into, semconv::AWS_DYNAMODB_SELECT, input.select().map(|select| select.as_str().to_owned()));
            attributes_to_get(into, input.attributes_to_get());
        }
        "BatchGetItem" => {
            let Some(tables) = input.downcast_ref::<BatchGetItemInput>().and_then(|input| input.request_items()) else {
                return;
            };
            table_names(into, tables.keys());
            batch_size(into, tables.values().map(|asked| asked.keys().len()).sum());
        }
        "BatchWriteItem" => {
            let Some(tables) = input.downcast_ref::<BatchWriteItemInput>().and_then(|input| input.request_items())
            else {
                return;
            };
            table_names(into, tables.keys());
            batch_size(into, tables.values().map(Vec::len).sum());
        }
        "TransactWriteItems" => {
            let Some(input) = input.downcast_ref::<TransactWriteItemsInput>() else { return };
            let mut tables: Vec<&String> = input.transact_items().iter().filter_map(table_of).collect();
            tables.sort_unstable();
            tables.dedup();
            table_names(into, tables.into_iter());
            batch_size(into, input.transact_items().len());
        }
        _ => {}
    }
}

pub(super) fn output(operation: &str, output: &Output, into: &mut Attributes) {
    match operation {
        "GetItem" => {
            let Some(output) = output.downcast_ref::<GetItemOutput>() else { return };
            capacity(into, output.consumed_capacity());
        }
        "PutItem" => {
            let Some(output) = output.downcast_ref::<PutItemOutput>() else { return };
            capacity(into, output.consumed_capacity());
        }
        "UpdateItem" => {
            let Some(output) = output.downcast_ref::<UpdateItemOutput>() else { return };
            capacity(into, output.consumed_capacity());
        }
        "Query" => {
            let Some(output) = output.downcast_ref::<QueryOutput>() else { return };
            into.set(semconv::AWS_DYNAMODB_COUNT, i64::from(output.count()));
            into.set(semconv::AWS_DYNAMODB_SCANNED_COUNT, i64::from(output.scanned_count()));
            capacity(into, output.consumed_capacity());
        }
        "Scan" => {
            let Some(output) = output.downcast_ref::<ScanOutput>() else { return };
            into.set(semconv::AWS_DYNAMODB_COUNT, i64::from(output.count()));
            into.set(semconv::AWS_DYNAMODB_SCANNED_COUNT, i64::from(output.scanned_count()));
            capacity(into, output.consumed_capacity());
        }
        _ => {}
    }
}

fn attributes_to_get(into: &mut Attributes, names: &[String]) {
    if !names.is_empty() {
        into.set(semconv::AWS_DYNAMODB_ATTRIBUTES_TO_GET, texts(names.iter().map(String::as_str)));
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
    into.set(semconv::AWS_DYNAMODB_TABLE_NAMES, texts(names));
}

/// The conventions want the size of real batches only.
fn batch_size(into: &mut Attributes, size: usize) {
    if size > 1 {
        into.set(semconv::DB_OPERATION_BATCH_SIZE, count(size));
    }
}

/// One JSON text a table, as the conventions give the attribute; there only when the caller asked for it.
fn capacity(into: &mut Attributes, consumed: Option<&ConsumedCapacity>) {
    let Some(consumed) = consumed else { return };
    let text = serde_json::json!({ "TableName": consumed.table_name(), "CapacityUnits": consumed.capacity_units() });
    into.set(semconv::AWS_DYNAMODB_CONSUMED_CAPACITY, texts([text.to_string().as_str()]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::{AttributeValue, Put, Update};

    #[test]
    fn a_transaction_tells_its_tables_once_each_and_how_many_writes_it_is() {
        let put = Put::builder().table_name("jobs").item("PK", AttributeValue::S("secret".to_owned())).build();
        let update = |table: &str| {
            let update = Update::builder().table_name(table).key("PK", AttributeValue::S("b".to_owned()));
            TransactWriteItem::builder().update(update.update_expression("ADD a :a").build().unwrap()).build()
        };
        let transaction = TransactWriteItemsInput::builder()
            .transact_items(TransactWriteItem::builder().put(put.unwrap()).build())
            .transact_items(update("jobs"))
            .transact_items(update("counts"))
            .build()
            .unwrap();
        let mut told = Attributes::default();
        input("TransactWriteItems", &Input::erase(transaction), &mut told);
        let mut expected = Attributes::default();
        expected.set(semconv::AWS_DYNAMODB_TABLE_NAMES, texts(["counts", "jobs"]));
        expected.set(semconv::DB_OPERATION_BATCH_SIZE, 3_i64);
        assert_eq!(told, expected);
    }
}
