//! What all segments of this program have in common, read from the resource once.

use opentelemetry::{Key, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_semantic_conventions::resource as key;
use serde_json::{Map, Value as Json, json};

use super::name::sanitised;
use super::value;
use crate::resource::AWS_EC2;

/// The program as X-Ray sees it: a node of the service map.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) origin: Option<&'static str>,
    pub(super) aws: Map<String, Json>,
    pub(super) resource: Map<String, Json>,
}

impl Service {
    /// The id of the EC2 instance; `None` elsewhere.
    pub(crate) fn instance_id(&self) -> Option<&str> {
        self.aws.get("ec2")?.get("instance_id")?.as_str()
    }

    /// Reads the resource.
    pub(crate) fn new(resource: &Resource) -> Self {
        let text = |name: &'static str| resource.get_ref(&Key::from_static_str(name)).map(Value::as_str);
        let on_ec2 = text(key::CLOUD_PLATFORM).as_deref() == Some(AWS_EC2);
        let mut aws = Map::new();
        if let Some(account) = text(key::CLOUD_ACCOUNT_ID).filter(|_| on_ec2) {
            aws.insert("account_id".to_owned(), Json::from(account));
        }
        if on_ec2 {
            let fields = [
                ("instance_id", key::HOST_ID),
                ("availability_zone", key::CLOUD_AVAILABILITY_ZONE),
                ("instance_size", key::HOST_TYPE),
                ("ami_id", key::HOST_IMAGE_ID),
            ];
            let known = fields.iter().filter_map(|(field, name)| Some(((*field).to_owned(), Json::from(text(name)?))));
            aws.insert("ec2".to_owned(), Json::Object(known.collect()));
        }
        let sdk = json!({
            "sdk": "spawn-telemetry",
            "sdk_version": env!("CARGO_PKG_VERSION"),
            "auto_instrumentation": false,
        });
        aws.insert("xray".to_owned(), sdk);
        let mut attributes: Vec<_> = resource.iter().collect();
        attributes.sort_by(|(left, _), (right, _)| left.as_str().cmp(right.as_str()));
        Self {
            name: sanitised(text(key::SERVICE_NAME).as_deref().unwrap_or("spawn")).into_owned(),
            version: text(key::SERVICE_VERSION).map(|version| value::cut(&version, 200)),
            origin: on_ec2.then_some("AWS::EC2::Instance"),
            aws,
            resource: attributes.into_iter().map(|(key, value)| (key.to_string(), value::json(value))).collect(),
        }
    }
}
