//! Where spans wait for delivery: in memory, bounded in bytes.
//!
//! This is the seam for the disk spool. A spool needs nothing but these operations: [`append`](Store::append) a span,
//! [`lease`](Store::lease) the oldest ones, [`settle`](Store::settle) a lease, giving back what is to be tried again. What is
//! leased still belongs to the store: it leaves only when it is settled, so a failed export loses nothing.

use std::collections::VecDeque;

use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;

use super::size;

/// Spans in the order in which they ended, in two classes: routine ones make room for the others.
#[derive(Debug)]
pub(super) struct Store {
    capacity: usize,
    used: usize,
    next: u64,
    routine: VecDeque<Held>,
    kept: VecDeque<Held>,
    lease: Option<Lease>,
}

#[derive(Debug)]
struct Held {
    number: u64,
    size: usize,
    span: SpanData,
}

/// What the store remembers of the spans that are out for delivery.
#[derive(Debug)]
struct Lease {
    oldest: u64,
    spans: usize,
    bytes: usize,
}

/// Spans that are out for delivery. There is one batch at a time, and it goes back through [`Store::settle`].
#[derive(Debug)]
pub(super) struct Batch {
    /// The spans, oldest first.
    pub(super) spans: Vec<SpanData>,
    labels: Vec<(u64, usize)>,
}

/// What became of an append.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Appended {
    /// It is in the store, and this many others had to go.
    Stored { evicted: u64 },
    /// It is larger than the whole store.
    TooLarge,
    /// Nothing can make room: too much is out for delivery.
    Full,
}

impl Store {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, used: 0, next: 0, routine: VecDeque::new(), kept: VecDeque::new(), lease: None }
    }

    /// Adds a span, and drops the oldest routine spans, then the oldest of all, as far as room is needed.
    pub(super) fn append(&mut self, span: SpanData) -> Appended {
        let size = size::in_bytes(&span);
        if size > self.capacity {
            return Appended::TooLarge;
        }
        if self.lease.as_ref().map_or(0, |lease| lease.bytes) + size > self.capacity {
            return Appended::Full;
        }
        let mut evicted = 0;
        while self.used + size > self.capacity {
            let Some(oldest) = self.routine.pop_front().or_else(|| self.kept.pop_front()) else { break };
            self.used -= oldest.size;
            evicted += 1;
        }
        let held = Held { number: self.next, size, span };
        self.next += 1;
        self.used += size;
        if is_routine(&held.span) {
            self.routine.push_back(held)
        } else {
            self.kept.push_back(held)
        }
        Appended::Stored { evicted }
    }

    /// Takes up to `spans` of the oldest spans, but no more than `bytes` of them beyond the first.
    pub(super) fn lease(&mut self, spans: usize, bytes: usize) -> Option<Batch> {
        let mut batch = Batch { spans: Vec::new(), labels: Vec::new() };
        let mut taken = 0;
        while batch.spans.len() < spans {
            let oldest = match (self.routine.front(), self.kept.front()) {
                (Some(routine), Some(kept)) if routine.number < kept.number => &mut self.routine,
                (_, Some(_)) => &mut self.kept,
                (Some(_), None) => &mut self.routine,
                (None, None) => break,
            };
            let Some(held) = oldest.pop_front_if(|held| taken == 0 || taken + held.size <= bytes) else { break };
            taken += held.size;
            batch.labels.push((held.number, held.size));
            batch.spans.push(held.span);
        }
        let oldest = batch.labels.first()?.0;
        self.lease = Some(Lease { oldest, spans: batch.spans.len(), bytes: taken });
        Some(batch)
    }

    /// Ends the lease: spans for which `again` holds, by their place in the batch, go back to where they were.
    pub(super) fn settle(&mut self, batch: Batch, again: impl Fn(usize) -> bool) {
        let Some(lease) = self.lease.take() else { return };
        self.used -= lease.bytes;
        let returned = batch.spans.into_iter().zip(batch.labels).enumerate().filter(|(place, _)| again(*place));
        let returned: Vec<_> = returned.map(|(_, (span, (number, size)))| Held { number, size, span }).collect();
        for held in returned.into_iter().rev() {
            self.used += held.size;
            if is_routine(&held.span) { self.routine.push_front(held) } else { self.kept.push_front(held) }
        }
    }

    /// Drops the waiting spans for which `keep` does not hold, and says how many they were.
    pub(super) fn retain(&mut self, keep: &dyn Fn(&SpanData) -> bool) -> u64 {
        let before = self.waiting();
        let mut freed = 0;
        for class in [&mut self.routine, &mut self.kept] {
            class.retain(|held| {
                let stays = keep(&held.span);
                freed += if stays { 0 } else { held.size };
                stays
            });
        }
        self.used -= freed;
        (before - self.waiting()) as u64
    }

    /// Spans that wait, without those that are out for delivery.
    pub(super) fn waiting(&self) -> usize {
        self.routine.len() + self.kept.len()
    }

    /// All spans, those that are out for delivery included.
    pub(super) fn len(&self) -> usize {
        self.waiting() + self.lease.as_ref().map_or(0, |lease| lease.spans)
    }

    /// Bytes that the spans take, those that are out for delivery included.
    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// The number that the next span gets: every span now in the store has a lower one.
    pub(super) fn next_number(&self) -> u64 {
        self.next
    }

    /// Whether a span with a number below this one is still in the store.
    pub(super) fn holds_any_before(&self, number: u64) -> bool {
        let fronts = [self.routine.front(), self.kept.front()].into_iter().flatten().map(|held| held.number);
        fronts.chain(self.lease.as_ref().map(|lease| lease.oldest)).any(|oldest| oldest < number)
    }

    /// The waiting spans, oldest first.
    #[cfg(test)]
    pub(super) fn spans(&self) -> Vec<SpanData> {
        let mut held: Vec<_> = self.routine.iter().chain(&self.kept).collect();
        held.sort_by_key(|held| held.number);
        held.into_iter().map(|held| held.span.clone()).collect()
    }
}

/// Errors are what one looks for, and local roots hold a trace together; the rest makes room for them.
fn is_routine(span: &SpanData) -> bool {
    let failed = matches!(span.status, Status::Error { .. });
    let local_root = span.parent_span_id == opentelemetry::trace::SpanId::INVALID || span.parent_span_is_remote;
    !failed && !local_root
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::SpanKind;
    use proptest::prelude::*;

    use super::*;
    use crate::samples::{child, span};

    /// One thing that is done to a store.
    #[derive(Clone, Debug)]
    enum Step {
        Append {
            failed: bool,
            attribute: usize,
        },
        Lease(usize),
        /// Settles the lease; a span goes back if its place is a multiple of this.
        Settle(usize),
        /// Drops the failed spans.
        Retain,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (any::<bool>(), 0..3_000_usize).prop_map(|(failed, attribute)| Step::Append { failed, attribute }),
            (1..10_usize).prop_map(Step::Lease),
            (1..4_usize).prop_map(Step::Settle),
            Just(Step::Retain),
        ]
    }

    proptest! {
        #[test]
        fn the_store_never_exceeds_its_capacity_nor_loses_a_span_silently(steps in proptest::collection::vec(step(), 0..60)) {
            let capacity = 8_000;
            let mut store = Store::new(capacity);
            let (mut accepted, mut gone, mut lease) = (0, 0, None);
            for step in steps {
                match step {
                    Step::Append { failed, attribute } => {
                        let mut span = child("a", SpanKind::Internal);
                        span.status = if failed { Status::error("x".repeat(attribute)) } else { Status::Unset };
                        accepted += 1;
                        gone += match store.append(span) {
                            Appended::Stored { evicted } => evicted,
                            Appended::Full | Appended::TooLarge => 1,
                        };
                    }
                    Step::Lease(spans) => {
                        if lease.is_none() {
                            lease = store.lease(spans, 4_000);
                        }
                    }
                    Step::Retain => gone += store.retain(&|span| span.status == Status::Unset),
                    Step::Settle(multiple) => {
                        if let Some(batch) = lease.take() {
                            gone += (0..batch.spans.len()).filter(|place| place % multiple != 0).count() as u64;
                            store.settle(batch, |place| place % multiple == 0);
                        }
                    }
                }
                prop_assert!(store.used <= capacity);
                prop_assert_eq!(store.len() as u64, accepted - gone);
                let waiting: usize = store.spans().iter().map(size::in_bytes).sum();
                prop_assert_eq!(store.used, waiting + store.lease.as_ref().map_or(0, |lease| lease.bytes));
            }
        }
    }

    #[test]
    fn a_lease_is_the_oldest_spans_of_both_classes_and_goes_back_to_its_place() {
        let mut store = Store::new(usize::MAX);
        store.append(child("routine 1", SpanKind::Internal));
        store.append(span("root 2"));
        store.append(child("routine 3", SpanKind::Internal));
        let names = |spans: &[SpanData]| spans.iter().map(|span| span.name.to_string()).collect::<Vec<_>>();
        let batch = store.lease(2, usize::MAX).unwrap();
        assert_eq!(names(&batch.spans), ["routine 1", "root 2"]);
        assert!(store.holds_any_before(1) && !store.holds_any_before(0));
        store.settle(batch, |place| place == 1);
        assert_eq!(names(&store.spans()), ["root 2", "routine 3"]);
    }
}
