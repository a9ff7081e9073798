//! A disk that is well on a machine that is too busy to run those who write to it. Memory has room for few spans, so to hold such a
//! disk for slow loses some.

use spawn_delivery::disk::Operation;

use super::*;

/// Longer than a healthy disk takes.
const HELD_UP: Duration = Duration::from_millis(400);

/// A store on this disk, with memory for some ten spans.
fn store_on(disk: &SimulatedDisk) -> Store {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut store = Store::new(size::in_bytes(&routine()) * 10, REST);
    store.keep_in(&disk, &storage("/spool"), Some(b"resource".to_vec()));
    store
}

fn routine() -> SpanData {
    child("a", SpanKind::Internal)
}

fn taking(time: Duration) -> Fault {
    Fault { error: None, delay: time, ..Fault::error(0) }.of(&[Operation::Write])
}

/// Appends so many, none of which may cost another.
fn fill(store: &mut Store, spans: usize, now: Instant) {
    for _ in 0..spans {
        assert_eq!(store.append(routine(), now), Appended::Stored { evicted: 0 });
    }
}

#[test]
fn writes_that_are_held_up_now_and_then_send_no_span_to_memory() {
    let disk = SimulatedDisk::new(1);
    let mut store = store_on(&disk);
    (0..40).for_each(|number| disk.fail(taking(HELD_UP).once_after(number * 25)));
    fill(&mut store, 1_000, Instant::now());
    assert!(disk.waited() >= HELD_UP * 30, "{:?}", disk.waited());
    assert_eq!(store.problem(), None);
    assert_eq!((store.status().on_disk, store.status().in_memory), (1_000, 0));
}

#[test]
fn what_is_brought_to_the_disk_together_is_not_taken_for_one_write() {
    let disk = SimulatedDisk::new(1);
    let mut store = store_on(&disk);
    let now = Instant::now();
    disk.fail(Fault::error(28));
    fill(&mut store, 10, now);
    disk.mend();
    disk.fail(taking(HELD_UP / 8));
    assert_eq!(store.bring(10, now + REST), 0);
    assert_eq!((store.status().on_disk, store.problem()), (10, None));
}

#[test]
fn a_disk_may_take_seconds_to_keep_what_was_written_and_hangs_only_then() {
    let disk = SimulatedDisk::new(1);
    let mut store = store_on(&disk);
    let now = Instant::now();
    fill(&mut store, 1, now);
    let duty = store.duty(now + storage("/spool").sync, false);
    let Duty::Sync(_asking) = duty else { panic!("{duty:?}") };
    let begun = Instant::now();
    fill(&mut store, 1, begun + Duration::from_secs(4));
    assert_eq!((store.status().on_disk, store.status().in_memory), (2, 0));
    fill(&mut store, 1, begun + Duration::from_secs(6));
    assert_eq!((store.status().on_disk, store.status().in_memory), (2, 1));
}
