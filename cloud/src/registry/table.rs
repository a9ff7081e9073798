//! Makes the table where it is absent.

use crate::error::{Error, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, SseSpecification, TableStatus,
    TimeToLiveSpecification,
};
use spawn_telemetry::ExpectErrors;
use std::time::Duration;

/// A new table takes some seconds; AWS's own waiters ask every 20 s, which a person would notice.
const POLL: Duration = Duration::from_millis(500);
/// After this long the launch goes on without the table and says so.
const POLLS: u32 = 60;

/// What [`super::Registry::ensure`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableState {
    /// It was there.
    Present,
    /// It was made now.
    Created,
}

pub(super) async fn ensure(client: &Client, table: &str) -> Result<TableState> {
    if status(client, table).await?.is_some() {
        return Ok(TableState::Present);
    }
    if !create(client, table).await? {
        // Another launch made it between the question and the order.
        return Ok(TableState::Present);
    }
    until_active(client, table).await?;
    expire_old_items(client, table).await?;
    Ok(TableState::Created)
}

pub(super) async fn exists(client: &Client, table: &str) -> Result<bool> {
    Ok(status(client, table).await?.is_some())
}

async fn status(client: &Client, table: &str) -> Result<Option<TableStatus>> {
    let call = client.describe_table().table_name(table).customize();
    match call.interceptor(ExpectErrors(&["ResourceNotFoundException"])).send().await {
        Ok(answer) => Ok(answer.table.and_then(|table| table.table_status)),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => Ok(None),
        Err(error) => Err(Error::of("DynamoDB DescribeTable", error)),
    }
}

/// Orders the table; `false` when it exists already.
async fn create(client: &Client, table: &str) -> Result<bool> {
    const CALL: &str = "DynamoDB CreateTable";
    let incomplete = |error: BuildError| Error::Unexpected { call: CALL, reason: error.to_string() };
    let mut order = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .sse_specification(SseSpecification::builder().enabled(true).build());
    for (name, role) in [("PK", KeyType::Hash), ("SK", KeyType::Range)] {
        let definition =
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
        let key = KeySchemaElement::builder().attribute_name(name).key_type(role).build();
        order = order.attribute_definitions(definition.map_err(incomplete)?).key_schema(key.map_err(incomplete)?);
    }
    match order.customize().interceptor(ExpectErrors(&["ResourceInUseException"])).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => Ok(false),
        Err(error) => Err(Error::of(CALL, error)),
    }
}

async fn until_active(client: &Client, table: &str) -> Result<()> {
    for _ in 0..POLLS {
        if status(client, table).await? == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
    Err(Error::Unexpected { call: "DynamoDB DescribeTable", reason: format!("table {table} is not active after 30 s") })
}

async fn expire_old_items(client: &Client, table: &str) -> Result<()> {
    const CALL: &str = "DynamoDB UpdateTimeToLive";
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires_at").build();
    let expiry = expiry.map_err(|error| Error::Unexpected { call: CALL, reason: error.to_string() })?;
    client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(expiry)
        .send()
        .await
        .map_err(|error| Error::of(CALL, error))?;
    Ok(())
}
