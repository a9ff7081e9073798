//! Amazon EC2: the conventions have no attributes for it, so these are ours (`docs/reference/spans.md`).

use super::{as_type, count, set, texts};
use aws_sdk_ec2::operation::create_tags::CreateTagsInput;
use aws_sdk_ec2::operation::delete_tags::DeleteTagsInput;
use aws_sdk_ec2::operation::describe_images::DescribeImagesOutput;
use aws_sdk_ec2::operation::describe_instances::{DescribeInstancesInput, DescribeInstancesOutput};
use aws_sdk_ec2::operation::reboot_instances::RebootInstancesInput;
use aws_sdk_ec2::operation::run_instances::{RunInstancesInput, RunInstancesOutput};
use aws_sdk_ec2::operation::start_instances::{StartInstancesInput, StartInstancesOutput};
use aws_sdk_ec2::operation::stop_instances::{StopInstancesInput, StopInstancesOutput};
use aws_sdk_ec2::operation::terminate_instances::{TerminateInstancesInput, TerminateInstancesOutput};
use aws_sdk_ec2::types::InstanceStateChange;
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use spawn_telemetry::Attributes;

const INSTANCE_IDS: &str = spawn_telemetry::attribute::AWS_EC2_INSTANCE_IDS;
const SUBNET_ID: &str = spawn_telemetry::attribute::AWS_EC2_SUBNET_ID;
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
            as_type!(input: RunInstancesInput);
            set(into, INSTANCE_TYPE, input.instance_type().map(|kind| kind.as_str().to_owned()));
            set(into, COUNT, input.max_count().map(i64::from));
            set(into, DRY_RUN, input.dry_run());
            into.set(SPOT, input.instance_market_options().is_some());
            // A launch with interfaces of its own names the subnet there.
            set(into, SUBNET_ID, input.network_interfaces().iter().find_map(|it| it.subnet_id()).map(str::to_owned));
        }
        "DescribeInstances" => {
            as_type!(input: DescribeInstancesInput);
            ids(into, input.instance_ids());
        }
        "TerminateInstances" => {
            as_type!(input: TerminateInstancesInput);
            ids(into, input.instance_ids());
        }
        "StartInstances" => {
            as_type!(input: StartInstancesInput);
            ids(into, input.instance_ids());
        }
        "StopInstances" => {
            as_type!(input: StopInstancesInput);
            ids(into, input.instance_ids());
        }
        "RebootInstances" => {
            as_type!(input: RebootInstancesInput);
            ids(into, input.instance_ids());
        }
        "CreateTags" => {
            as_type!(input: CreateTagsInput);
            resources(into, input.resources());
        }
        "DeleteTags" => {
            as_type!(input: DeleteTagsInput);
            resources(into, input.resources());
        }
        _ => {}
    }
}

pub(super) fn output(operation: &str, output: &Output, into: &mut Attributes) {
    match operation {
        "RunInstances" => {
            as_type!(output: RunInstancesOutput);
            let launched = output.instances();
            into.set(RESULT_COUNT, count(launched.len()));
            into.set(INSTANCE_IDS, texts(launched.iter().take(MOST_IDS).filter_map(|instance| instance.instance_id())));
        }
        "DescribeInstances" => {
            as_type!(output: DescribeInstancesOutput);
            let found: usize = output.reservations().iter().map(|reservation| reservation.instances().len()).sum();
            into.set(RESULT_COUNT, count(found));
        }
        "DescribeImages" => {
            as_type!(output: DescribeImagesOutput);
            into.set(RESULT_COUNT, count(output.images().len()));
        }
        "TerminateInstances" => {
            as_type!(output: TerminateInstancesOutput);
            states(into, output.terminating_instances());
        }
        "StartInstances" => {
            as_type!(output: StartInstancesOutput);
            states(into, output.starting_instances());
        }
        "StopInstances" => {
            as_type!(output: StopInstancesOutput);
            states(into, output.stopping_instances());
        }
        _ => {}
    }
}

fn ids(into: &mut Attributes, ids: &[String]) {
    if !ids.is_empty() {
        into.set(INSTANCE_IDS, texts(ids.iter().take(MOST_IDS).map(String::as_str)));
    }
}

fn resources(into: &mut Attributes, ids: &[String]) {
    into.set(RESOURCE_IDS, texts(ids.iter().take(MOST_IDS).map(String::as_str)));
}

/// The states that the instances are in now.
fn states(into: &mut Attributes, changes: &[InstanceStateChange]) {
    let states = changes.iter().take(MOST_IDS).filter_map(|change| change.current_state()?.name());
    into.set(STATES, texts(states.map(|name| name.as_str())));
}
