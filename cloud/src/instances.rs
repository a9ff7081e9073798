//! Launching, listing, waiting for and terminating EC2 instances.

mod image;
mod launch;
mod list;

pub use image::default_image;
pub use launch::{LaunchRequest, Launched, launch};
pub use list::{Filter, list};

use crate::error::{Error, Result};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::InstanceStateName;
use serde::Serialize;
use std::collections::BTreeMap;

/// An instance, in spawn's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Instance {
    /// `i-…`.
    pub instance_id: String,
    /// EC2's state name: `pending`, `running`, `shutting-down`, `terminated`, `stopping`, `stopped`.
    pub state: String,
    /// For example `t3.micro`.
    pub instance_type: String,
    /// AMI.
    pub image_id: Option<String>,
    /// Availability zone.
    pub availability_zone: Option<String>,
    /// Public IPv4 address.
    pub public_ip: Option<String>,
    /// Private IPv4 address.
    pub private_ip: Option<String>,
    /// Launch time, RFC 3339.
    pub launched_at: Option<String>,
    /// Whether it is a spot instance.
    pub spot: bool,
    /// All its tags.
    pub tags: BTreeMap<String, String>,
}

impl Instance {
    pub(crate) fn from_sdk(instance: aws_sdk_ec2::types::Instance) -> Self {
        let tags = instance.tags.unwrap_or_default().into_iter();
        Self {
            instance_id: instance.instance_id.unwrap_or_default(),
            state: instance.state.and_then(|state| state.name).map(|name| name.as_str().to_owned()).unwrap_or_default(),
            instance_type: instance.instance_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
            image_id: instance.image_id,
            availability_zone: instance.placement.and_then(|placement| placement.availability_zone),
            public_ip: instance.public_ip_address,
            private_ip: instance.private_ip_address,
            launched_at: instance
                .launch_time
                .and_then(|time| time.fmt(aws_smithy_types::date_time::Format::DateTime).ok()),
            spot: instance.instance_lifecycle.is_some_and(|kind| kind.as_str() == "spot"),
            tags: tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect(),
        }
    }

    /// Whether the instance is there, or on its way.
    pub fn is_live(&self) -> bool {
        ![InstanceStateName::Terminated.as_str(), InstanceStateName::ShuttingDown.as_str()]
            .contains(&self.state.as_str())
    }
}

/// Terminates the instances; answers each one's new state, by id.
pub async fn terminate(client: &Client, ids: &[String]) -> Result<BTreeMap<String, String>> {
    let call = client.terminate_instances().set_instance_ids(Some(ids.to_vec()));
    let answer = call.send().await.map_err(|error| Error::of("EC2 TerminateInstances", error))?;
    let changes = answer.terminating_instances.unwrap_or_default().into_iter();
    Ok(changes
        .filter_map(|change| {
            let state = change.current_state.and_then(|state| state.name)?;
            Some((change.instance_id?, state.as_str().to_owned()))
        })
        .collect())
}

/// The instance's tags by DescribeTags: the way round for instances launched without tags in their metadata.
pub async fn tags(client: &Client, instance_id: &str) -> Result<BTreeMap<String, String>> {
    let mine = aws_sdk_ec2::types::Filter::builder().name("resource-id").values(instance_id).build();
    let mut pages = client.describe_tags().filters(mine).into_paginator().items().send();
    let mut tags = BTreeMap::new();
    while let Some(tag) = pages.next().await {
        let tag = tag.map_err(|error| Error::of("EC2 DescribeTags", error))?;
        if let Some(key) = tag.key {
            tags.insert(key, tag.value.unwrap_or_default());
        }
    }
    Ok(tags)
}
