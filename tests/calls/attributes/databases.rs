//! DynamoDB, on ministack.

use super::{SECRET, Stage, client};
use crate::world::aws;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, CreateGlobalSecondaryIndexAction, Get, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, KeysAndAttributes, LocalSecondaryIndex, Projection,
    ProjectionType, ProvisionedThroughput, Put, PutRequest, ReturnConsumedCapacity, ReturnItemCollectionMetrics,
    ScalarAttributeType, Select, TransactGetItem, TransactWriteItem, WriteRequest,
};

const TABLE: &str = "attributes";

fn of<'a>(operation: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("db.system.name", "aws.dynamodb"), ("db.operation.name", operation)], more].concat()
}

const NAMES: [(&str, &str); 2] = [("aws.dynamodb.table_names", TABLE), ("db.collection.name", TABLE)];

fn in_table<'a>(operation: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    of(operation, &[&NAMES, more].concat())
}

fn secret() -> AttributeValue {
    AttributeValue::S(SECRET.to_owned())
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
}

fn definition(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
}

fn throughput() -> ProvisionedThroughput {
    ProvisionedThroughput::builder().read_capacity_units(5).write_capacity_units(2).build().unwrap()
}

async fn table(stage: &Stage, dynamodb: &aws_sdk_dynamodb::Client) {
    let keys = || Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    let global = GlobalSecondaryIndex::builder().index_name("by-state").key_schema(key("state", KeyType::Hash));
    let local = LocalSecondaryIndex::builder()
        .index_name("by-age")
        .key_schema(key("PK", KeyType::Hash))
        .key_schema(key("age", KeyType::Range));
    dynamodb
        .create_table()
        .table_name(TABLE)
        .key_schema(key("PK", KeyType::Hash))
        .key_schema(key("SK", KeyType::Range))
        .set_attribute_definitions(Some(["PK", "SK", "age", "state"].map(definition).to_vec()))
        .global_secondary_indexes(global.projection(keys()).provisioned_throughput(throughput()).build().unwrap())
        .local_secondary_indexes(local.projection(keys()).build().unwrap())
        .billing_mode(BillingMode::Provisioned)
        .provisioned_throughput(throughput())
        .send()
        .await
        .unwrap();
    stage.tells(
        "DynamoDB.CreateTable",
        &in_table(
            "CreateTable",
            &[
                ("aws.dynamodb.provisioned_read_capacity", "5"),
                ("aws.dynamodb.provisioned_write_capacity", "2"),
                (
                    "aws.dynamodb.global_secondary_indexes",
                    r#"{"IndexName":"by-state","KeySchema":[{"AttributeName":"state","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"},"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":2}}"#,
                ),
                (
                    "aws.dynamodb.local_secondary_indexes",
                    r#"{"IndexName":"by-age","KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"age","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}"#,
                ),
            ],
        ),
    );
    let create =
        CreateGlobalSecondaryIndexAction::builder().index_name("by-host").key_schema(key("host", KeyType::Hash));
    let create = create.projection(keys()).provisioned_throughput(throughput()).build().unwrap();
    let update = dynamodb.update_table().table_name(TABLE).attribute_definitions(definition("host"));
    update
        .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build())
        .send()
        .await
        .ok();
    stage.tells(
        "DynamoDB.UpdateTable",
        &in_table(
            "UpdateTable",
            &[
                ("aws.dynamodb.attribute_definitions", r#"{"AttributeName":"host","AttributeType":"S"}"#),
                (
                    "aws.dynamodb.global_secondary_index_updates",
                    r#"{"Create":{"IndexName":"by-host","KeySchema":[{"AttributeName":"host","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"},"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":2}}}"#,
                ),
            ],
        ),
    );
    dynamodb.describe_table().table_name(TABLE).send().await.unwrap();
    stage.tells("DynamoDB.DescribeTable", &in_table("DescribeTable", &[]));
    dynamodb.list_tables().exclusive_start_table_name("attribute").limit(1).send().await.unwrap();
    let listed = [
        ("aws.dynamodb.exclusive_start_table", "attribute"),
        ("aws.dynamodb.limit", "1"),
        ("aws.dynamodb.table_count", "1"),
    ];
    stage.tells("DynamoDB.ListTables", &of("ListTables", &listed));
}

async fn items(stage: &Stage, dynamodb: &aws_sdk_dynamodb::Client) {
    let used = [("aws.dynamodb.consumed_capacity", "*")];
    let total = ReturnConsumedCapacity::Total;
    let put = dynamodb.put_item().table_name(TABLE).item("PK", secret()).item("SK", secret());
    let put = put.return_item_collection_metrics(ReturnItemCollectionMetrics::Size);
    put.return_consumed_capacity(total.clone()).send().await.unwrap();
    let size = ("aws.dynamodb.item_collection_metrics", r#"{"SizeEstimateRangeGB":[0.0,1.0]}"#);
    stage.tells("DynamoDB.PutItem", &in_table("PutItem", &[used[0], size]));
    let get = dynamodb.get_item().table_name(TABLE).key("PK", secret()).key("SK", secret()).consistent_read(true);
    get.projection_expression("SK, age").return_consumed_capacity(total.clone()).send().await.unwrap();
    let got = [("aws.dynamodb.consistent_read", "true"), ("aws.dynamodb.projection", "SK, age"), used[0]];
    stage.tells("DynamoDB.GetItem", &in_table("GetItem", &got));
    let get = dynamodb.get_item().table_name(TABLE).key("PK", secret()).key("SK", secret());
    get.attributes_to_get("SK").attributes_to_get("age").send().await.unwrap();
    stage.tells("DynamoDB.GetItem", &in_table("GetItem", &[("aws.dynamodb.attributes_to_get", "SK + age")]));
    let update = dynamodb.update_item().table_name(TABLE).key("PK", secret()).key("SK", secret());
    let update = update.update_expression("SET seen = :seen").expression_attribute_values(":seen", secret());
    update.condition_expression("PK = :seen").return_consumed_capacity(total.clone()).send().await.unwrap();
    stage.tells("DynamoDB.UpdateItem", &in_table("UpdateItem", &used));
    let query = dynamodb.query().table_name(TABLE).key_condition_expression("PK = :pk");
    let query = query.expression_attribute_values(":pk", secret()).limit(7).scan_index_forward(false);
    let query = query.filter_expression("seen = :pk").projection_expression("SK").select(Select::SpecificAttributes);
    query.consistent_read(true).return_consumed_capacity(total.clone()).send().await.unwrap();
    let found = [("aws.dynamodb.count", "1"), ("aws.dynamodb.scanned_count", "1"), used[0]];
    let asked = [
        ("aws.dynamodb.consistent_read", "true"),
        ("aws.dynamodb.limit", "7"),
        ("aws.dynamodb.scan_forward", "false"),
        ("aws.dynamodb.projection", "SK"),
        ("aws.dynamodb.select", "SPECIFIC_ATTRIBUTES"),
    ];
    stage.tells("DynamoDB.Query", &in_table("Query", &[&asked[..], &found].concat()));
    let scan = dynamodb.scan().table_name(TABLE).index_name("by-state").segment(0).total_segments(2).limit(5);
    scan.select(Select::Count).return_consumed_capacity(total.clone()).send().await.unwrap();
    let scanned = [
        ("aws.dynamodb.index_name", "by-state"),
        ("aws.dynamodb.segment", "0"),
        ("aws.dynamodb.total_segments", "2"),
        ("aws.dynamodb.limit", "5"),
        ("aws.dynamodb.select", "COUNT"),
        ("aws.dynamodb.count", "0"),
        ("aws.dynamodb.scanned_count", "0"),
        used[0],
    ];
    stage.tells("DynamoDB.Scan", &in_table("Scan", &scanned));
    let delete = dynamodb.delete_item().table_name(TABLE).key("PK", secret()).key("SK", secret());
    delete.return_consumed_capacity(total).send().await.unwrap();
    stage.tells("DynamoDB.DeleteItem", &in_table("DeleteItem", &used));
    dynamodb.execute_statement().statement(format!("SELECT * FROM \"{TABLE}\" WHERE PK='{SECRET}'")).send().await.ok();
    stage.tells("DynamoDB.ExecuteStatement", &of("ExecuteStatement", &[]));
}

async fn batches(stage: &Stage, dynamodb: &aws_sdk_dynamodb::Client) {
    let write = |sort: &str| {
        let put = PutRequest::builder().item("PK", secret()).item("SK", AttributeValue::S(sort.to_owned()));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    };
    let batch = dynamodb.batch_write_item().request_items(TABLE, vec![write("a"), write("b")]);
    batch.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
    let (two, used) = (("db.operation.batch.size", "2"), ("aws.dynamodb.consumed_capacity", "*"));
    stage.tells("DynamoDB.BatchWriteItem", &in_table("BATCH PutItem", &[two, used]));
    dynamodb.batch_write_item().request_items(TABLE, vec![write("a")]).send().await.unwrap();
    stage.tells("DynamoDB.BatchWriteItem", &in_table("PutItem", &[]));
    let key = |sort: &str| {
        [("PK".to_owned(), secret()), ("SK".to_owned(), AttributeValue::S(sort.to_owned()))].into_iter().collect()
    };
    let keys = KeysAndAttributes::builder().keys(key("a")).keys(key("b")).build().unwrap();
    dynamodb.batch_get_item().request_items(TABLE, keys).send().await.unwrap();
    stage.tells("DynamoDB.BatchGetItem", &in_table("BATCH GetItem", &[two]));
    let put = Put::builder().table_name(TABLE).item("PK", secret()).item("SK", secret()).build().unwrap();
    let put = TransactWriteItem::builder().put(put).build();
    dynamodb.transact_write_items().transact_items(put).send().await.unwrap();
    stage.tells("DynamoDB.TransactWriteItems", &in_table("TransactWriteItems", &[]));
    let get = Get::builder().table_name(TABLE).set_key(Some(key("a"))).build().unwrap();
    let get = TransactGetItem::builder().get(get).build();
    dynamodb.transact_get_items().transact_items(get.clone()).transact_items(get).send().await.ok();
    stage.tells("DynamoDB.TransactGetItems", &in_table("TransactGetItems", &[two]));
    dynamodb.delete_table().table_name(TABLE).send().await.unwrap();
    stage.tells("DynamoDB.DeleteTable", &in_table("DeleteTable", &[]));
}

#[tokio::test]
async fn tables_items_and_batches() {
    let stage = Stage::on(aws().await.ministack_url());
    let dynamodb = client!(stage, aws_sdk_dynamodb);
    table(&stage, &dynamodb).await;
    items(&stage, &dynamodb).await;
    batches(&stage, &dynamodb).await;
}
