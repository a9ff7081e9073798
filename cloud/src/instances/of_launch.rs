//! The instances of one launch, found by the tag that each order writes.

use super::Instance;
use super::list::every;
use crate::error::Result;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Filter;
use spawn_config::tags;

/// The instances whose launch tag is one of `orders`, those that have ended since among them.
pub async fn of_launch(client: &Client, orders: &[String]) -> Result<Vec<Instance>> {
    let tagged = Filter::builder().name(format!("tag:{}", tags::LAUNCH_ID)).set_values(Some(orders.to_vec())).build();
    every(client.describe_instances().filters(tagged).into_paginator()).await
}
