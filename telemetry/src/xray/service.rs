//! What all segments of this program have in common, read from the resource and written once.

mod blocks;

use std::sync::Arc;

use opentelemetry::{Key, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_semantic_conventions::resource as key;

use super::limits::{Cuts, DETAIL, LEVELS, TEXT};
use super::pen::Pen;

/// The program as X-Ray sees it: a node of the service map. Texts are JSON, without braces around fields.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) name: String,
    /// `origin`, `resource_arn` and `service`.
    pub(super) head: String,
    /// Fields of the block `aws`.
    pub(super) aws: String,
    /// All of the resource, as an object; one text for each level that shows it, mostly the same.
    resource: Vec<Arc<str>>,
    pub(super) instance_id: Option<String>,
    pub(super) hostname: Option<String>,
    pub(super) resource_arn: Option<String>,
}

impl Service {
    /// The resource as a document of this level shows it; `None` where it does not.
    pub(super) fn resource(&self, level: usize) -> Option<&str> {
        self.resource.get(level).map(AsRef::as_ref)
    }

    /// Reads the resource.
    pub(super) fn new(resource: &Resource) -> Self {
        let known = Known(resource);
        let platform = known.platform();
        let on_ec2 = platform == Some("aws_ec2");
        Self {
            name: known.text(key::SERVICE_NAME).unwrap_or("spawn").to_owned(),
            head: written(|pen| head(pen, known, platform)),
            aws: written(|pen| blocks::write(pen, known, platform)),
            resource: objects(resource),
            hostname: known.text(key::HOST_NAME).map(str::to_owned),
            resource_arn: known.arn().map(str::to_owned),
            instance_id: known.text(key::HOST_ID).filter(|_| on_ec2).map(str::to_owned),
        }
    }
}

/// A resource to look things up in.
#[derive(Clone, Copy)]
struct Known<'a>(&'a Resource);

impl<'a> Known<'a> {
    fn value(self, name: &'static str) -> Option<&'a Value> {
        self.0.get_ref(&Key::from_static_str(name))
    }

    fn text(self, name: &'static str) -> Option<&'a str> {
        super::facts::text(self.value(name)?)
    }

    fn arn(self) -> Option<&'a str> {
        self.text("cloud.resource_id").filter(|id| id.starts_with("arn:"))
    }

    /// The platform, if it is AWS's.
    fn platform(self) -> Option<&'a str> {
        let is_other = self.text(key::CLOUD_PROVIDER).is_some_and(|provider| provider != "aws");
        self.text(key::CLOUD_PLATFORM).filter(|platform| !is_other && platform.starts_with("aws_"))
    }
}

fn written(write: impl FnOnce(&mut Pen<'_>)) -> String {
    let mut out = String::new();
    write(&mut Pen { out: &mut out, start: 0, level: LEVELS[0], number: 0, cuts: Cuts::default() });
    out
}

fn head(pen: &mut Pen<'_>, known: Known<'_>, platform: Option<&str>) {
    if let Some(origin) = platform.and_then(|platform| origin(platform, known.text("aws.ecs.launchtype"))) {
        pen.plain("origin", origin);
    }
    if let Some(arn) = known.arn() {
        pen.field("resource_arn", arn, DETAIL);
    }
    if let Some(version) = known.text(key::SERVICE_VERSION) {
        let block = pen.open("service");
        pen.field("version", version, TEXT - 1);
        pen.close(block);
    }
}

/// The kind of AWS resource that the program runs on. Elsewhere there is none: X-Ray knows origins of AWS alone, and draws
/// a service without one as what it is, a program.
fn origin(platform: &str, launch_type: Option<&str>) -> Option<&'static str> {
    Some(match (platform, launch_type) {
        ("aws_ec2", _) => "AWS::EC2::Instance",
        ("aws_ecs", Some("ec2")) => "AWS::ECS::EC2",
        ("aws_ecs", Some("fargate")) => "AWS::ECS::Fargate",
        ("aws_ecs", _) => "AWS::ECS::Container",
        ("aws_eks", _) => "AWS::EKS::Container",
        ("aws_elastic_beanstalk", _) => "AWS::ElasticBeanstalk::Environment",
        ("aws_app_runner", _) => "AWS::AppRunner::Service",
        ("aws_lambda", _) => "AWS::Lambda::Function",
        _ => return None,
    })
}

/// The resource at every level at which it is shown.
fn objects(resource: &Resource) -> Vec<Arc<str>> {
    let mut objects: Vec<Arc<str>> = Vec::new();
    for level in LEVELS.into_iter().take_while(|level| level.resource) {
        let text = format!(
            "{{{}}}",
            written(|pen| {
                pen.level = level;
                all(pen, resource);
            })
        );
        match objects.last().filter(|last| ***last == *text) {
            Some(same) => objects.push(Arc::clone(same)),
            None => objects.push(text.into()),
        }
    }
    objects
}

fn all(pen: &mut Pen<'_>, resource: &Resource) {
    let mut attributes: Vec<_> = resource.iter().collect();
    attributes.sort_by(|(left, _), (right, _)| left.as_str().cmp(right.as_str()));
    for (key, value) in attributes {
        pen.foreign_key(key.as_str());
        pen.value(value, pen.level.metadata, pen.level.metadata);
    }
}
