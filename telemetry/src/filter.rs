//! Leaves out, redacts or hashes attributes by the names that the settings list, before anything leaves the process.

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use sha2::{Digest, Sha256};
use spawn_config::FilterSettings;
use wildmatch::WildMatch;

/// What stands in place of a redacted value.
const REDACTED: &str = "[redacted]";

/// Globs over attribute names, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    drop: Vec<WildMatch>,
    redact: Vec<WildMatch>,
    hash: Vec<WildMatch>,
}

impl Filter {
    pub(crate) fn new(settings: &FilterSettings) -> Self {
        let FilterSettings { drop, redact, hash } = settings;
        let globs = |names: &[String]| names.iter().map(|name| WildMatch::new(name)).collect();
        Self { drop: globs(drop), redact: globs(redact), hash: globs(hash) }
    }

    /// Whether it lets everything through as it is.
    pub(crate) fn is_empty(&self) -> bool {
        self.drop.is_empty() && self.redact.is_empty() && self.hash.is_empty()
    }

    /// The span with the attributes of itself, its events and its links filtered.
    pub(crate) fn span(&self, span: &SpanData) -> SpanData {
        let mut span = span.clone();
        self.attributes(&mut span.attributes);
        for event in &mut span.events.events {
            self.attributes(&mut event.attributes);
        }
        for link in &mut span.links.links {
            self.attributes(&mut link.attributes);
        }
        span
    }

    /// The resource with its attributes filtered.
    pub(crate) fn resource(&self, resource: &Resource) -> Resource {
        let mut attributes: Vec<_> =
            resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        self.attributes(&mut attributes);
        Resource::builder_empty().with_attributes(attributes).build()
    }

    fn attributes(&self, attributes: &mut Vec<KeyValue>) {
        attributes.retain_mut(|pair| {
            let name = pair.key.as_str();
            let any = |globs: &[WildMatch]| globs.iter().any(|glob| glob.matches(name));
            if any(&self.drop) {
                return false;
            }
            if any(&self.redact) {
                pair.value = Value::from(REDACTED);
            } else if any(&self.hash) {
                pair.value = Value::from(hashed(&pair.value));
            }
            true
        });
    }
}

/// The first 16 bytes of the SHA-256 of the value's text: enough to tell values apart.
fn hashed(value: &Value) -> String {
    let digest = Sha256::digest(value.as_str().as_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Event, Link, SpanContext};
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::samples;

    fn filter() -> Filter {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Filter::new(&FilterSettings {
            drop: names(&["user.*"]),
            redact: names(&["*secret*"]),
            hash: names(&["aws.s3.key"]),
        })
    }

    fn before() -> Vec<KeyValue> {
        vec![
            KeyValue::new("user.name", "kim"),
            KeyValue::new("my.secret.word", "abc"),
            KeyValue::new("aws.s3.key", "abc"),
            KeyValue::new("aws.region", "eu-central-1"),
        ]
    }

    fn after() -> Vec<KeyValue> {
        vec![
            KeyValue::new("my.secret.word", "[redacted]"),
            KeyValue::new("aws.s3.key", "sha256:ba7816bf8f01cfea414140de5dae2223"),
            KeyValue::new("aws.region", "eu-central-1"),
        ]
    }

    #[test]
    fn attributes_are_filtered_wherever_a_span_has_them() {
        let mut span = samples::span("a");
        span.attributes = before();
        span.events.events = vec![Event::new("e", UNIX_EPOCH, before(), 0)];
        span.links.links = vec![Link::new(SpanContext::NONE, before(), 0)];
        let mut expected = span.clone();
        expected.attributes = after();
        expected.events.events = vec![Event::new("e", UNIX_EPOCH, after(), 0)];
        expected.links.links = vec![Link::new(SpanContext::NONE, after(), 0)];
        assert_eq!(filter().span(&span), expected);
    }

    #[test]
    fn attributes_of_the_resource_are_filtered_too() {
        let resource = |attributes| Resource::builder_empty().with_attributes(attributes).build();
        assert_eq!(filter().resource(&resource(before())), resource(after()));
    }
}
