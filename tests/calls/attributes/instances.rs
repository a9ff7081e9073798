//! EC2, on moto.

use super::{SECRET, SECRET_IN_BASE64, Stage, client};
use crate::world::aws;
use aws_sdk_ec2::types::{
    Filter, InstanceNetworkInterfaceSpecification, InstanceType, ResourceType, Tag, TagSpecification,
};

fn tag() -> Tag {
    Tag::builder().key("k").value(SECRET).build()
}

#[tokio::test]
async fn instances_from_their_launch_to_their_end() {
    let stage = Stage::on(aws().await.moto_url());
    let ec2 = client!(stage, aws_sdk_ec2);
    let tags = TagSpecification::builder().resource_type(ResourceType::Instance).tags(tag()).build();
    let run = ec2.run_instances().image_id("ami-12c6146b").instance_type(InstanceType::T3Micro);
    let run = run.min_count(1).max_count(1).user_data(format!("{SECRET_IN_BASE64}=")).tag_specifications(tags);
    let id = run.send().await.unwrap().instances.unwrap().remove(0).instance_id.unwrap();
    let ids = ("aws.ec2.instance_ids", id.as_str());
    stage.tells(
        "EC2.RunInstances",
        &[
            ids,
            ("aws.ec2.image_id", "ami-12c6146b"),
            ("aws.ec2.instance_type", "t3.micro"),
            ("aws.ec2.count", "1"),
            ("aws.ec2.spot", "false"),
            ("aws.ec2.result_count", "1"),
        ],
    );
    let interface = InstanceNetworkInterfaceSpecification::builder().device_index(0).subnet_id("subnet-0abc").build();
    let dry = ec2.run_instances().image_id("ami-12c6146b").min_count(1).max_count(2).dry_run(true);
    dry.network_interfaces(interface).send().await.unwrap_err();
    stage.tells(
        "EC2.RunInstances",
        &[
            ("aws.ec2.image_id", "ami-12c6146b"),
            ("aws.ec2.subnet_id", "subnet-0abc"),
            ("aws.ec2.count", "2"),
            ("aws.ec2.dry_run", "true"),
            ("aws.ec2.spot", "false"),
        ],
    );
    ec2.create_tags().resources(&id).tags(tag()).send().await.unwrap();
    stage.tells("EC2.CreateTags", &[("aws.ec2.resource_ids", id.as_str())]);
    ec2.delete_tags().resources(&id).tags(tag()).send().await.unwrap();
    stage.tells("EC2.DeleteTags", &[("aws.ec2.resource_ids", id.as_str())]);
    let filter = Filter::builder().name("tag:k").values(SECRET).build();
    ec2.describe_instances().instance_ids(&id).filters(filter).send().await.unwrap();
    stage.tells("EC2.DescribeInstances", &[ids, ("aws.ec2.result_count", "0")]);
    let attribute = aws_sdk_ec2::types::InstanceAttributeName::InstanceType;
    ec2.describe_instance_attribute().instance_id(&id).attribute(attribute).send().await.unwrap();
    stage.tells("EC2.DescribeInstanceAttribute", &[ids]);
    ec2.stop_instances().instance_ids(&id).send().await.unwrap();
    stage.tells("EC2.StopInstances", &[ids, ("aws.ec2.states", "*")]);
    ec2.start_instances().instance_ids(&id).send().await.unwrap();
    stage.tells("EC2.StartInstances", &[ids, ("aws.ec2.states", "*")]);
    ec2.reboot_instances().instance_ids(&id).send().await.unwrap();
    stage.tells("EC2.RebootInstances", &[ids]);
    ec2.terminate_instances().instance_ids(&id).send().await.unwrap();
    stage.tells("EC2.TerminateInstances", &[ids, ("aws.ec2.states", "*")]);
    ec2.describe_images().owners("amazon").send().await.unwrap();
    stage.tells("EC2.DescribeImages", &[("aws.ec2.result_count", "*")]);
}
