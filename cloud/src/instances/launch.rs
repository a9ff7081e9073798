//! RunInstances, as spawn wants it: tagged, idempotent, metadata by token only, volumes encrypted.

use super::Instance;
use crate::error::{Error, Result};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, HibernationOptionsRequest, HttpTokensState, IamInstanceProfileSpecification,
    InstanceMarketOptionsRequest, InstanceMetadataOptionsRequest, InstanceMetadataTagsState, InstanceType, MarketType,
    ResourceType, ShutdownBehavior, SpotMarketOptions, Tag, TagSpecification,
};
use serde::{Deserialize, Serialize};
use spawn_telemetry::ExpectErrors;
use std::collections::BTreeMap;

const CALL: &str = "EC2 RunInstances";
/// EC2's answer to a dry run that would have gone through.
const DRY_RUN: &str = "DryRunOperation";

/// What to launch. It can be written down and read again, so that an order can be repeated to the letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchRequest {
    /// For example `t3.micro`.
    pub instance_type: String,
    /// AMI id or `resolve:ssm:` parameter.
    pub image: String,
    /// How many; all or none are launched.
    pub count: u16,
    /// On-demand or spot.
    pub market: Market,
    /// Tags of the instances and their volumes.
    pub tags: BTreeMap<String, String>,
    /// Name of the instance profile that gives the agent its rights.
    pub instance_profile: Option<String>,
    /// Subnet; the default one of the account where there is none.
    pub subnet: Option<String>,
    /// Security groups; the network's default one where there are none.
    pub security_groups: Vec<String>,
    /// Key pair for SSH.
    pub key_pair: Option<String>,
    /// User data in base64.
    pub user_data: Option<String>,
    /// The image's volumes, which are encrypted.
    pub volumes: Vec<Volume>,
    /// Whether the instance can hibernate; that must be settled at its launch.
    pub hibernation: bool,
    /// Makes a repeated order the same order; at most 64 characters.
    pub client_token: String,
    /// Ask EC2 whether the launch would go through, and launch nothing.
    pub dry_run: bool,
}

/// How instances are paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Market {
    /// At the list price.
    OnDemand,
    /// At the spot price, and interrupted when EC2 wants them back.
    Spot {
        /// Dollars an hour, at most; the on-demand price where there is none.
        max_price: Option<String>,
    },
}

/// One volume of the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// For example `/dev/xvda`.
    pub device: String,
    /// GiB; the image's own size where there is none.
    pub size: Option<u16>,
}

/// What became of a [`LaunchRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Launched {
    /// These were launched.
    Instances(Vec<Instance>),
    /// A dry run: EC2 would have launched them.
    WouldLaunch,
}

/// Launches what is asked for, or nothing.
pub async fn launch(client: &Client, request: LaunchRequest) -> Result<Launched> {
    let LaunchRequest {
        instance_type,
        image,
        count,
        market,
        tags,
        instance_profile,
        subnet,
        security_groups,
        key_pair,
        user_data,
        volumes,
        hibernation,
        client_token,
        dry_run,
    } = request;
    let volumes: Vec<BlockDeviceMapping> = volumes.iter().map(encrypted).collect();
    let call = client
        .run_instances()
        .instance_type(InstanceType::from(instance_type.as_str()))
        .image_id(image)
        .min_count(i32::from(count))
        .max_count(i32::from(count))
        .client_token(client_token)
        .set_dry_run(dry_run.then_some(true))
        .set_subnet_id(subnet)
        .set_security_group_ids(Some(security_groups).filter(|groups| !groups.is_empty()))
        .set_key_name(key_pair)
        .set_user_data(user_data)
        .set_block_device_mappings(Some(volumes).filter(|volumes| !volumes.is_empty()))
        .set_hibernation_options(hibernation.then(|| HibernationOptionsRequest::builder().configured(true).build()))
        .instance_initiated_shutdown_behavior(ShutdownBehavior::Terminate)
        .metadata_options(metadata_options())
        .set_iam_instance_profile(
            instance_profile.map(|name| IamInstanceProfileSpecification::builder().name(name).build()),
        )
        .set_instance_market_options(market_options(market))
        .set_tag_specifications(Some(tag_specifications(&tags)));
    match call.customize().interceptor(ExpectErrors(&[DRY_RUN])).send().await {
        Ok(answer) => {
            let instances = answer.instances.unwrap_or_default();
            Ok(Launched::Instances(instances.into_iter().map(Instance::from_sdk).collect()))
        }
        Err(error) => match Error::of(CALL, error) {
            error if dry_run && error.code() == Some(DRY_RUN) => Ok(Launched::WouldLaunch),
            error => Err(error),
        },
    }
}

/// Tokens required, one hop (a container's traffic is a second), tags readable: so the agent needs no DescribeTags.
fn metadata_options() -> InstanceMetadataOptionsRequest {
    InstanceMetadataOptionsRequest::builder()
        .http_tokens(HttpTokensState::Required)
        .http_put_response_hop_limit(1)
        .instance_metadata_tags(InstanceMetadataTagsState::Enabled)
        .build()
}

/// Encrypted with the account's default key for volumes, and gone with the instance.
fn encrypted(volume: &Volume) -> BlockDeviceMapping {
    let ebs = EbsBlockDevice::builder()
        .encrypted(true)
        .delete_on_termination(true)
        .set_volume_size(volume.size.map(i32::from))
        .build();
    BlockDeviceMapping::builder().device_name(&volume.device).ebs(ebs).build()
}

fn market_options(market: Market) -> Option<InstanceMarketOptionsRequest> {
    let Market::Spot { max_price } = market else { return None };
    let spot = max_price.map(|price| SpotMarketOptions::builder().max_price(price).build());
    Some(InstanceMarketOptionsRequest::builder().market_type(MarketType::Spot).set_spot_options(spot).build())
}

fn tag_specifications(tags: &BTreeMap<String, String>) -> Vec<TagSpecification> {
    let tags: Vec<Tag> = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    [ResourceType::Instance, ResourceType::Volume]
        .map(|kind| TagSpecification::builder().resource_type(kind).set_tags(Some(tags.clone())).build())
        .into()
}
