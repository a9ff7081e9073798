//! Shows the attributes that are known or asked for, leaves out, redacts or hashes those that the settings list, and takes
//! secrets of known shapes out of all texts, before anything leaves the process.

mod names;
mod verdicts;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use opentelemetry::trace::{SpanContext, Status, TraceState};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use sha2::{Digest, Sha256};
use spawn_config::FilterSettings;
use wildmatch::WildMatch;

use crate::attribute;
use crate::redact::{REDACTED, redacted};
use verdicts::Verdicts;

/// What is shown. Clones share what they have found out about names.
#[derive(Clone, Debug)]
pub(crate) struct Filter(Arc<Rules>);

/// Globs over attribute names, in the order in which they are tried.
#[derive(Debug)]
struct Rules {
    drop: Vec<WildMatch>,
    redact: Vec<WildMatch>,
    hash: Vec<WildMatch>,
    allow: Vec<WildMatch>,
    /// Names that the operator gave to attributes of the resource.
    own: BTreeSet<String>,
    verdicts: Verdicts<Rule>,
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
    /// No rule names it, and it is not known.
    Unasked,
    Drop,
    Redact,
    Hash,
}

/// Shows every name, for tests and for who has no settings; secrets go all the same.
impl Default for Filter {
    fn default() -> Self {
        Self::new(&FilterSettings { allow: vec!["*".to_owned()], ..FilterSettings::default() })
    }
}

impl Filter {
    pub(crate) fn new(settings: &FilterSettings) -> Self {
        Self::with_own(settings, [])
    }

    /// `own` are the names of the attributes that the operator gave to the resource: spans may have them too.
    pub(crate) fn with_own<'a>(settings: &FilterSettings, own: impl IntoIterator<Item = &'a String>) -> Self {
        let FilterSettings { allow, drop, redact, hash } = settings;
        let globs = |names: &[String]| names.iter().map(|name| WildMatch::new(name)).collect();
        let own = own.into_iter().cloned().collect();
        let [drop, redact, hash, allow] = [drop, redact, hash, allow].map(|names| globs(names));
        Self(Arc::new(Rules { drop, redact, hash, allow, own, verdicts: Verdicts::new() }))
    }

    /// The span with the attributes of itself, its events and its links filtered, and without secrets of known shapes in
    /// any of its texts. The text of its status is its `error.message` once more. What was left out is counted.
    pub(crate) fn span<'a>(&self, span: &'a SpanData) -> Cow<'a, SpanData> {
        if self.shows_whole(span) {
            return Cow::Borrowed(span);
        }
        let mut span = span.clone();
        clean(&mut span.name);
        span.dropped_attributes_count += self.attributes(&mut span.attributes);
        if let Status::Error { description } = &mut span.status {
            let shown = self.text(attribute::ERROR_MESSAGE, description);
            *description = Cow::Owned(shown.unwrap_or_default().into_owned());
        }
        span.span_context = without_secret_state(span.span_context);
        for event in &mut span.events.events {
            clean(&mut event.name);
            event.dropped_attributes_count += self.attributes(&mut event.attributes);
        }
        for link in &mut span.links.links {
            link.span_context = without_secret_state(link.span_context.clone());
            link.dropped_attributes_count += self.attributes(&mut link.attributes);
        }
        Cow::Owned(span)
    }

    /// What is shown of one attribute.
    #[inline]
    pub(crate) fn attribute<'a>(&self, name: &str, value: &'a Value) -> Shown<'a> {
        match self.rule(name) {
            Rule::Keep => without_secrets(value).map_or(Shown::Whole(value), Shown::Instead),
            Rule::Drop | Rule::Unasked => Shown::Nothing,
            Rule::Redact => Shown::Instead(Value::from(REDACTED)),
            Rule::Hash => Shown::Instead(Value::from(hashed(&value.as_str()))),
        }
    }

    /// What is shown of a text that is no attribute, such as that of a status, under the name of the attribute that
    /// says the same; `None` is nothing. A name of a span or an event has none: it goes by [`redacted`] alone.
    pub(crate) fn text<'a>(&self, name: &str, text: &'a str) -> Option<Cow<'a, str>> {
        match self.rule(name) {
            Rule::Keep | Rule::Unasked => Some(redacted(text)),
            Rule::Drop => None,
            Rule::Redact => Some(Cow::Borrowed(REDACTED)),
            Rule::Hash => Some(Cow::Owned(hashed(text))),
        }
    }

    /// The resource with its attributes filtered. All of them are spawn's own or the operator's, so none needs to be known.
    pub(crate) fn resource(&self, resource: &Resource) -> Resource {
        let attributes = resource.iter().filter_map(|(key, value)| {
            let value = match self.rule(key.as_str()) {
                Rule::Unasked => without_secrets(value).unwrap_or_else(|| value.clone()),
                _ => match self.attribute(key.as_str(), value) {
                    Shown::Whole(value) => value.clone(),
                    Shown::Instead(value) => value,
                    Shown::Nothing => return None,
                },
            };
            Some(KeyValue::new(key.clone(), value))
        });
        Resource::builder_empty().with_attributes(attributes).build()
    }

    /// Whether nothing of the span would change.
    fn shows_whole(&self, span: &SpanData) -> bool {
        let whole = |attributes: &[KeyValue]| {
            attributes.iter().all(|pair| matches!(self.attribute(pair.key.as_str(), &pair.value), Shown::Whole(_)))
        };
        let clean = |text: &str| matches!(redacted(text), Cow::Borrowed(_));
        let status = match &span.status {
            Status::Error { description } => self.rule(attribute::ERROR_MESSAGE) == Rule::Keep && clean(description),
            _ => true,
        };
        status
            && clean(&span.name)
            && !has_secret_state(&span.span_context)
            && whole(&span.attributes)
            && span.events.iter().all(|event| clean(&event.name) && whole(&event.attributes))
            && span.links.iter().all(|link| !has_secret_state(&link.span_context) && whole(&link.attributes))
    }

    /// Filters in place and says how many were left out.
    fn attributes(&self, attributes: &mut Vec<KeyValue>) -> u32 {
        let before = attributes.len();
        attributes.retain_mut(|pair| {
            let instead = match self.attribute(pair.key.as_str(), &pair.value) {
                Shown::Whole(_) => return true,
                Shown::Instead(value) => value,
                Shown::Nothing => return false,
            };
            pair.value = instead;
            true
        });
        u32::try_from(before - attributes.len()).unwrap_or(u32::MAX)
    }

    #[inline]
    fn rule(&self, name: &str) -> Rule {
        self.0.verdicts.of(name, |name| self.0.find(name))
    }
}

impl Rules {
    #[cold]
    fn find(&self, name: &str) -> Rule {
        let has = |globs: &[WildMatch]| globs.iter().any(|glob| glob.matches(name));
        let rules = [(&self.drop, Rule::Drop), (&self.redact, Rule::Redact), (&self.hash, Rule::Hash)];
        if let Some((_, rule)) = rules.into_iter().find(|(globs, _)| has(globs)) {
            return rule;
        }
        if has(&self.allow) || self.own.contains(name) || names::is_known(name) {
            return Rule::Keep;
        }
        tracing::debug!(attribute = name, "an attribute is left out, because tracing-filter-allow does not name it");
        Rule::Unasked
    }
}

/// The value with its secrets replaced, if it has any.
#[inline]
fn without_secrets(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => match redacted(text.as_str()) {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(Value::from(clean)),
        },
        Value::Array(Array::String(items)) => {
            let is_clean = |item: &StringValue| matches!(redacted(item.as_str()), Cow::Borrowed(_));
            if items.iter().all(is_clean) {
                return None;
            }
            let items = items.iter().map(|item| StringValue::from(redacted(item.as_str()).into_owned())).collect();
            Some(Value::Array(Array::String(items)))
        }
        _ => None,
    }
}

fn clean(text: &mut Cow<'static, str>) {
    if let Cow::Owned(redacted) = redacted(text) {
        *text = Cow::Owned(redacted);
    }
}

fn has_secret_state(context: &SpanContext) -> bool {
    let state = context.trace_state();
    *state != TraceState::NONE && matches!(redacted(&state.header()), Cow::Owned(_))
}

/// What others put into a trace's state is theirs to read, so one with a secret in it is left out whole.
fn without_secret_state(context: SpanContext) -> SpanContext {
    if !has_secret_state(&context) {
        return context;
    }
    let (trace, span, flags) = (context.trace_id(), context.span_id(), context.trace_flags());
    SpanContext::new(trace, span, flags, context.is_remote(), TraceState::NONE)
}

/// The first 16 bytes of the SHA-256 of the text: enough to tell values apart.
fn hashed(text: &str) -> String {
    let of_hash = |hex: &str| hex.len() == 32 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.strip_prefix("sha256:").is_some_and(of_hash) {
        // A span that was set aside comes back hashed.
        return text.to_owned();
    }
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests;
