//! DescribeInstances, page after page.

use super::Instance;
use crate::error::{Error, Result};
use aws_sdk_ec2::Client;
use spawn_config::tags;

/// Which instances to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Those that spawn launched.
    Managed,
    /// These, whoever launched them.
    Ids(Vec<String>),
}

/// Lists the instances of the client's region that the filter names.
pub async fn list(client: &Client, filter: &Filter) -> Result<Vec<Instance>> {
    let call = match filter {
        Filter::Managed => {
            let managed = format!("tag:{}", tags::MANAGED);
            client
                .describe_instances()
                .filters(aws_sdk_ec2::types::Filter::builder().name(managed).values("true").build())
        }
        Filter::Ids(ids) => client.describe_instances().set_instance_ids(Some(ids.clone())),
    };
    let mut pages = call.into_paginator().send();
    let mut instances = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::of("EC2 DescribeInstances", error))?;
        let reservations = page.reservations.unwrap_or_default().into_iter();
        let found = reservations.flat_map(|reservation| reservation.instances.unwrap_or_default());
        instances.extend(found.map(Instance::from_sdk));
    }
    Ok(instances)
}
