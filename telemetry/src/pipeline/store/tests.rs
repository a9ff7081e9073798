//! The store against a plain account of what went in and came out.

mod busy;

use opentelemetry::trace::SpanKind;
use proptest::prelude::*;

use spawn_delivery::disk::{Fault, SimulatedDisk};

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
    /// Has the disk refuse everything, or do its duty.
    Refuse(bool),
    /// Keeps spans in one of two folders from now on, or in memory.
    Move(Option<bool>),
}

const REST: Duration = Duration::from_secs(5);

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<bool>(), 0..3_000_usize).prop_map(|(failed, attribute)| Step::Append { failed, attribute }),
        (1..10_usize).prop_map(Step::Lease),
        (1..4_usize).prop_map(Step::Settle),
        Just(Step::Retain),
        any::<bool>().prop_map(Step::Refuse),
        any::<Option<bool>>().prop_map(Step::Move),
    ]
}

fn leased(store: &mut Store, spans: usize, bytes: usize) -> Option<Batch> {
    let turn = store.turn(false)?;
    store.lease(&turn, spans, bytes, false).map(Leased::read)
}

/// Some are to be tried again, the others are delivered: those.
fn settle(store: &mut Store, batch: Batch, again: impl Fn(usize) -> bool) -> Vec<SpanData> {
    store.settle(batch, |place| (!again(place)).then_some(Fate::DELIVERED), Instant::now())
}

fn storage(folder: &str) -> Storage {
    Storage { folder: Some(folder.into()), size: 1024 * 1024, sync: Duration::from_secs(3600) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_store_never_exceeds_its_capacity_nor_loses_a_span_silently(
        steps in proptest::collection::vec(step(), 0..60),
        on_disk in any::<bool>(),
    ) {
        let (capacity, most_leased) = (8_000, 4_000);
        let simulated = SimulatedDisk::new(1);
        let disk: Arc<dyn Disk> = Arc::new(simulated.clone());
        let mut store = Store::new(capacity, REST);
        if on_disk {
            store.keep_in(&disk, &storage("/spool"), Some(b"resource".to_vec()));
        }
        let (mut accepted, mut gone, mut lease) = (0, 0, None);
        let mut now = Instant::now();
        for step in steps {
            now += REST / 3;
            gone += store.bring(2, now);
            match step {
                Step::Refuse(true) => simulated.fail(Fault::error(28)),
                Step::Refuse(false) => simulated.mend(),
                Step::Move(to) if on_disk => {
                    let other = to.map_or_else(Storage::memory, |other| storage(if other { "/other" } else { "/spool" }));
                    store.keep_in(&disk, &other, Some(b"resource".to_vec()));
                }
                Step::Move(_) => {}
                Step::Append { failed, attribute } => {
                    let mut span = child("a", SpanKind::Internal);
                    span.status = if failed { Status::error("x".repeat(attribute)) } else { Status::Unset };
                    accepted += 1;
                    gone += match store.append(span, now) {
                        Appended::Stored { evicted } => evicted,
                        Appended::Full { evicted } => evicted + 1,
                        Appended::TooLarge => 1,
                    };
                }
                Step::Lease(spans) => {
                    if lease.is_none() {
                        lease = leased(&mut store, spans, most_leased);
                    }
                }
                Step::Retain => gone += store.retain(&|span| span.status == Status::Unset),
                Step::Settle(multiple) => {
                    if let Some(batch) = lease.take() {
                        gone += (0..batch.spans.len()).filter(|place| place % multiple != 0).count() as u64;
                        settle(&mut store, batch, |place| place % multiple == 0);
                    }
                }
            }
            prop_assert_eq!(store.take_lost(), 0);
            store.take_leaving().into_iter().for_each(Source::close);
            prop_assert_eq!(store.len() as u64, accepted - gone);
            let waiting: usize = store.spans().iter().map(size::in_bytes).sum();
            prop_assert_eq!(store.used, waiting + store.lease.as_ref().map_or(0, |lease| lease.bytes));
            let out = if on_disk { most_leased } else { 0 };
            prop_assert!(store.used <= capacity + out);
        }
        simulated.mend();
        // Everything that was not dropped comes out, and each once.
        if let Some(batch) = lease.take() {
            gone += batch.spans.len() as u64;
            settle(&mut store, batch, |_| false);
        }
        while let Some(batch) = leased(&mut store, 7, most_leased) {
            gone += batch.spans.len() as u64;
            settle(&mut store, batch, |_| false);
        }
        prop_assert_eq!((store.len(), store.used, gone), (0, 0, accepted));
    }
}

#[test]
fn a_lease_is_the_oldest_spans_of_both_classes_and_goes_back_to_its_place() {
    let mut store = Store::new(usize::MAX, REST);
    let first = store.next_number();
    for span in [child("routine 1", SpanKind::Internal), span("root 2"), child("routine 3", SpanKind::Internal)] {
        store.append(span, Instant::now());
    }
    let names = |spans: &[SpanData]| spans.iter().map(|span| span.name.to_string()).collect::<Vec<_>>();
    let batch = leased(&mut store, 2, usize::MAX).unwrap();
    assert_eq!(names(&batch.spans), ["routine 1", "root 2"]);
    assert!(store.holds_any_before(store.next_number()) && !store.holds_any_before(first));
    settle(&mut store, batch, |place| place == 1);
    assert_eq!(names(&store.spans()), ["root 2", "routine 3"]);
}

#[test]
fn what_goes_back_keeps_its_order_and_what_is_done_with_is_handed_out_to_be_dropped_elsewhere() {
    let mut store = Store::new(usize::MAX, REST);
    for name in ["0", "1", "2", "3", "4", "5", "6"] {
        store.append(child(name, SpanKind::Internal), Instant::now());
    }
    let batch = leased(&mut store, 6, usize::MAX).unwrap();
    let names = |spans: &[SpanData]| spans.iter().map(|span| span.name.to_string()).collect::<Vec<_>>();
    let mut done = names(&settle(&mut store, batch, |place| matches!(place, 0 | 2 | 3 | 5)));
    done.sort();
    assert_eq!(done, ["1", "4"]);
    assert_eq!(names(&store.spans()), ["0", "2", "3", "5", "6"]);
}

#[test]
fn in_a_hurry_what_is_kept_longest_goes_first() {
    let mut store = Store::new(usize::MAX, REST);
    for span in [child("routine 1", SpanKind::Internal), span("root 2")] {
        store.append(span, Instant::now());
    }
    let turn = store.turn(true).unwrap();
    let batch = store.lease(&turn, 1, usize::MAX, true).unwrap().read();
    assert_eq!(batch.spans[0].name, "root 2");
}
