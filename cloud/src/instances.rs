//! Launching, listing, waiting for and terminating EC2 instances.

mod batches;
mod end;
mod image;
mod image_name;
mod launch;
mod list;
mod of_launch;
mod tags;

pub use batches::{Pace, Trouble, batches};
pub use end::{States, start, stop, terminate};
pub use image::{Architecture, Image, default_image, image, root_device_of_parameter};
pub use image_name::image_name;
pub use launch::{LaunchRequest, Launched, Market, Volume, launch};
pub use list::{Criteria, Filter, list};
pub use of_launch::of_launch;
pub use tags::{remove_tags, write_tags};

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
    /// What AWS bills it as, for example `Linux/UNIX`.
    pub platform: Option<String>,
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
            platform: instance.platform_details,
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
