//! The resource of every span: which program this is, on which host, in which cloud.

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_semantic_conventions::resource as key;
use spawn_config::{Identity, Provider, TracingSettings};

/// The program whose spans these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// `spored` or `spawn`; the service name unless the settings give another.
    pub name: &'static str,
    /// The program's version.
    pub version: &'static str,
}

/// The name under which X-Ray and other back ends list this program.
pub(crate) fn service_name(program: &str, settings: &TracingSettings) -> String {
    let name = settings.service_name.as_deref().unwrap_or(program);
    match settings.service_name_prefix.as_deref() {
        Some(prefix) => format!("{prefix}-{name}"),
        None => name.to_owned(),
    }
}

/// Puts the facts together. The user's own attributes come last and win, but for the service name, which has its own key.
pub(crate) fn resource(program: Program, process_id: u32, identity: &Identity, settings: &TracingSettings) -> Resource {
    let mut attributes = vec![
        KeyValue::new(key::SERVICE_VERSION, program.version),
        KeyValue::new(key::SERVICE_INSTANCE_ID, identity.instance_id.clone()),
        KeyValue::new(key::HOST_ID, identity.instance_id.clone()),
    ];
    attributes.extend(of_process(process_id));
    if identity.provider == Provider::Ec2 {
        attributes.push(KeyValue::new(key::CLOUD_PROVIDER, "aws"));
        attributes.push(KeyValue::new(key::CLOUD_PLATFORM, AWS_EC2));
    }
    let optional = [
        (key::HOST_NAME, &identity.hostname),
        (key::HOST_TYPE, &identity.instance_type),
        (key::HOST_IMAGE_ID, &identity.image_id),
        (key::CLOUD_REGION, &identity.region),
        (key::CLOUD_ACCOUNT_ID, &identity.account_id),
        (key::CLOUD_AVAILABILITY_ZONE, &identity.availability_zone),
    ];
    for (key, value) in optional {
        attributes.extend(value.clone().map(|value| KeyValue::new(key, value)));
    }
    finished(attributes, program.name, settings)
}

/// The resource of a program that is none of spawn's: its name, its process, and what the settings say.
pub(crate) fn of_program(service: &str, process_id: u32, settings: &TracingSettings) -> Resource {
    finished(of_process(process_id).into(), service, settings)
}

/// What is true of every process.
fn of_process(process_id: u32) -> [KeyValue; 4] {
    [
        KeyValue::new(key::PROCESS_PID, i64::from(process_id)),
        KeyValue::new(key::TELEMETRY_SDK_NAME, "opentelemetry"),
        KeyValue::new(key::TELEMETRY_SDK_LANGUAGE, "rust"),
        KeyValue::new(key::TELEMETRY_SDK_VERSION, OPENTELEMETRY_VERSION),
    ]
}

/// The resource with the user's own attributes and the service name.
fn finished(mut attributes: Vec<KeyValue>, program: &str, settings: &TracingSettings) -> Resource {
    let own = settings.attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    attributes.extend(own);
    attributes.push(KeyValue::new(key::SERVICE_NAME, service_name(program, settings)));
    Resource::builder_empty().with_attributes(attributes).build()
}

/// Who this is, the same after a restart: the service on its host.
pub(crate) fn sender(resource: &Resource) -> String {
    let text = |name| resource.get(&Key::from_static_str(name)).map(|value| value.to_string());
    [key::SERVICE_NAME, key::SERVICE_INSTANCE_ID].into_iter().filter_map(text).collect::<Vec<_>>().join("/")
}

/// Value of `cloud.platform` on an EC2 instance.
pub(crate) const AWS_EC2: &str = "aws_ec2";

/// Version of the OpenTelemetry SDK that the workspace manifest pins.
const OPENTELEMETRY_VERSION: &str = "0.33.1";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const SPORED: Program = Program { name: "spored", version: "1.2.3" };

    fn texts(resource: &Resource) -> BTreeMap<String, String> {
        resource.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_ec2_instance_is_described_whole() {
        let identity = Identity {
            region: Some("eu-central-1".to_owned()),
            account_id: Some("123456789012".to_owned()),
            availability_zone: Some("eu-central-1a".to_owned()),
            instance_type: Some("t3.micro".to_owned()),
            image_id: Some("ami-1".to_owned()),
            hostname: Some("ip-10-0-0-1".to_owned()),
            ..Identity::new(Provider::Ec2, "i-0abc")
        };
        let resource = resource(SPORED, 42, &identity, &TracingSettings::default());
        let expected = pairs(&[
            ("cloud.account.id", "123456789012"),
            ("cloud.availability_zone", "eu-central-1a"),
            ("cloud.platform", "aws_ec2"),
            ("cloud.provider", "aws"),
            ("cloud.region", "eu-central-1"),
            ("host.id", "i-0abc"),
            ("host.image.id", "ami-1"),
            ("host.name", "ip-10-0-0-1"),
            ("host.type", "t3.micro"),
            ("process.pid", "42"),
            ("service.instance.id", "i-0abc"),
            ("service.name", "spored"),
            ("service.version", "1.2.3"),
            ("telemetry.sdk.language", "rust"),
            ("telemetry.sdk.name", "opentelemetry"),
            ("telemetry.sdk.version", "0.33.1"),
        ]);
        assert_eq!(texts(&resource), expected);
    }

    #[test]
    fn the_users_attributes_win_but_for_the_service_name() {
        let attributes = pairs(&[("host.name", "desk"), ("team", "genomics"), ("service.name", "other")]);
        let settings =
            TracingSettings { attributes, service_name_prefix: Some("lab".to_owned()), ..TracingSettings::default() };
        let resource = resource(SPORED, 1, &Identity::new(Provider::Local, "local-desk"), &settings);
        let expected = pairs(&[
            ("host.id", "local-desk"),
            ("host.name", "desk"),
            ("process.pid", "1"),
            ("service.instance.id", "local-desk"),
            ("service.name", "lab-spored"),
            ("service.version", "1.2.3"),
            ("team", "genomics"),
            ("telemetry.sdk.language", "rust"),
            ("telemetry.sdk.name", "opentelemetry"),
            ("telemetry.sdk.version", "0.33.1"),
        ]);
        assert_eq!(texts(&resource), expected);
    }
}
