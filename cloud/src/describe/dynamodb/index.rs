//! Indexes and the attributes they are over, as tables are made with them: JSON texts, one for each.

use super::super::texts;
use super::capacity::members;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, GlobalSecondaryIndex, GlobalSecondaryIndexUpdate, KeySchemaElement, LocalSecondaryIndex,
    Projection, ProvisionedThroughput,
};
use opentelemetry_semantic_conventions::attribute as semconv;
use serde_json::{Value, json};
use spawn_telemetry::Attributes;

pub(super) fn global(into: &mut Attributes, indexes: &[GlobalSecondaryIndex]) {
    let index = |index: &GlobalSecondaryIndex| {
        members([
            ("IndexName", Some(index.index_name().into())),
            ("KeySchema", Some(keys(index.key_schema()))),
            ("Projection", index.projection().map(projection)),
            ("ProvisionedThroughput", index.provisioned_throughput().map(throughput)),
        ])
    };
    each(into, semconv::AWS_DYNAMODB_GLOBAL_SECONDARY_INDEXES, indexes.iter().map(index));
}

pub(super) fn local(into: &mut Attributes, indexes: &[LocalSecondaryIndex]) {
    let index = |index: &LocalSecondaryIndex| {
        members([
            ("IndexName", Some(index.index_name().into())),
            ("KeySchema", Some(keys(index.key_schema()))),
            ("Projection", index.projection().map(projection)),
        ])
    };
    each(into, semconv::AWS_DYNAMODB_LOCAL_SECONDARY_INDEXES, indexes.iter().map(index));
}

pub(super) fn updates(into: &mut Attributes, updates: &[GlobalSecondaryIndexUpdate]) {
    let update = |update: &GlobalSecondaryIndexUpdate| {
        let create = update.create().map(|create| {
            members([
                ("IndexName", Some(create.index_name().into())),
                ("KeySchema", Some(keys(create.key_schema()))),
                ("Projection", create.projection().map(projection)),
                ("ProvisionedThroughput", create.provisioned_throughput().map(throughput)),
            ])
        });
        let change = update.update().map(|change| {
            members([
                ("IndexName", Some(change.index_name().into())),
                ("ProvisionedThroughput", change.provisioned_throughput().map(throughput)),
            ])
        });
        let delete = update.delete().map(|delete| json!({ "IndexName": delete.index_name() }));
        members([("Create", create), ("Update", change), ("Delete", delete)])
    };
    each(into, semconv::AWS_DYNAMODB_GLOBAL_SECONDARY_INDEX_UPDATES, updates.iter().map(update));
}

pub(super) fn definitions(into: &mut Attributes, definitions: &[AttributeDefinition]) {
    let definition = |definition: &AttributeDefinition| {
        json!({
            "AttributeName": definition.attribute_name(),
            "AttributeType": definition.attribute_type().as_str(),
        })
    };
    each(into, semconv::AWS_DYNAMODB_ATTRIBUTE_DEFINITIONS, definitions.iter().map(definition));
}

fn each(into: &mut Attributes, key: &'static str, values: impl Iterator<Item = Value>) {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    if !values.is_empty() {
        into.set(key, texts(values.iter().map(String::as_str)));
    }
}

fn keys(keys: &[KeySchemaElement]) -> Value {
    let key =
        |key: &KeySchemaElement| json!({ "AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str() });
    keys.iter().map(key).collect()
}

fn projection(projection: &Projection) -> Value {
    let names = Some(projection.non_key_attributes()).filter(|names| !names.is_empty());
    members([
        ("NonKeyAttributes", names.map(Value::from)),
        ("ProjectionType", projection.projection_type().map(|kind| kind.as_str().into())),
    ])
}

fn throughput(throughput: &ProvisionedThroughput) -> Value {
    json!({
        "ReadCapacityUnits": throughput.read_capacity_units(),
        "WriteCapacityUnits": throughput.write_capacity_units(),
    })
}
