//! The block `cause`: exceptions as events, and why the span failed.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::fields::{Fields, Read, pair};
use crate::span::Event;

/// What a cause tells.
#[derive(Debug, Default)]
pub(super) struct Cause {
    /// The exceptions, but for one that says what the span's status says.
    pub(super) events: Vec<Event>,
    /// Why the span failed; empty if nobody said so.
    pub(super) text: String,
    /// The type of the first exception.
    pub(super) kind: Option<String>,
}

/// Reads the block. `error_type` is what the span itself says of its error; exceptions have no time, so their events are at
/// the end of the span.
pub(super) fn read(fields: &mut Fields, error_type: Option<&str>, time: u64, read: &mut Read) -> Cause {
    // A text is the id of an exception of a subsegment, where it is told.
    if let Some(Json::String(id)) = fields.get("cause").cloned() {
        fields.any("cause");
        read.say("aws.xray.cause", id);
        return Cause::default();
    }
    let mut block = fields.object("cause", "cause.", read);
    let exceptions = block.list("exceptions", read);
    block.keep_rest(read);
    let mut cause = Cause::default();
    let mut expected: Option<String> = None;
    for (number, exception) in exceptions.into_iter().enumerate() {
        let Json::Object(map) = exception else {
            read.misread.push("cause.exceptions".to_owned());
            continue;
        };
        let mut exception = Fields::of("cause.exceptions.", map);
        let (kind, message) = (exception.text("type", read), exception.text("message", read));
        let id = exception.text("id", read);
        let follows = expected.is_some() && id == expected;
        expected = exception.text("cause", read);
        if number == 0 {
            cause.text = message.clone().unwrap_or_default();
            cause.kind.clone_from(&kind);
        }
        // What the exporter writes for the status alone: no stack, nothing behind it, the type that the span tells.
        let is_status = number == 0 && kind.as_deref() == error_type && !exception.has("stack") && expected.is_none();
        if is_status {
            exception.rest();
            continue;
        }
        let mut attributes = Vec::new();
        let mut say = |key: &str, value: Option<Json>| attributes.extend(value.map(|value| pair(key, value)));
        say("exception.type", kind.map(Json::from));
        say("exception.message", message.map(Json::from));
        let stack = stack(&exception.list("stack", read));
        say("exception.stacktrace", (!stack.is_empty()).then(|| stack.into()));
        for (key, value) in exception.rest() {
            say(&format!("aws.xray.{key}"), Some(value));
        }
        let name = if follows { "exception.cause" } else { "exception" }.to_owned();
        cause.events.push(Event { time, name, attributes, dropped: 0 });
    }
    cause
}

/// Frames as text, the innermost first.
fn stack(frames: &[Json]) -> String {
    let mut text = String::new();
    for frame in frames {
        let of = |key: &str| frame[key].as_str().unwrap_or_default();
        let line = frame["line"].as_u64().map_or_else(String::new, |line| format!(":{line}"));
        let gap = if text.is_empty() { "" } else { "\n" };
        // Writing to a text cannot fail.
        write!(text, "{gap}    at {} ({}{line})", of("label"), of("path")).unwrap_or_default();
    }
    text
}
