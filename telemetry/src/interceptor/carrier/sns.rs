//! Amazon SNS: the message attributes of the W3C, for each message. AWS's own form goes in the header of the call: the
//! names of attributes that begin with `AWS` are not ours to set.

use std::collections::BTreeMap;

use opentelemetry::trace::SpanContext;

use super::attributes::{DATA_TYPE, Message, Room};
use super::carried::{Carried, TRACEPARENT, TRACESTATE};
use super::{form, size};

const ATTRIBUTE: &str = "MessageAttributes.entry.";
const BATCH_ENTRY: &str = "PublishBatchRequestEntries.member.";

/// A message of a request, as its fields tell it.
#[derive(Debug, Default)]
struct Entry<'a> {
    bytes: usize,
    /// By their number: name and text.
    attributes: BTreeMap<u32, (Option<&'a str>, Option<&'a str>)>,
}

/// Publish. A text message to a telephone has no attributes that anybody could read.
pub(super) fn message(own: &SpanContext, body: &str) -> Option<String> {
    let (mut entry, mut is_published) = (Entry::default(), false);
    for (name, value) in form::fields(body) {
        is_published |= matches!(name, "TopicArn" | "TargetArn");
        entry.note(name, value)?;
    }
    if is_published { publish(own, body, [(String::new(), entry)]) } else { None }
}

/// PublishBatch.
pub(super) fn batch(own: &SpanContext, body: &str) -> Option<String> {
    let mut entries: BTreeMap<u32, Entry<'_>> = BTreeMap::new();
    for (name, value) in form::fields(body) {
        let Some((number, name)) = name.strip_prefix(BATCH_ENTRY).and_then(|rest| rest.split_once('.')) else {
            continue;
        };
        entries.entry(number.parse().ok()?).or_default().note(name, value)?;
    }
    publish(own, body, entries.into_iter().map(|(number, entry)| (format!("{BATCH_ENTRY}{number}."), entry)))
}

fn publish<'a>(
    own: &SpanContext,
    body: &str,
    entries: impl IntoIterator<Item = (String, Entry<'a>)>,
) -> Option<String> {
    let own = Carried::of(own)?;
    let entries: Vec<_> = entries.into_iter().collect();
    let mut room = Room { total: entries.iter().map(|(_, entry)| entry.bytes).sum() };
    let mut edited = body.to_owned();
    for (prefix, entry) in entries {
        entry.put(&own, &prefix, &mut room, &mut edited);
    }
    (edited.len() > body.len()).then_some(edited)
}

impl<'a> Entry<'a> {
    /// Notes a field of the message; `None` if it is not as expected.
    fn note(&mut self, name: &str, value: &'a str) -> Option<()> {
        let Some((number, part)) = name.strip_prefix(ATTRIBUTE).and_then(|rest| rest.split_once('.')) else {
            if name == "Message" {
                self.bytes += form::bytes(value);
            }
            return Some(());
        };
        let attribute = self.attributes.entry(number.parse().ok()?).or_default();
        self.bytes += match part {
            "Value.BinaryValue" => size::of_base64(&form::text(value)?),
            _ => form::bytes(value),
        };
        match part {
            "Name" => attribute.0 = Some(value),
            "Value.StringValue" => attribute.1 = Some(value),
            _ => {}
        }
        Some(())
    }

    fn put(&self, own: &Carried, prefix: &str, room: &mut Room, edited: &mut String) {
        let last = self.attributes.keys().next_back().copied().unwrap_or(0);
        let given = self.message().attributes(own, self.bytes, room);
        for (number, (name, value)) in (last.saturating_add(1)..).zip(given) {
            let attribute = format!("{prefix}{ATTRIBUTE}{number}");
            form::add(edited, &format!("{attribute}.Name"), name);
            form::add(edited, &format!("{attribute}.Value.DataType"), DATA_TYPE);
            form::add(edited, &format!("{attribute}.Value.StringValue"), value);
        }
    }

    fn message(&self) -> Message {
        let named = |wanted: &str| {
            let is = |name: &&str| form::text(name).is_some_and(|name| name == wanted);
            self.attributes.values().find(|(name, _)| name.as_ref().is_some_and(is))
        };
        let traceparent =
            named(TRACEPARENT).map(|(_, value)| value.and_then(form::text).unwrap_or_default().into_owned());
        Message { count: self.attributes.len(), traceparent, has_tracestate: named(TRACESTATE).is_some() }
    }
}
