//! What the calls of DynamoDB tell, and that they tell no data.

use super::*;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::types::{
    AttributeValue, Capacity, ConsumedCapacity, DeleteRequest, ItemCollectionMetrics, Put, PutRequest,
    TransactWriteItem, Update, WriteRequest,
};

fn secret() -> AttributeValue {
    AttributeValue::S("secret".to_owned())
}

#[test]
fn a_transaction_tells_its_tables_once_each_and_how_many_writes_it_is() {
    let put = Put::builder().table_name("jobs").item("PK", secret()).build();
    let update = |table: &str| {
        let update = Update::builder().table_name(table).key("PK", secret());
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

#[test]
fn a_batch_is_called_by_what_it_does_if_it_does_one_thing() {
    let put =
        || WriteRequest::builder().put_request(PutRequest::builder().item("PK", secret()).build().unwrap()).build();
    let delete = || {
        WriteRequest::builder().delete_request(DeleteRequest::builder().key("PK", secret()).build().unwrap()).build()
    };
    for (writes, name, size) in [
        (vec![put()], "PutItem", None),
        (vec![delete()], "DeleteItem", None),
        (vec![put(), put()], "BATCH PutItem", Some(2)),
        (vec![delete(), delete(), delete()], "BATCH DeleteItem", Some(3)),
        (vec![put(), delete()], "BATCH", Some(2)),
    ] {
        let batch = BatchWriteItemInput::builder().request_items("jobs", writes).build().unwrap();
        let mut told = Attributes::default();
        input("BatchWriteItem", &Input::erase(batch), &mut told);
        let mut expected = Attributes::default();
        expected.set(semconv::DB_COLLECTION_NAME, "jobs");
        expected.set(semconv::AWS_DYNAMODB_TABLE_NAMES, texts(["jobs"]));
        expected.set(semconv::DB_OPERATION_NAME, name);
        set(&mut expected, semconv::DB_OPERATION_BATCH_SIZE, size.map(i64::from));
        assert_eq!(told, expected, "{name}");
    }
}

#[test]
fn capacity_and_collections_are_told_as_json_without_the_items_keys() {
    let used = ConsumedCapacity::builder()
        .table_name("jobs")
        .capacity_units(1.5)
        .table(Capacity::builder().capacity_units(1.0).build())
        .global_secondary_indexes("by-state", Capacity::builder().capacity_units(0.5).build())
        .build();
    let metrics = ItemCollectionMetrics::builder()
        .item_collection_key("PK", secret())
        .size_estimate_range_gb(0.0)
        .size_estimate_range_gb(1.0)
        .build();
    let put = PutItemOutput::builder().consumed_capacity(used).item_collection_metrics(metrics).build();
    let mut told = Attributes::default();
    output("PutItem", &Output::erase(put), &mut told);
    let mut expected = Attributes::default();
    let used = r#"{"TableName":"jobs","CapacityUnits":1.5,"Table":{"CapacityUnits":1.0},"GlobalSecondaryIndexes":{"by-state":{"CapacityUnits":0.5}}}"#;
    expected.set(semconv::AWS_DYNAMODB_CONSUMED_CAPACITY, texts([used]));
    expected.set(semconv::AWS_DYNAMODB_ITEM_COLLECTION_METRICS, r#"{"SizeEstimateRangeGB":[0.0,1.0]}"#);
    assert_eq!(told, expected);
}
