//! X-Ray takes so much of a trace. The exporter sends what is beyond that under other ids, with links that tell where it
//! belongs (`docs/reference/xray.md`); here it is one trace again.

mod groups;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use opentelemetry::trace::{SpanId, TraceId};
use spawn_telemetry::tie::{CONTINUED, CONTINUES, PARENT, TRACE_LINK};

use crate::id;
use crate::span::{Link, Span, text_of};
use groups::Groups;

/// Parts from one to the next in which something may say that it goes on elsewhere.
const MOST_STEPS: usize = 8;

/// Which parts traces were sent in.
#[derive(Debug, Default)]
pub(super) struct Parts {
    of: HashMap<TraceId, BTreeSet<[u8; 16]>>,
    /// Parts of which nothing is here.
    absent: HashSet<TraceId>,
}

/// What is said of a trace's parts.
#[derive(Debug, Default)]
pub(super) struct PartsOf {
    /// Their ids, without the trace's own.
    pub(super) ids: BTreeSet<[u8; 16]>,
    /// Of how many of these nothing is here.
    absent: usize,
}

impl Parts {
    /// Gives the spans of parts the id of their trace and the parent that they have, and takes out what stood between parts.
    pub(super) fn join(spans: &mut Vec<Span>) -> Self {
        let whole = groups(spans).traces();
        if whole.is_empty() {
            return Self::default();
        }
        let here: HashSet<(TraceId, SpanId)> = spans
            .iter()
            .filter(|span| whole.contains_key(&span.trace_id))
            .map(|span| (span.trace_id, span.span_id))
            .collect();
        let elsewhere = elsewhere(spans, &here);
        spans.retain(|span| !elsewhere.contains(&(span.trace_id, span.span_id)));
        let mut parts = Self::default();
        let present: HashSet<TraceId> = here.into_iter().map(|(trace, _)| trace).collect();
        for (id, trace) in whole.iter().filter(|(id, trace)| id != trace) {
            parts.of.entry(*trace).or_default().insert(id.to_bytes());
            if !present.contains(id) {
                parts.absent.insert(*id);
            }
        }
        for span in spans.iter_mut() {
            let Some(trace) = whole.get(&span.trace_id) else { continue };
            if let Some(link) = span.links.iter().find(|link| says(link, PARENT)) {
                span.parent.get_or_insert(link.span_id);
            }
            // A part that is not here is worth a link to it.
            span.links.retain(|link| !is_of_parts(link) || parts.absent.contains(&link.trace_id));
            span.trace_id = *trace;
        }
        parts
    }

    /// The parts of this trace.
    pub(super) fn of(&mut self, id: TraceId) -> PartsOf {
        let ids = self.of.remove(&id).unwrap_or_default();
        let absent = ids.iter().filter(|id| self.absent.contains(&TraceId::from_bytes(**id))).count();
        PartsOf { ids, absent }
    }
}

impl PartsOf {
    /// Tells under which other ids X-Ray has the trace.
    pub(super) fn note(&self) -> Option<String> {
        let first = id::xray_form(TraceId::from_bytes(*self.ids.first()?));
        let others = match self.ids.len() {
            1 => String::new(),
            2 => " and 1 other id".to_owned(),
            count => format!(" and {} other ids", count - 1),
        };
        let absent = match (self.absent, self.ids.len()) {
            (0, _) => String::new(),
            (1, 1) => "; that part is not here".to_owned(),
            (1, _) => "; 1 of these parts is not here".to_owned(),
            (absent, _) => format!("; {absent} of these parts are not here"),
        };
        Some(format!("X-Ray has parts of this trace as {first}{others}, because it takes so much of one trace{absent}"))
    }
}

/// The ids that are tied to each other.
fn groups(spans: &[Span]) -> Groups {
    let mut groups = Groups::default();
    for span in spans {
        let own = span.trace_id;
        for link in span.links.iter().filter(|link| link.trace_id != own) {
            match word(link).as_deref() {
                Some(PARENT) => groups.hangs(own, link.trace_id),
                Some(CONTINUED) => groups.goes_on(own, link.trace_id),
                Some(CONTINUES) => groups.goes_on(link.trace_id, own),
                _ => {}
            }
        }
    }
    groups
}

/// What only says that it goes on elsewhere, where that is here. Liars who go round in circles are believed nothing.
fn elsewhere(spans: &[Span], here: &HashSet<(TraceId, SpanId)>) -> HashSet<(TraceId, SpanId)> {
    let next: HashMap<(TraceId, SpanId), (TraceId, SpanId)> = spans
        .iter()
        .filter_map(|span| {
            let ties = span.links.iter().filter(|link| link.trace_id != span.trace_id && says(link, CONTINUED));
            let there = ties.map(target).find(|there| here.contains(there))?;
            Some(((span.trace_id, span.span_id), there))
        })
        .collect();
    let is_told = |at: &(TraceId, SpanId)| {
        let mut at = at;
        (0..=MOST_STEPS).any(|_| {
            next.get(at).is_none_or(|there| {
                at = there;
                false
            })
        })
    };
    next.keys().copied().filter(is_told).collect()
}

const fn target(link: &Link) -> (TraceId, SpanId) {
    (link.trace_id, link.span_id)
}

/// Whether a link is of a trace that was sent in several parts: from one of them to another.
#[must_use]
pub fn is_of_parts(link: &Link) -> bool {
    [PARENT, CONTINUED, CONTINUES].into_iter().any(|what| says(link, what))
}

fn says(link: &Link, what: &str) -> bool {
    word(link).is_some_and(|word| word == what)
}

fn word(link: &Link) -> Option<Cow<'_, str>> {
    let pair = link.attributes.iter().find(|pair| pair.key == TRACE_LINK)?;
    pair.value.as_ref().map(text_of)
}
