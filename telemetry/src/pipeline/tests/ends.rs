//! Flushes and ends keep their time, and what lingers does so no longer than it should.

use super::*;

#[test]
fn a_shutdown_keeps_its_deadline_when_the_exporter_hangs_and_counts_what_is_left() {
    let script = Script::of(std::iter::repeat_n(Act::Hang, 1000));
    let pipeline = exporting(&script);
    pipeline.accept(span("a"));
    assert_eq!(pipeline.shutdown(Duration::from_millis(50)), Flushed { delivered: 0, left: 1 });
    pipeline.accept(span("late"));
    let shared = pipeline.shared();
    drop(shared.settled.wait_while(shared.state(), |state| state.worker == WorkerState::Running).unwrap());
    assert_eq!(pipeline.counters(), counters(2, 0, 0, &[(DropReason::Shutdown, 2)]));
    assert_eq!(pipeline.health().state, HealthState::Closed);
}

#[test]
fn the_worker_is_woken_for_the_first_span_and_for_a_full_batch() {
    let mut state = State::new(&Pace { capacity: usize::MAX, ..pace() });
    state.worker = WorkerState::Running;
    let woken = (1..=600).filter(|_| state.accept(span("a"))).count();
    let waking: Vec<_> = (601..=1_000).filter(|_| state.accept(span("a"))).collect();
    assert_eq!((woken, waking), (2, Vec::new()));
}

#[test]
fn flush_and_shutdown_keep_their_deadline_when_the_worker_is_stuck() {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let pipeline = exporting(&Script::of([Act::Block(Arc::clone(&gate))]));
    pipeline.accept(span("a"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let flushed = runtime.block_on(pipeline.flush(Duration::from_millis(20)));
    assert_eq!(flushed, Flushed { delivered: 0, left: 1 });
    assert_eq!(pipeline.shutdown(Duration::from_millis(20)), Flushed { delivered: 0, left: 1 });
    assert_eq!(pipeline.counters(), counters(1, 0, 1, &[]));
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
}

#[tokio::test(flavor = "current_thread")]
async fn a_flush_works_on_a_runtime_of_one_thread() {
    let script = Script::default();
    let pipeline = exporting(&script);
    pipeline.accept(span("a"));
    pipeline.flush(LONG).await;
    assert_eq!(script.delivered(), ["a"]);
    // Blocking is allowed too: nothing in the pipeline needs this thread.
    pipeline.accept(span("b"));
    assert_eq!(pipeline.shutdown(LONG).left, 0);
    assert_eq!(script.delivered(), ["a", "b"]);
}

#[test]
fn the_end_keeps_its_time_on_every_kind_of_runtime_though_the_back_end_hangs() {
    let within = Duration::from_millis(100);
    let runtimes = [
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
    ];
    for runtime in runtimes {
        let pipeline = exporting(&Script::of(std::iter::repeat_n(Act::Hang, 1000)));
        pipeline.accept(span("a"));
        let began = Instant::now();
        let (flushed, ended) = runtime.block_on(async { (pipeline.flush(within).await, pipeline.shutdown(within)) });
        assert_eq!((flushed.left, ended.left), (1, 1));
        // Both together, and a second for a busy machine.
        assert!(began.elapsed() < within * 2 + Duration::from_secs(1), "{:?}", began.elapsed());
    }
}

#[test]
fn spans_are_delivered_without_anybody_asking() {
    let pipeline = exporting(&Script::default());
    for exported in 1..=3 {
        pipeline.accept(span("a"));
        let shared = pipeline.shared();
        let waited =
            shared.settled.wait_timeout_while(shared.state(), LONG, |state| state.counters().exported < exported);
        assert!(!waited.unwrap().1.timed_out());
    }
}

#[test]
fn a_full_batch_does_not_linger() {
    let pipeline = Pipeline::with_pace(Pace { linger: Duration::from_secs(3600), ..pace() });
    pipeline.export_with(Arc::new(Script::default()), &|_| true);
    (0..state::FULL_BATCH).for_each(|_| pipeline.accept(span("a")));
    let shared = pipeline.shared();
    let waited = shared.settled.wait_timeout_while(shared.state(), LONG, |state| state.counters().exported == 0);
    assert!(!waited.unwrap().1.timed_out());
}

#[test]
fn a_flush_does_not_linger() {
    let script = Script::default();
    let pipeline = Pipeline::with_pace(Pace { linger: Duration::from_secs(3600), ..pace() });
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    pipeline.accept(span("a"));
    assert_eq!(pipeline.flush_blocking(LONG, Whose::All), Flushed { delivered: 1, left: 0 });
}
