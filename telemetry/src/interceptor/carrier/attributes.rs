//! Which attributes a message is given: as many as it has room for, and none if it carries a context already.

use super::carried::{Carried, TRACEPARENT, TRACESTATE};
use super::size::{MOST_ATTRIBUTES, fits};

/// What is known of a message before anything is added.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Number of its attributes.
    pub(super) count: usize,
    /// Its attribute `traceparent`; empty if that is no text.
    pub(super) traceparent: Option<String>,
    /// Whether it has a `tracestate`.
    pub(super) has_tracestate: bool,
}

/// Bytes of the messages of a request, and how many were added so far.
#[derive(Debug)]
pub(super) struct Room {
    /// All the messages together.
    pub(super) total: usize,
}

/// An attribute as it counts: name, type and value.
fn bytes(name: &str, value: &str) -> usize {
    name.len() + DATA_TYPE.len() + value.len()
}

/// Type of the attributes.
pub(super) const DATA_TYPE: &str = "String";

impl Message {
    /// The attributes that a message of this many bytes is given, in their order.
    pub(super) fn attributes<'a>(
        &self,
        carried: &'a Carried,
        bytes_before: usize,
        room: &mut Room,
    ) -> Vec<(&'static str, &'a str)> {
        if self.traceparent.is_some() || self.has_tracestate {
            return Vec::new();
        }
        let pairs = [
            Some((TRACEPARENT, carried.traceparent.as_str())),
            carried.tracestate.as_deref().map(|it| (TRACESTATE, it)),
        ];
        let (mut given, mut size) = (Vec::new(), bytes_before);
        for (name, value) in pairs.into_iter().flatten() {
            let more = bytes(name, value);
            if self.count + given.len() >= MOST_ATTRIBUTES || !fits(size, more) || !fits(room.total, more) {
                tracing::debug!(
                    attribute = name,
                    attributes = self.count,
                    bytes = size,
                    "a message has no room for it"
                );
                break;
            }
            given.push((name, value));
            size += more;
            room.total += more;
        }
        given
    }
}
