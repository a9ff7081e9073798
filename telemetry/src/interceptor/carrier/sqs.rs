//! Amazon SQS: the system attribute `AWSTraceHeader` and the message attributes of the W3C, for each message; and the
//! request for both where messages are received.

use std::borrow::Cow;

use opentelemetry::trace::SpanContext;

use super::attributes::{DATA_TYPE, Message, Room};
use super::carried::{Carried, TRACEPARENT, TRACESTATE};
use super::json::{Insertions, Object, OddShape, elements, quoted, text};
use super::size;

/// The system attribute that AWS's services pass on; neither counted nor weighed.
const HEADER: &str = "AWSTraceHeader";
const ATTRIBUTES: &str = "MessageAttributes";
const SYSTEM_ATTRIBUTES: &str = "MessageSystemAttributes";

/// A message of a request.
struct Entry<'a> {
    object: Object<'a>,
    attributes: Option<Object<'a>>,
    system: Option<Object<'a>>,
    bytes: usize,
}

/// SendMessage.
pub(super) fn message(own: &SpanContext, body: &str) -> Option<String> {
    let entry = Entry::read(Object::read(body)?).ok()?;
    send(own, body, &[entry])
}

/// SendMessageBatch. Entries of another shape are left as they are.
pub(super) fn batch(own: &SpanContext, body: &str) -> Option<String> {
    let entries = elements(Object::read(body)?.member("Entries")?)?;
    let entries: Vec<_> = entries.into_iter().filter_map(|entry| Entry::read(Object::read(entry)?).ok()).collect();
    send(own, body, &entries)
}

fn send(own: &SpanContext, body: &str, entries: &[Entry<'_>]) -> Option<String> {
    let own = Carried::of(own)?;
    let mut room = Room { total: entries.iter().map(|entry| entry.bytes).sum() };
    let mut insertions = Insertions::into(body);
    for entry in entries {
        entry.put(&own, &mut room, &mut insertions);
    }
    insertions.apply()
}

impl<'a> Entry<'a> {
    fn read(object: Object<'a>) -> Result<Self, OddShape> {
        let (attributes, system) = (object.object(ATTRIBUTES)?, object.object(SYSTEM_ATTRIBUTES)?);
        let bytes = bytes(&object, attributes.as_ref());
        Ok(Self { object, attributes, system, bytes })
    }

    /// Adds what the message lacks. The sender's own context, in either form, goes before that of the call.
    fn put(&self, own: &Carried, room: &mut Room, insertions: &mut Insertions<'_>) {
        let message = self.message();
        let header = self.system.as_ref().and_then(|system| system.member(HEADER));
        let senders = match (&message.traceparent, header) {
            (Some(traceparent), _) => Some(Carried::of_w3c(traceparent)),
            (None, Some(header)) => Some(string_value(header).and_then(|header| Carried::of_header(&header))),
            (None, None) => None,
        };
        // What the sender set and we cannot read is his affair.
        let Some(carried) = senders.as_ref().map_or(Some(own), Option::as_ref) else { return };
        if header.is_none() {
            let value = format!("\"{HEADER}\":{}", attribute(&carried.header));
            self.add(SYSTEM_ATTRIBUTES, self.system.as_ref(), &[value], insertions);
        }
        let given = message.attributes(carried, self.bytes, room);
        let given: Vec<_> = given.iter().map(|(name, value)| format!("\"{name}\":{}", attribute(value))).collect();
        self.add(ATTRIBUTES, self.attributes.as_ref(), &given, insertions);
    }

    fn add(&self, name: &str, object: Option<&Object<'_>>, members: &[String], insertions: &mut Insertions<'_>) {
        match object {
            _ if members.is_empty() => {}
            Some(object) => insertions.members(object, members),
            None => insertions.members(&self.object, &[format!("\"{name}\":{{{}}}", members.join(","))]),
        }
    }

    fn message(&self) -> Message {
        let Some(attributes) = &self.attributes else { return Message::default() };
        let traceparent = attributes.member(TRACEPARENT).map(|value| string_value(value).unwrap_or_default());
        let has_tracestate = attributes.member(TRACESTATE).is_some();
        Message { count: attributes.members().len(), traceparent, has_tracestate }
    }
}

/// What SQS weighs of a message: the body, and of each attribute name, type and value.
fn bytes(message: &Object<'_>, attributes: Option<&Object<'_>>) -> usize {
    let body = message.member("MessageBody").and_then(text).map_or(0, |body| body.len());
    let attributes = attributes.into_iter().flat_map(Object::members);
    body + attributes.map(|(name, value)| name.len() + value_bytes(value)).sum::<usize>()
}

/// The text of an attribute that is one.
fn string_value(attribute: &str) -> Option<String> {
    Object::read(attribute)?.member("StringValue").and_then(text).map(Cow::into_owned)
}

fn value_bytes(attribute: &str) -> usize {
    let Some(parts) = Object::read(attribute) else { return attribute.len() };
    let bytes = |(name, part): &(Cow<'_, str>, &str)| match text(part) {
        Some(part) if name == "BinaryValue" => size::of_base64(&part),
        Some(part) => part.len(),
        None => part.len(),
    };
    parts.members().iter().map(bytes).sum()
}

/// An attribute, in the order of names in which the SDK writes it.
fn attribute(value: &str) -> String {
    format!("{{\"StringValue\":{},\"DataType\":\"{DATA_TYPE}\"}}", quoted(value))
}

/// ReceiveMessage: asks for the context of each message, beyond what the caller asks for.
pub(super) fn receive(body: &str) -> Option<String> {
    const SYSTEM_NAMES: &str = "MessageSystemAttributeNames";
    // The old name of that member; whoever uses it is not given a second one.
    const OLD_NAMES: &str = "AttributeNames";
    const NAMES: &str = "MessageAttributeNames";
    let request = Object::read(body)?;
    let (system, old, names) = (request.names(SYSTEM_NAMES)?, request.names(OLD_NAMES)?, request.names(NAMES)?);
    let mut insertions = Insertions::into(body);
    let mut new = Vec::new();
    let asks_for = |asked: &Asked<'_>, wanted: &str| asked.names.iter().any(|name| *name == wanted || *name == "All");
    if !asks_for(&system, HEADER) && !asks_for(&old, HEADER) {
        let (name, asked) =
            if system.array.is_none() && old.array.is_some() { (OLD_NAMES, &old) } else { (SYSTEM_NAMES, &system) };
        ask(name, asked, &[HEADER], &mut insertions, &mut new);
    }
    let covers = |name: &str, wanted: &str| {
        name == "All" || name == wanted || name.strip_suffix(".*").is_some_and(|it| wanted.starts_with(it))
    };
    let wanted: Vec<_> = [TRACEPARENT, TRACESTATE]
        .into_iter()
        .filter(|wanted| !names.names.iter().any(|name| covers(name, wanted)))
        .collect();
    ask(NAMES, &names, &wanted, &mut insertions, &mut new);
    insertions.members(&request, &new);
    insertions.apply()
}

/// Names of attributes that a caller asks for.
struct Asked<'a> {
    array: Option<&'a str>,
    names: Vec<Cow<'a, str>>,
}

impl<'a> Object<'a> {
    /// A list of names; none if the member is absent, `None` if it is another thing.
    fn names(&self, name: &str) -> Option<Asked<'a>> {
        let array = self.member(name);
        let names = array.map_or(Some(Vec::new()), |array| elements(array)?.into_iter().map(text).collect())?;
        Some(Asked { array, names })
    }
}

fn ask(name: &str, asked: &Asked<'_>, wanted: &[&str], insertions: &mut Insertions<'_>, new: &mut Vec<String>) {
    let wanted: Vec<_> = wanted.iter().map(|wanted| format!("\"{wanted}\"")).collect();
    match asked.array {
        _ if wanted.is_empty() => {}
        Some(array) => insertions.elements(array, asked.names.is_empty(), &wanted),
        None => new.push(format!("\"{name}\":[{}]", wanted.join(","))),
    }
}
