//! Who made a document: the resource, as our exporter keeps it or as X-Ray's own fields tell it.

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::fields::{Fields, Read, any};
use crate::span::Origin;

/// The scope of what X-Ray told of a program.
const SEGMENT: &str = "aws.xray.segment";
/// The scope of what is part of a program that another document tells.
const SUBSEGMENT: &str = "aws.xray.subsegment";

/// X-Ray's field and the attribute.
type Row = (&'static str, &'static str);

const EC2: [Row; 4] = [
    ("instance_id", "host.id"),
    ("availability_zone", "cloud.availability_zone"),
    ("instance_size", "host.type"),
    ("ami_id", "host.image.id"),
];

const ECS: [Row; 8] = [
    ("container", "container.name"),
    ("container_id", "container.id"),
    ("container_arn", "aws.ecs.container.arn"),
    ("cluster_arn", "aws.ecs.cluster.arn"),
    ("task_arn", "aws.ecs.task.arn"),
    ("task_family", "aws.ecs.task.family"),
    ("launch_type", "aws.ecs.launchtype"),
    ("availability_zone", "cloud.availability_zone"),
];

const EKS: [Row; 3] = [("cluster_name", "k8s.cluster.name"), ("pod", "k8s.pod.name"), ("container_id", "container.id")];

const BEANSTALK: [Row; 3] = [
    ("environment_name", "service.namespace"),
    ("version_label", "service.version"),
    ("deployment_id", "service.instance.id"),
];

const SDK: [Row; 2] = [("sdk", "telemetry.sdk.name"), ("sdk_version", "telemetry.sdk.version")];

/// X-Ray's names of what a program runs on.
const ORIGINS: [Row; 8] = [
    ("AWS::EC2::Instance", "aws_ec2"),
    ("AWS::ECS::EC2", "aws_ecs"),
    ("AWS::ECS::Fargate", "aws_ecs"),
    ("AWS::ECS::Container", "aws_ecs"),
    ("AWS::EKS::Container", "aws_eks"),
    ("AWS::ElasticBeanstalk::Environment", "aws_elastic_beanstalk"),
    ("AWS::AppRunner::Service", "aws_app_runner"),
    ("AWS::Lambda::Function", "aws_lambda"),
];

/// The origin of a segment of this name: of its fields `aws` and `metadata`, those that tell of the program are taken.
pub(super) fn of_segment(
    name: &str,
    fields: &mut Fields,
    aws: &mut Fields,
    metadata: &mut Fields,
    read: &mut Read,
) -> Origin {
    let kept = metadata.object("otel.resource", "metadata.otel.resource.", read).rest();
    let mut said = Read::default();
    let version = fields.object("service", "service.", read).text("version", &mut said);
    let origin = fields.text("origin", read);
    let arn = fields.text("resource_arn", read);
    blocks(aws, &mut said);
    read.misread.append(&mut said.misread);
    if kept.is_empty() {
        said.say("service.name", name);
        version.into_iter().for_each(|version| said.say("service.version", version));
        arn.into_iter().for_each(|arn| said.say("cloud.resource_id", arn));
        if let Some(origin) = origin {
            let known = ORIGINS.iter().find(|(known, _)| *known == origin);
            said.say(
                known.map_or("aws.xray.origin", |_| "cloud.platform"),
                known.map_or(&*origin, |(_, platform)| platform),
            );
        }
    } else {
        // The whole resource says what X-Ray's fields say, and more.
        said = Read::default();
        kept.into_iter().for_each(|(key, value)| said.say(&key, value));
        said.say("service.name", name);
    }
    origin_of(said.attributes, SEGMENT)
}

fn blocks(aws: &mut Fields, said: &mut Read) {
    let tables: [(&str, &[Row]); 5] =
        [("ec2", &EC2), ("ecs", &ECS), ("eks", &EKS), ("elastic_beanstalk", &BEANSTALK), ("xray", &SDK)];
    for (name, rows) in tables {
        let mut block = aws.object(name, "aws.", said);
        for (field, attribute) in rows {
            block.any(field).into_iter().for_each(|value| said.say(attribute, value));
        }
        for (field, value) in block.rest() {
            said.say(&format!("aws.xray.{name}.{field}"), value);
        }
    }
    aws.any("account_id").into_iter().for_each(|account| said.say("cloud.account.id", account));
    let logs = aws.list("cloudwatch_logs", said);
    for (key, attribute) in [("arn", "aws.log.group.arns"), ("log_group", "aws.log.group.names")] {
        let values: Vec<_> = logs.iter().filter_map(|log| log.get(key).cloned()).collect();
        if !values.is_empty() {
            said.attributes.push(KeyValue {
                key: attribute.to_owned(),
                value: Some(any(values.into())),
                ..KeyValue::default()
            });
        }
    }
}

/// The origin of what is part of a program that this document does not tell.
pub(super) fn of_subsegment() -> Origin {
    origin_of(Vec::new(), SUBSEGMENT)
}

/// Whether the origin is told by a span above.
pub(crate) fn is_told_above(origin: &Arc<Origin>) -> bool {
    origin.scope.name == SUBSEGMENT && origin.resource.attributes.is_empty()
}

fn origin_of(attributes: Vec<KeyValue>, scope: &str) -> Origin {
    let scope = InstrumentationScope { name: scope.to_owned(), ..InstrumentationScope::default() };
    Origin { resource: Resource { attributes, ..Resource::default() }, scope, ..Origin::default() }
}
