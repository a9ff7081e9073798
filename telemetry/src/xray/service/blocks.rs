//! The block `aws` of a segment: what the program runs on.

use opentelemetry::{Array, Value};
use opentelemetry_semantic_conventions::resource as key;

use super::Known;
use crate::xray::limits::{DETAIL, ITEMS};
use crate::xray::pen::Pen;

/// The fields of the block.
pub(super) fn write(pen: &mut Pen<'_>, known: Known<'_>, platform: Option<&str>) {
    if platform.is_some() {
        field(pen, known, "account_id", key::CLOUD_ACCOUNT_ID);
    }
    let (ec2, ecs, eks): (&[_], &[_], &[_]) = (&EC2, &ECS, &EKS);
    let blocks = [("aws_ec2", "ec2", ec2), ("aws_ecs", "ecs", ecs), ("aws_eks", "eks", eks)];
    for (of, name, fields) in blocks.into_iter().filter(|(of, ..)| platform == Some(of)) {
        debug_assert!(of.starts_with("aws_"));
        let block = pen.open(name);
        fields.iter().for_each(|(name, attribute)| field(pen, known, name, attribute));
        pen.close(block);
    }
    if platform == Some("aws_elastic_beanstalk") {
        beanstalk(pen, known);
    }
    log_groups(pen, known);
    let block = pen.open("xray");
    pen.plain("sdk", env!("CARGO_PKG_NAME"));
    pen.plain("sdk_version", env!("CARGO_PKG_VERSION"));
    pen.key("auto_instrumentation");
    pen.boolean(false);
    pen.close(block);
}

/// Field and attribute.
type Field = (&'static str, &'static str);

pub(super) const EC2: [Field; 4] = [
    ("instance_id", "host.id"),
    ("availability_zone", "cloud.availability_zone"),
    ("instance_size", "host.type"),
    ("ami_id", "host.image.id"),
];

pub(super) const ECS: [Field; 8] = [
    ("container", "container.name"),
    ("container_id", "container.id"),
    ("container_arn", "aws.ecs.container.arn"),
    ("cluster_arn", "aws.ecs.cluster.arn"),
    ("task_arn", "aws.ecs.task.arn"),
    ("task_family", "aws.ecs.task.family"),
    ("launch_type", "aws.ecs.launchtype"),
    ("availability_zone", "cloud.availability_zone"),
];

pub(super) const EKS: [Field; 3] =
    [("cluster_name", "k8s.cluster.name"), ("pod", "k8s.pod.name"), ("container_id", "container.id")];

fn field(pen: &mut Pen<'_>, known: Known<'_>, name: &str, attribute: &'static str) {
    if let Some(text) = known.text(attribute) {
        pen.field(name, text, DETAIL);
    }
}

fn beanstalk(pen: &mut Pen<'_>, known: Known<'_>) {
    let block = pen.open("elastic_beanstalk");
    field(pen, known, "environment_name", key::SERVICE_NAMESPACE);
    field(pen, known, "version_label", key::SERVICE_VERSION);
    if let Some(id) = known.value(key::SERVICE_INSTANCE_ID).and_then(crate::xray::facts::whole) {
        pen.count("deployment_id", id);
    }
    pen.close(block);
}

/// Log groups, by ARN, or else by name. A list in an environment variable has `&` between its items.
fn log_groups(pen: &mut Pen<'_>, known: Known<'_>) {
    let list = pen.open_list("cloudwatch_logs");
    let arns = known.value("aws.log.group.arns");
    let Some(groups) = arns.or_else(|| known.value("aws.log.group.names")) else { return pen.close_list(list) };
    let groups: Vec<&str> = match groups {
        Value::Array(Array::String(items)) => items.iter().map(|item| item.as_str()).collect(),
        Value::String(text) => text.as_str().split('&').collect(),
        _ => Vec::new(),
    };
    for group in groups.into_iter().filter(|group| !group.is_empty()).take(ITEMS) {
        pen.comma();
        pen.out.push('{');
        // arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*
        let name = if arns.is_some() { group.split(':').nth(6).unwrap_or(group) } else { group };
        pen.field("log_group", name, DETAIL);
        if arns.is_some() {
            pen.field("arn", group, DETAIL);
        }
        pen.out.push('}');
    }
    pen.close_list(list);
}
