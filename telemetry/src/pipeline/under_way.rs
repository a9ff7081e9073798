//! Spans that have begun and not ended. Those that take long are announced, so that what is killed still shows.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::state::id_of;

/// Most spans that are remembered; more are not announced.
const MOST: usize = 256;
/// Most spans that are announced together.
const TOGETHER: usize = 50;
/// How long an announcement that was not heard waits for the next attempt.
const AGAIN: Duration = Duration::from_secs(30);

/// The spans that are under way at the top of their part of a trace: what is below them would be seen with them.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    spans: HashMap<SpanId, Begun>,
    identity: Vec<KeyValue>,
    /// Whether one of them is to be announced even while somebody waits for a flush.
    urgent: bool,
}

#[derive(Debug)]
struct Begun {
    span: SpanData,
    /// When it is to be announced; never again once that was heard.
    due: Option<Instant>,
    /// Whether it ends in this process or never.
    ours: bool,
}

impl UnderWay {
    /// Notes a span; whether it is the first to become due.
    pub(super) fn begun(&mut self, span: SpanData, due: Instant, ours: bool) -> bool {
        if !self.has_room() {
            return false;
        }
        let is_first = self.due().is_none_or(|first| due < first);
        self.spans.insert(span.span_context.span_id(), Begun { span, due: Some(due), ours });
        is_first
    }

    /// Whether one more is remembered.
    pub(super) fn has_room(&self) -> bool {
        self.spans.len() < MOST
    }

    /// Forgets a span that has ended; the id of one that would never have ended elsewhere.
    pub(super) fn ended(&mut self, span: &SpanData) -> Option<u64> {
        if self.spans.is_empty() {
            return None;
        }
        self.spans.remove(&span.span_context.span_id()).filter(|begun| begun.ours).map(|begun| id_of(&begun.span))
    }

    /// The spans that end here or never, with whose they are.
    pub(super) fn noted(&self) -> impl Iterator<Item = SpanData> {
        self.spans.values().filter(|begun| begun.ours).map(|begun| self.identified(&begun.span))
    }

    /// The span with the attributes that say whose it is.
    pub(super) fn identified(&self, span: &SpanData) -> SpanData {
        let mut span = span.clone();
        for own in &self.identity {
            if span.attributes.iter().all(|said| said.key != own.key) {
                span.attributes.push(own.clone());
            }
        }
        span
    }

    /// Whether a span of this trace is under way, as far as they are remembered.
    pub(super) fn holds(&self, trace_id: TraceId) -> bool {
        self.spans.values().any(|begun| begun.span.span_context.trace_id() == trace_id)
    }

    /// From now on a flush waits for what is due.
    pub(super) const fn hurry(&mut self) {
        self.urgent = true;
    }

    /// Whether a flush waits for what is due.
    pub(super) const fn is_urgent(&self) -> bool {
        self.urgent
    }

    /// When the next span is to be announced.
    pub(super) fn due(&self) -> Option<Instant> {
        self.spans.values().filter_map(|begun| begun.due).min()
    }

    /// The spans to announce now, as they were when they began. They are not due again unless [`UnderWay::unheard`] says so.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<SpanData> {
        let due = self.spans.values_mut().filter(|begun| begun.due.is_some_and(|due| due <= now)).take(TOGETHER);
        let due: Vec<_> = due
            .map(|begun| {
                begun.due = None;
                begun.span.clone()
            })
            .collect();
        self.urgent = false;
        due.iter().map(|span| self.identified(span)).collect()
    }

    /// Announces these again later, if they are still under way.
    pub(super) fn unheard(&mut self, spans: &[SpanData], now: Instant) {
        for span in spans {
            if let Some(begun) = self.spans.get_mut(&span.span_context.span_id()) {
                begun.due = Some(now + AGAIN);
            }
        }
    }

    /// Sets the attributes that say whose spans these are.
    pub(super) fn identify(&mut self, identity: Vec<KeyValue>) {
        self.identity = identity;
    }

    /// Forgets the spans for which `keep` does not hold; the ids of those among them that would never have ended elsewhere.
    pub(super) fn retain(&mut self, keep: &dyn Fn(&SpanData) -> bool) -> Vec<u64> {
        let gone = self.spans.extract_if(|_, begun| !keep(&begun.span));
        gone.filter(|(_, begun)| begun.ours).map(|(_, begun)| id_of(&begun.span)).collect()
    }

    /// Forgets them all.
    pub(super) fn clear(&mut self) {
        self.spans.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{context, span};

    fn numbered(id: u64) -> SpanData {
        SpanData { span_context: context(id), ..span("work") }
    }

    #[test]
    fn a_span_is_announced_once_when_it_is_due_and_never_when_it_has_ended() {
        let (mut under_way, now) = (UnderWay::default(), Instant::now());
        let later = now + Duration::from_secs(3);
        assert!(under_way.begun(numbered(1), later, true));
        assert!(!under_way.begun(numbered(2), later, true));
        assert_eq!((under_way.due(), under_way.take_due(now)), (Some(later), vec![]));
        under_way.ended(&numbered(2));
        under_way.identify(vec![KeyValue::new("spawn.instance_id", "i-0abc")]);
        let announced = under_way.take_due(later);
        let attributes = vec![KeyValue::new("spawn.instance_id", "i-0abc")];
        assert_eq!(announced, [SpanData { attributes, ..numbered(1) }]);
        assert_eq!((under_way.due(), under_way.take_due(later)), (None, vec![]));
        under_way.unheard(&announced, later);
        assert_eq!(under_way.due(), Some(later + AGAIN));
    }

    #[test]
    fn there_are_only_so_many() {
        let (mut under_way, now) = (UnderWay::default(), Instant::now());
        for id in 1..=MOST as u64 + 1 {
            under_way.begun(numbered(id), now, true);
        }
        assert_eq!(under_way.spans.len(), MOST);
        assert_eq!(under_way.take_due(now).len(), TOGETHER);
    }
}
