//! Amazon EC2: the conventions have no attributes for it, so these are ours (`docs/reference/spans.md`).

use super::{count, set, texts};
use aws_sdk_ec2::operation::create_tags::CreateTagsInput;
use aws_sdk_ec2::operation::describe_instances::{DescribeInstancesInput, DescribeInstancesOutput};
use aws_sdk_ec2::operation::run_instances::{RunInstancesInput, RunInstancesOutput};
use aws_sdk_ec2::operation::terminate_instances::{TerminateInstancesInput, TerminateInstancesOutput};
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use spawn_telemetry::Attributes;

const INSTANCE_IDS: &str = "aws.ec2.instance_ids";
const INSTANCE_TYPE: &str = "aws.ec2.instance_type";
const COUNT: &str = "aws.ec2.count";
const DRY_RUN: &str = "aws.ec2.dry_run";
const SPOT: &str = "aws.ec2.spot";
const RESULT_COUNT: &str = "aws.ec2.result_count";
const STATES: &str = "aws.ec2.states";
const RESOURCE_IDS: &str = "aws.ec2.resource_ids";

/// Longest list of ids that goes into a span; the count beside it is exact.
const MOST_IDS: usize = 20;

pub(super) fn input(operation: &str, input: &Input, into: &mut Attributes) {
    match operation {
        "RunInstances" => {
            let Some(input) = input.downcast_ref::<RunInstancesInput>() else { return };
            set(into, INSTANCE_TYPE, input.instance_type().map(|kind| kind.as_str().to_owned()));
            set(into, COUNT, input.max_count().map(i64::from));
            set(into, DRY_RUN, input.dry_run());
            into.set(SPOT, input.instance_market_options().is_some());
        }
        "DescribeInstances" => {
            let Some(input) = input.downcast_ref::<DescribeInstancesInput>() else { return };
            ids(into, input.instance_ids());
        }
        "TerminateInstances" => {
            let Some(input) = input.downcast_ref::<TerminateInstancesInput>() else { return };
            ids(into, input.instance_ids());
        }
        "CreateTags" => {
            let Some(input) = input.downcast_ref::<CreateTagsInput>() else { return };
            into.set(RESOURCE_IDS, texts(input.resources().iter().take(MOST_IDS).map(String::as_str)));
        }
        _ => {}
    }
}

pub(super) fn output(operation: &str, output: &Output, into: &mut Attributes) {
    match operation {
        "RunInstances" => {
            let Some(output) = output.downcast_ref::<RunInstancesOutput>() else { return };
            let launched = output.instances();
            into.set(RESULT_COUNT, count(launched.len()));
            into.set(INSTANCE_IDS, texts(launched.iter().take(MOST_IDS).filter_map(|instance| instance.instance_id())));
        }
        "DescribeInstances" => {
            let Some(output) = output.downcast_ref::<DescribeInstancesOutput>() else { return };
            let found: usize = output.reservations().iter().map(|reservation| reservation.instances().len()).sum();
            into.set(RESULT_COUNT, count(found));
        }
        "TerminateInstances" => {
            let Some(output) = output.downcast_ref::<TerminateInstancesOutput>() else { return };
            let changes = output.terminating_instances().iter().take(MOST_IDS);
            let states = changes.filter_map(|change| change.current_state()?.name().map(|name| name.as_str()));
            into.set(STATES, texts(states));
        }
        _ => {}
    }
}

fn ids(into: &mut Attributes, ids: &[String]) {
    if !ids.is_empty() {
        into.set(INSTANCE_IDS, texts(ids.iter().take(MOST_IDS).map(String::as_str)));
    }
}
