//! Amazon DynamoDB: what the conventions want of each operation, beside the names that the telemetry crate captures.

mod batch;
mod capacity;
mod index;
#[cfg(test)]
mod tests;

use super::{as_type, count, set, texts};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
use aws_sdk_dynamodb::operation::create_table::CreateTableInput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::list_tables::{ListTablesInput, ListTablesOutput};
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::scan::{ScanInput, ScanOutput};
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::operation::update_table::UpdateTableInput;
use aws_sdk_dynamodb::types::Select;
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use opentelemetry_semantic_conventions::attribute as semconv;
use spawn_telemetry::Attributes;

pub(super) fn input(operation: &str, input: &Input, into: &mut Attributes) {
    match operation {
        "GetItem" => {
            as_type!(input: GetItemInput);
            set(into, semconv::AWS_DYNAMODB_CONSISTENT_READ, input.consistent_read());
            attributes_to_get(into, input.attributes_to_get());
        }
        "Query" => {
            as_type!(input: QueryInput);
            set(into, semconv::AWS_DYNAMODB_CONSISTENT_READ, input.consistent_read());
            set(into, semconv::AWS_DYNAMODB_LIMIT, input.limit().map(i64::from));
            set(into, semconv::AWS_DYNAMODB_SCAN_FORWARD, input.scan_index_forward());
            select(into, input.select());
            attributes_to_get(into, input.attributes_to_get());
        }
        "Scan" => {
            as_type!(input: ScanInput);
            set(into, semconv::AWS_DYNAMODB_CONSISTENT_READ, input.consistent_read());
            set(into, semconv::AWS_DYNAMODB_LIMIT, input.limit().map(i64::from));
            set(into, semconv::AWS_DYNAMODB_SEGMENT, input.segment().map(i64::from));
            set(into, semconv::AWS_DYNAMODB_TOTAL_SEGMENTS, input.total_segments().map(i64::from));
            select(into, input.select());
            attributes_to_get(into, input.attributes_to_get());
        }
        "ListTables" => {
            as_type!(input: ListTablesInput);
            set(into, semconv::AWS_DYNAMODB_LIMIT, input.limit().map(i64::from));
        }
        "CreateTable" => {
            as_type!(input: CreateTableInput);
            index::global(into, input.global_secondary_indexes());
            index::local(into, input.local_secondary_indexes());
            capacity::provisioned(into, input.provisioned_throughput());
        }
        "UpdateTable" => {
            as_type!(input: UpdateTableInput);
            index::definitions(into, input.attribute_definitions());
            index::updates(into, input.global_secondary_index_updates());
            capacity::provisioned(into, input.provisioned_throughput());
        }
        "BatchGetItem" | "BatchWriteItem" | "TransactGetItems" | "TransactWriteItems" => {
            batch::input(operation, input, into);
        }
        _ => {}
    }
}

pub(super) fn output(operation: &str, output: &Output, into: &mut Attributes) {
    match operation {
        "GetItem" => {
            as_type!(output: GetItemOutput);
            capacity::consumed(into, output.consumed_capacity());
        }
        "PutItem" => {
            as_type!(output: PutItemOutput);
            capacity::consumed(into, output.consumed_capacity());
            capacity::collection(into, output.item_collection_metrics());
        }
        "UpdateItem" => {
            as_type!(output: UpdateItemOutput);
            capacity::consumed(into, output.consumed_capacity());
            capacity::collection(into, output.item_collection_metrics());
        }
        "DeleteItem" => {
            as_type!(output: DeleteItemOutput);
            capacity::consumed(into, output.consumed_capacity());
            capacity::collection(into, output.item_collection_metrics());
        }
        "Query" => {
            as_type!(output: QueryOutput);
            counts(into, output.count(), output.scanned_count());
            capacity::consumed(into, output.consumed_capacity());
        }
        "Scan" => {
            as_type!(output: ScanOutput);
            counts(into, output.count(), output.scanned_count());
            capacity::consumed(into, output.consumed_capacity());
        }
        "ListTables" => {
            as_type!(output: ListTablesOutput);
            into.set(semconv::AWS_DYNAMODB_TABLE_COUNT, count(output.table_names().len()));
        }
        "BatchGetItem" => {
            as_type!(output: BatchGetItemOutput);
            capacity::consumed(into, output.consumed_capacity());
        }
        "BatchWriteItem" => {
            as_type!(output: BatchWriteItemOutput);
            capacity::consumed(into, output.consumed_capacity());
            capacity::collections(into, output.item_collection_metrics());
        }
        "TransactGetItems" => {
            as_type!(output: TransactGetItemsOutput);
            capacity::consumed(into, output.consumed_capacity());
        }
        "TransactWriteItems" => {
            as_type!(output: TransactWriteItemsOutput);
            capacity::consumed(into, output.consumed_capacity());
            capacity::collections(into, output.item_collection_metrics());
        }
        _ => {}
    }
}

fn attributes_to_get(into: &mut Attributes, names: &[String]) {
    if !names.is_empty() {
        into.set(semconv::AWS_DYNAMODB_ATTRIBUTES_TO_GET, texts(names.iter().map(String::as_str)));
    }
}

fn select(into: &mut Attributes, select: Option<&Select>) {
    set(into, semconv::AWS_DYNAMODB_SELECT, select.map(|select| select.as_str().to_owned()));
}

fn counts(into: &mut Attributes, found: i32, scanned: i32) {
    into.set(semconv::AWS_DYNAMODB_COUNT, i64::from(found));
    into.set(semconv::AWS_DYNAMODB_SCANNED_COUNT, i64::from(scanned));
}
