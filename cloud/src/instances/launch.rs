//! RunInstances, as spawn wants it: tagged, idempotent, metadata by token only.

use super::Instance;
use crate::error::{Error, Result};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    HttpTokensState, IamInstanceProfileSpecification, InstanceMarketOptionsRequest, InstanceMetadataOptionsRequest,
    InstanceMetadataTagsState, InstanceType, MarketType, ResourceType, ShutdownBehavior, Tag, TagSpecification,
};
use spawn_telemetry::ExpectErrors;
use std::collections::BTreeMap;

const CALL: &str = "EC2 RunInstances";
/// EC2's answer to a dry run that would have gone through.
const DRY_RUN: &str = "DryRunOperation";

/// What to launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchRequest {
    /// For example `t3.micro`.
    pub instance_type: String,
    /// AMI id or `resolve:ssm:` parameter.
    pub image: String,
    /// How many; all or none are launched.
    pub count: u16,
    /// Spot instead of on-demand.
    pub spot: bool,
    /// Tags of the instances and their volumes.
    pub tags: BTreeMap<String, String>,
    /// Name of the instance profile that gives the agent its rights.
    pub instance_profile: Option<String>,
    /// Makes a repeated order the same order; at most 64 characters.
    pub client_token: String,
    /// Ask EC2 whether the launch would go through, and launch nothing.
    pub dry_run: bool,
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
    let LaunchRequest { instance_type, image, count, spot, tags, instance_profile, client_token, dry_run } = request;
    let call = client
        .run_instances()
        .instance_type(InstanceType::from(instance_type.as_str()))
        .image_id(image)
        .min_count(i32::from(count))
        .max_count(i32::from(count))
        .client_token(client_token)
        .set_dry_run(dry_run.then_some(true))
        .instance_initiated_shutdown_behavior(ShutdownBehavior::Terminate)
        .metadata_options(metadata_options())
        .set_iam_instance_profile(
            instance_profile.map(|name| IamInstanceProfileSpecification::builder().name(name).build()),
        )
        .set_instance_market_options(
            spot.then(|| InstanceMarketOptionsRequest::builder().market_type(MarketType::Spot).build()),
        )
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

fn tag_specifications(tags: &BTreeMap<String, String>) -> Vec<TagSpecification> {
    let tags: Vec<Tag> = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    [ResourceType::Instance, ResourceType::Volume]
        .map(|kind| TagSpecification::builder().resource_type(kind).set_tags(Some(tags.clone())).build())
        .into()
}
