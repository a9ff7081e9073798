//! The instances of one launch, found by the tag that each order writes.

use super::Instance;
use crate::error::{Error, Result};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Filter;
use spawn_config::tags;

/// The instances whose launch tag is one of `orders`, those that have ended since among them.
pub async fn of_launch(client: &Client, orders: &[String]) -> Result<Vec<Instance>> {
    let tagged = Filter::builder().name(format!("tag:{}", tags::LAUNCH_ID)).set_values(Some(orders.to_vec())).build();
    let mut pages = client.describe_instances().filters(tagged).into_paginator().send();
    let mut instances = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::of("EC2 DescribeInstances", error))?;
        let reservations = page.reservations.unwrap_or_default().into_iter();
        let found = reservations.flat_map(|reservation| reservation.instances.unwrap_or_default());
        instances.extend(found.map(Instance::from_sdk));
    }
    Ok(instances)
}
