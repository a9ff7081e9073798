//! X-Ray takes so much of a trace. The exporter sends what is beyond that under other ids, with links that tell where it
//! belongs (`docs/reference/xray.md`); here it is one trace again.

use std::collections::{BTreeSet, HashMap};

use opentelemetry::trace::TraceId;

use crate::id;
use crate::span::{Link, Span, text_of};

/// The attribute of such links.
const WHY: &str = "spawn.link";

/// Which parts traces were sent in.
#[derive(Debug, Default)]
pub(super) struct Parts {
    of: HashMap<TraceId, BTreeSet<[u8; 16]>>,
}

impl Parts {
    /// Gives the spans of parts the id of their trace and the parent that they have.
    pub(super) fn join(spans: &mut [Span]) -> Self {
        let mut whole: HashMap<TraceId, TraceId> = HashMap::new();
        for span in spans.iter_mut() {
            let own = span.trace_id;
            let Some(place) = span.links.iter().position(|link| says(link, "parent") && link.trace_id != own) else {
                continue;
            };
            let link = span.links.remove(place);
            // Of writers who say different things, one is believed whatever the order.
            let there = whole.entry(own).or_insert(link.trace_id);
            *there = TraceId::from_bytes(there.to_bytes().min(link.trace_id.to_bytes()));
            span.parent.get_or_insert(link.span_id);
        }
        if whole.is_empty() {
            return Self::default();
        }
        let mut parts = Self::default();
        for span in spans.iter_mut() {
            let there = followed(&whole, span.trace_id);
            if there != span.trace_id {
                parts.of.entry(there).or_default().insert(span.trace_id.to_bytes());
                span.trace_id = there;
            }
            span.links.retain(|link| !(says(link, "continued") && followed(&whole, link.trace_id) == there));
        }
        parts
    }

    /// The parts of this trace.
    pub(super) fn of(&mut self, id: TraceId) -> BTreeSet<[u8; 16]> {
        self.of.remove(&id).unwrap_or_default()
    }
}

/// The trace that a part is of; a part may say that it is one of another part, and liars may go round in circles.
fn followed(whole: &HashMap<TraceId, TraceId>, part: TraceId) -> TraceId {
    let mut at = part;
    for _ in 0..8 {
        match whole.get(&at) {
            Some(there) => at = *there,
            None => return at,
        }
    }
    part
}

/// Whether a link is of a trace that was sent in several parts: from one of them to another.
pub(crate) fn is_of_parts(link: &Link) -> bool {
    says(link, "parent") || says(link, "continued")
}

fn says(link: &Link, what: &str) -> bool {
    link.attributes
        .iter()
        .any(|pair| pair.key == WHY && pair.value.as_ref().is_some_and(|value| text_of(value) == what))
}

/// Tells under which other ids X-Ray has the trace.
pub(super) fn note(parts: &BTreeSet<[u8; 16]>) -> Option<String> {
    let first = id::xray_form(TraceId::from_bytes(*parts.first()?));
    let others = match parts.len() {
        1 => String::new(),
        count => format!(" and {} other ids", count - 1),
    };
    Some(format!("X-Ray has parts of this trace as {first}{others}, because it takes so much of one trace"))
}
