//! Leaves out, redacts or hashes attributes by the names that the settings list, and takes secrets of known shapes out of all
//! the others, before anything leaves the process.

use std::borrow::Cow;

use opentelemetry::trace::Status;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use sha2::{Digest, Sha256};
use spawn_config::FilterSettings;
use wildmatch::WildMatch;

use crate::attribute;
use crate::redact::{REDACTED, redacted};

/// Globs over attribute names, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    drop: Vec<WildMatch>,
    redact: Vec<WildMatch>,
    hash: Vec<WildMatch>,
}

/// What is shown of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shown<'a> {
    /// All of it.
    Whole(&'a Value),
    /// Something in its place.
    Instead(Value),
    /// Nothing.
    Nothing,
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Keep,
    Drop,
    Redact,
    Hash,
}

impl Filter {
    pub(crate) fn new(settings: &FilterSettings) -> Self {
        let FilterSettings { allow: _, drop, redact, hash } = settings;
        let globs = |names: &[String]| names.iter().map(|name| WildMatch::new(name)).collect();
        Self { drop: globs(drop), redact: globs(redact), hash: globs(hash) }
    }

    /// The span with the attributes of itself, its events and its links filtered, and without secrets of known shapes. The
    /// text of its status is its `error.message` once more.
    pub(crate) fn span<'a>(&self, span: &'a SpanData) -> Cow<'a, SpanData> {
        if self.is_empty() && !has_secret(span) {
            return Cow::Borrowed(span);
        }
        let mut span = span.clone();
        self.attributes(&mut span.attributes);
        if let Status::Error { description } = &mut span.status {
            match self.rule(attribute::ERROR_MESSAGE) {
                Rule::Keep => *description = Cow::Owned(redacted(description).into_owned()),
                Rule::Drop => *description = Cow::Borrowed(""),
                Rule::Redact => *description = Cow::Borrowed(REDACTED),
                Rule::Hash => *description = Cow::Owned(hashed(description)),
            }
        }
        for event in &mut span.events.events {
            self.attributes(&mut event.attributes);
        }
        for link in &mut span.links.links {
            self.attributes(&mut link.attributes);
        }
        Cow::Owned(span)
    }

    /// What is shown of one attribute.
    pub(crate) fn attribute<'a>(&self, name: &str, value: &'a Value) -> Shown<'a> {
        match self.rule(name) {
            Rule::Keep => {
                let mut clean_value = value.clone();
                clean(&mut clean_value);
                if clean_value == *value { Shown::Whole(value) } else { Shown::Instead(clean_value) }
            }
            Rule::Drop => Shown::Nothing,
            Rule::Redact => Shown::Instead(Value::from(REDACTED)),
            Rule::Hash => Shown::Instead(Value::from(hashed(&value.as_str()))),
        }
    }

    /// What is shown of a text that is no attribute, such as that of a status, under the name of the attribute that
    /// says the same; `None` is nothing.
    pub(crate) fn text<'a>(&self, name: &str, text: &'a str) -> Option<Cow<'a, str>> {
        match self.rule(name) {
            Rule::Keep => Some(redacted(text)),
            Rule::Drop => None,
            Rule::Redact => Some(Cow::Borrowed(REDACTED)),
            Rule::Hash => Some(Cow::Owned(hashed(text))),
        }
    }

    /// The resource with its attributes filtered.
    pub(crate) fn resource(&self, resource: &Resource) -> Resource {
        let mut attributes: Vec<_> =
            resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        self.attributes(&mut attributes);
        Resource::builder_empty().with_attributes(attributes).build()
    }

    fn attributes(&self, attributes: &mut Vec<KeyValue>) {
        attributes.retain_mut(|pair| match self.rule(pair.key.as_str()) {
            Rule::Keep => {
                clean(&mut pair.value);
                true
            }
            Rule::Drop => false,
            Rule::Redact => {
                pair.value = Value::from(REDACTED);
                true
            }
            Rule::Hash => {
                pair.value = Value::from(hashed(&pair.value.as_str()));
                true
            }
        });
    }

    fn is_empty(&self) -> bool {
        self.drop.is_empty() && self.redact.is_empty() && self.hash.is_empty()
    }

    fn rule(&self, name: &str) -> Rule {
        let rules = [(&self.drop, Rule::Drop), (&self.redact, Rule::Redact), (&self.hash, Rule::Hash)];
        let found = rules.into_iter().find(|(globs, _)| globs.iter().any(|glob| glob.matches(name)));
        found.map_or(Rule::Keep, |(_, rule)| rule)
    }
}

/// Whether a text of the span is a secret of a known shape, or has one in it.
fn has_secret(span: &SpanData) -> bool {
    let of_events = span.events.iter().flat_map(|event| &event.attributes);
    let of_links = span.links.iter().flat_map(|link| &link.attributes);
    let is_secret = |text: &str| redacted(text) != text;
    let in_status = matches!(&span.status, Status::Error { description } if is_secret(description));
    in_status
        || span.attributes.iter().chain(of_events).chain(of_links).any(|pair| match &pair.value {
            Value::String(text) => is_secret(text.as_str()),
            Value::Array(Array::String(items)) => items.iter().any(|item| is_secret(item.as_str())),
            _ => false,
        })
}

/// Takes secrets out of a text or a list of texts.
fn clean(value: &mut Value) {
    let clean = |text: &mut StringValue| {
        if let Cow::Owned(redacted) = redacted(text.as_str()) {
            *text = StringValue::from(redacted);
        }
    };
    match value {
        Value::String(text) => clean(text),
        Value::Array(Array::String(items)) => items.iter_mut().for_each(clean),
        _ => {}
    }
}

/// The first 16 bytes of the SHA-256 of the text: enough to tell values apart.
fn hashed(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
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
            allow: Vec::new(),
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
        assert_eq!(*filter().span(&span), expected);
    }

    #[test]
    fn secrets_of_known_shapes_are_taken_out_without_any_setting() {
        let (secret, clean) = ("https://kim:pass@host", "https://[redacted]@host");
        let span = |text: &'static str, place| {
            let mut span = samples::span("a");
            let list = Value::Array(Array::String(vec!["open".into(), text.into()]));
            match place {
                0 => span.attributes = vec![KeyValue::new("text", text), KeyValue::new("number", 1)],
                1 => span.attributes = vec![KeyValue::new("list", list)],
                2 => span.events.events = vec![Event::new("e", UNIX_EPOCH, vec![KeyValue::new("text", text)], 0)],
                3 => span.links.links = vec![Link::new(SpanContext::NONE, vec![KeyValue::new("text", text)], 0)],
                _ => span.status = Status::error(text),
            }
            span
        };
        for place in 0..5 {
            assert_eq!(*Filter::default().span(&span(secret, place)), span(clean, place), "{place}");
            assert!(matches!(Filter::default().span(&span(clean, place)), Cow::Borrowed(_)), "{place}");
        }
    }

    #[test]
    fn the_text_of_the_status_is_filtered_as_the_error_message() {
        let message = || vec!["error.message".to_owned()];
        let nothing = FilterSettings::default;
        for (settings, expected) in [
            (nothing(), "abc"),
            (FilterSettings { drop: message(), ..nothing() }, ""),
            (FilterSettings { redact: message(), ..nothing() }, "[redacted]"),
            (FilterSettings { hash: message(), ..nothing() }, "sha256:ba7816bf8f01cfea414140de5dae2223"),
        ] {
            let mut span = samples::span("a");
            span.status = Status::error("abc");
            assert_eq!(Filter::new(&settings).span(&span).status, Status::error(expected));
        }
    }

    #[test]
    fn attributes_of_the_resource_are_filtered_too() {
        let resource = |attributes| Resource::builder_empty().with_attributes(attributes).build();
        assert_eq!(filter().resource(&resource(before())), resource(after()));
    }
}
