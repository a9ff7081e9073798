//! Clocks that disagree, and times that cannot be. Nothing is moved: what a host wrote is what is shown.

use std::collections::BTreeMap;

use opentelemetry::trace::SpanId;

use super::notes::{Kind, Notes};
use super::tree::Tree;
use crate::span::{Span, SpanKind};

/// The year 2000, nanoseconds since 1970.
const FIRST: u64 = 946_684_800_000_000_000;
/// The year 2100.
const LAST: u64 = 4_102_444_800_000_000_000;
/// What rounding to microseconds and milliseconds may come to.
const ROUNDED: u64 = 1_000_000;

/// Notes what the times of spans say that cannot be.
pub(super) fn look(spans: &[Span], tree: &Tree, notes: &mut Notes) {
    let mut pairs: BTreeMap<(String, String), Disagreement> = BTreeMap::new();
    for (at, span) in spans.iter().enumerate() {
        if span.end.is_some_and(|end| end < span.start) {
            notes.count(Kind::EndsFirst, span);
        }
        if span.start < FIRST {
            notes.count(Kind::TooEarly, span);
        } else if span.start > LAST || span.end.is_some_and(|end| end > LAST) {
            notes.count(Kind::TooLate, span);
        }
        let Some(parent) = tree.parent(at).map(|parent| &spans[parent]) else { continue };
        let off = off(parent, span);
        // A clock that was not set is told above.
        if off > ROUNDED && span.start >= FIRST && parent.start <= LAST {
            let pair = pairs.entry((host(parent), host(span))).or_insert(Disagreement {
                spans: 0,
                most: 0,
                first: span.span_id,
            });
            pair.spans += 1;
            pair.most = pair.most.max(off);
        }
    }
    for ((above, below), Disagreement { spans, most, first }) in pairs {
        notes.say(Some(first), || text(&above, &below, spans, most));
    }
}

/// What the spans of two hosts say of each other's clocks.
struct Disagreement {
    spans: usize,
    most: u64,
    first: SpanId,
}

/// By how much a span lies outside the one above it as it cannot: it began before, or it answered after the answer had come.
/// Work that goes on when its parent is over is no wonder.
fn off(parent: &Span, span: &Span) -> u64 {
    let before = parent.start.saturating_sub(span.start);
    let is_answer = parent.kind == SpanKind::Client && span.kind == SpanKind::Server && !parent.failed();
    let after = match (parent.end, span.end) {
        (Some(asked), Some(answered)) if is_answer => answered.saturating_sub(asked),
        _ => 0,
    };
    before.max(after)
}

fn host(span: &Span) -> String {
    let named = ["host.name", "host.id", "service.instance.id"].iter().find_map(|key| span.origin.text(key));
    let named = named.or_else(|| span.text("spawn.instance_id")).unwrap_or_else(|| span.service().into());
    named.chars().take(80).collect()
}

fn text(above: &str, below: &str, spans: usize, most: u64) -> String {
    let most = length(most);
    let lie = match spans {
        1 => format!("1 span of {below:?} lies outside the span above by {most}"),
        _ => format!("{spans} spans of {below:?} lie outside the spans above by up to {most}"),
    };
    if above == below {
        format!("{lie}, on one host")
    } else {
        format!("the clocks of {above:?} and {below:?} disagree: {lie}")
    }
}

/// A length of time as a note says it.
fn length(nanoseconds: u64) -> String {
    match nanoseconds / 1_000_000 {
        milliseconds @ 0..10_000 => format!("{milliseconds} ms"),
        milliseconds => format!("{} s", milliseconds / 1000),
    }
}
