//! What became of the spans of the last traces, for whoever asks why one is missing. Bounded, and cheap for each span.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, TraceId};
use opentelemetry_sdk::trace::SpanData;

use crate::attribute::AWS_REQUEST_ID;
use crate::counters::DropReason;
use crate::export::{Fate, Refusal};
use crate::hash::{self, Keyed};

/// Traces that are remembered, and as many request ids: about 500 KB when all places are taken.
const MOST: usize = 4096;

/// The last traces with spans here, and the last request ids.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// Where a trace stands in `traces`, by the half of its id that is random.
    places: HashMap<u64, u16, Keyed>,
    /// A ring: the next new trace takes the place of the oldest.
    traces: Vec<Entry>,
    next: usize,
    /// Request ids as their hashes, oldest first: they are looked for only when somebody asks.
    requests: VecDeque<(u64, TraceId)>,
    key: Keyed,
}

/// What became of the spans of one trace in this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    trace_id: [u8; 16],
    /// Spans that were handed over for delivery.
    pub(crate) created: u32,
    /// Spans that the back end has taken.
    pub(crate) delivered: u32,
    /// Spans that the back end has refused for good.
    pub(crate) refused: u32,
    /// Spans that were dropped for another reason.
    pub(crate) dropped: u32,
    /// When the last was taken, in seconds since 1970.
    taken_at: u32,
    /// Why the last of those that were refused or dropped was.
    pub(crate) reason: Option<DropReason>,
    /// The back end's words for the last refusal.
    pub(crate) refusal: Option<Arc<str>>,
}

impl Journal {
    /// Notes a span that waits for delivery from now on.
    pub(crate) fn created(&mut self, span: &SpanData) {
        let trace_id = span.span_context.trace_id();
        self.entry(trace_id).created += 1;
        if matches!(span.span_kind, SpanKind::Client | SpanKind::Producer)
            && let Some(request) = request_id(span)
        {
            if self.requests.len() == MOST {
                self.requests.pop_front();
            }
            self.requests.push_back((hash::of(self.key, request), trace_id));
        }
    }

    /// Notes what became of a batch.
    pub(crate) fn settled(&mut self, batch: &[SpanData], fate: impl Fn(usize) -> Fate, refusals: &[(usize, Refusal)]) {
        let now = Timestamp::now();
        for (place, span) in batch.iter().enumerate() {
            let trace_id = span.span_context.trace_id();
            match fate(place) {
                Fate::Delivered => self.delivered(trace_id, now),
                Fate::Refused(reason) => {
                    let refusal = refusals.iter().find(|(refused, _)| *refused == place);
                    let words = refusal.map(|(_, refusal)| Arc::from(refusal.what.as_str()));
                    self.dropped(trace_id, reason, words.as_ref());
                }
                Fate::Again => {}
            }
        }
    }

    /// Notes a span that the back end has taken.
    pub(crate) fn delivered(&mut self, trace_id: TraceId, now: Timestamp) {
        let entry = self.entry(trace_id);
        entry.delivered += 1;
        entry.taken_at = u32::try_from(now.as_second()).unwrap_or_default();
    }

    /// Notes a span that will never be taken, with the back end's words if it was the back end that refused it.
    pub(crate) fn dropped(&mut self, trace_id: TraceId, reason: DropReason, refusal: Option<&Arc<str>>) {
        let entry = self.entry(trace_id);
        entry.reason = Some(reason);
        match refusal {
            Some(words) => {
                entry.refused += 1;
                entry.refusal = Some(Arc::clone(words));
            }
            None => entry.dropped += 1,
        }
    }

    /// What became of the spans of this trace.
    pub(crate) fn trace(&self, trace_id: TraceId) -> Option<&Entry> {
        let place = self.places.get(&random_half(trace_id))?;
        self.traces.get(usize::from(*place)).filter(|entry| entry.trace_id == trace_id.to_bytes())
    }

    /// The trace of the call with this request id.
    pub(crate) fn trace_of_request(&self, request: &str) -> Option<TraceId> {
        let wanted = hash::of(self.key, request);
        self.requests.iter().rev().find(|(known, _)| *known == wanted).map(|(_, trace_id)| *trace_id)
    }

    /// The entry of a trace; a new one takes the place of the oldest.
    fn entry(&mut self, trace_id: TraceId) -> &mut Entry {
        let (half, bytes) = (random_half(trace_id), trace_id.to_bytes());
        let known = self.places.get(&half).map(|place| usize::from(*place));
        let place = match known {
            Some(place) if self.traces[place].trace_id == bytes => place,
            // Another trace with the same half: it takes the place over.
            Some(place) => {
                self.traces[place] = Entry::of(bytes);
                place
            }
            None => self.place_for(half, bytes),
        };
        &mut self.traces[place]
    }

    fn place_for(&mut self, half: u64, bytes: [u8; 16]) -> usize {
        let place = self.next;
        self.next = (place + 1) % MOST;
        match self.traces.get_mut(place) {
            Some(oldest) => {
                let gone = std::mem::replace(oldest, Entry::of(bytes));
                self.places.remove(&random_half(TraceId::from_bytes(gone.trace_id)));
            }
            None => self.traces.push(Entry::of(bytes)),
        }
        self.places.insert(half, u16::try_from(place).expect("there are no more places than MOST"));
        place
    }
}

impl Entry {
    const fn of(trace_id: [u8; 16]) -> Self {
        let (created, delivered, refused, dropped) = (0, 0, 0, 0);
        Self { trace_id, created, delivered, refused, dropped, taken_at: 0, reason: None, refusal: None }
    }

    /// All spans, those that were taken over from another process included.
    pub(crate) fn all(&self) -> u32 {
        self.created.max(self.delivered + self.refused + self.dropped)
    }

    /// Spans that wait.
    pub(crate) const fn queued(&self) -> u32 {
        self.created.saturating_sub(self.delivered + self.refused + self.dropped)
    }

    /// Nothing waits here any more: what nobody has told the end of had to make room for others, on a disk that does not
    /// tell of which trace they were.
    pub(crate) fn nothing_waits(&mut self) {
        let gone = self.queued();
        if gone > 0 {
            self.dropped += gone;
            self.reason = Some(DropReason::QueueFull);
        }
    }

    /// When the back end has taken the last of them.
    pub(crate) fn taken_at(&self) -> Option<Timestamp> {
        Timestamp::from_second(i64::from(self.taken_at)).ok().filter(|_| self.taken_at > 0)
    }
}

fn request_id(span: &SpanData) -> Option<&str> {
    // Of our own spans it is among the last, because it comes with the answer.
    let said = span.attributes.iter().rev().find(|said| said.key.as_str() == AWS_REQUEST_ID)?;
    match &said.value {
        Value::String(id) => Some(id.as_str()),
        _ => None,
    }
}

fn random_half(trace_id: TraceId) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = trace_id.to_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;

    use super::*;
    use crate::samples::child;

    fn call(trace: u128, request: &str) -> SpanData {
        let mut span = child("DynamoDB.GetItem", SpanKind::Client);
        span.span_context = opentelemetry::trace::SpanContext::new(
            TraceId::from_bytes(trace.to_be_bytes()),
            span.span_context.span_id(),
            opentelemetry::TraceFlags::SAMPLED,
            false,
            opentelemetry::trace::TraceState::NONE,
        );
        span.attributes = vec![KeyValue::new(AWS_REQUEST_ID, request.to_owned())];
        span
    }

    fn id(trace: u128) -> TraceId {
        TraceId::from_bytes(trace.to_be_bytes())
    }

    #[test]
    fn each_fate_of_a_span_is_counted_for_its_trace() {
        let (mut journal, now) = (Journal::default(), Timestamp::from_second(1_800_000_000).unwrap());
        for request in ["A", "B", "C", "D"] {
            journal.created(&call(7, request));
        }
        journal.delivered(id(7), now);
        journal.dropped(id(7), DropReason::Rejected, Some(&"X-Ray: InvalidSegment".into()));
        journal.dropped(id(7), DropReason::QueueFull, None);
        let entry = journal.trace(id(7)).unwrap();
        assert_eq!((entry.created, entry.delivered, entry.refused, entry.dropped, entry.queued()), (4, 1, 1, 1, 1));
        assert_eq!((entry.taken_at(), entry.reason), (Some(now), Some(DropReason::QueueFull)));
        assert_eq!(entry.refusal.as_deref(), Some("X-Ray: InvalidSegment"));
        assert_eq!((journal.trace_of_request("C"), journal.trace_of_request("E")), (Some(id(7)), None));
    }

    #[test]
    fn what_had_to_make_room_is_not_told_as_waiting_once_nothing_waits() {
        let mut journal = Journal::default();
        journal.created(&call(7, "A"));
        journal.created(&call(7, "B"));
        journal.delivered(id(7), Timestamp::UNIX_EPOCH);
        let mut entry = journal.trace(id(7)).unwrap().clone();
        entry.nothing_waits();
        assert_eq!((entry.queued(), entry.dropped, entry.reason), (0, 1, Some(DropReason::QueueFull)));
    }

    #[test]
    fn the_oldest_are_forgotten_first_and_nothing_grows_beyond_its_bound() {
        let mut journal = Journal::default();
        let last = MOST as u128 * 3;
        for trace in 1..=last {
            journal.created(&call(trace, &trace.to_string()));
        }
        let kept = last - MOST as u128 + 1;
        assert!(journal.trace(id(kept - 1)).is_none() && journal.trace(id(kept)).is_some());
        assert_eq!(journal.trace_of_request(&(kept - 1).to_string()), None);
        assert_eq!(journal.trace_of_request(&kept.to_string()), Some(id(kept)));
        assert_eq!((journal.places.len(), journal.traces.len(), journal.requests.len()), (MOST, MOST, MOST));
        assert!(size_of::<Entry>() <= 56, "{} bytes for a trace", size_of::<Entry>());
    }

    #[test]
    fn traces_that_share_half_of_their_ids_are_not_taken_for_one_another() {
        let mut journal = Journal::default();
        let (one, other) = (1_u128 << 64 | 5, 2_u128 << 64 | 5);
        journal.created(&call(one, "A"));
        journal.created(&call(other, "B"));
        assert!(journal.trace(id(one)).is_none());
        assert_eq!(journal.trace(id(other)).unwrap().created, 1);
    }
}
