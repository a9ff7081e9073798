//! The promises of the pipeline, with exporters that do what they are told.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;

use super::*;
use crate::export::{BatchLimits, Delivering, Exporter, Fate, Memory, Outcome, Remarks, Trouble};
use crate::health::HealthState;
use crate::samples::{child, span};
use opentelemetry::trace::SpanKind;

mod announced;
mod ends;
mod kept;
mod script;
mod sync;
mod troubles;

use script::*;

#[test]
fn spans_are_held_without_a_thread_until_there_is_an_exporter() {
    let pipeline = Pipeline::start();
    pipeline.accept(span("a"));
    assert_eq!(pipeline.health().state, HealthState::Holding);
    assert_eq!(pipeline.shared().state().worker, WorkerState::Absent);
    assert_eq!(pipeline.counters(), counters(1, 0, 1, &[]));
    let script = Script::default();
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    assert_eq!(pipeline.shutdown(LONG), Flushed { delivered: 1, left: 0 });
    assert_eq!(script.delivered(), ["a"]);
}

#[test]
fn held_spans_that_the_sampler_rejects_are_counted() {
    let pipeline = Pipeline::start();
    pipeline.accept(span("kept"));
    pipeline.accept(span("rejected"));
    let script = Script::default();
    pipeline.export_with(Arc::new(script.clone()), &|span| span.name == "kept");
    pipeline.shutdown(LONG);
    assert_eq!(script.delivered(), ["kept"]);
    assert_eq!(pipeline.counters(), counters(2, 1, 0, &[(DropReason::NotSampled, 1)]));
}

#[test]
fn without_an_exporter_discarding_drops_what_was_held_and_counts_nothing_more() {
    let pipeline = Pipeline::start();
    pipeline.accept(span("held"));
    pipeline.configure(Delivery::Discard, &|_| true);
    pipeline.accept(span("late"));
    assert_eq!(pipeline.counters(), counters(1, 0, 0, &[(DropReason::Disabled, 1)]));
    assert_eq!(pipeline.health().state, HealthState::Off);
    assert_eq!(pipeline.shutdown(LONG), Flushed::default());
}

#[test]
fn after_an_exporter_discarding_still_delivers_what_waits() {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let script = Script::of([Act::Block(Arc::clone(&gate))]);
    let pipeline = exporting(&script);
    pipeline.accept(span("a"));
    pipeline.accept(span("b"));
    pipeline.configure(Delivery::Discard, &|_| true);
    pipeline.accept(span("late"));
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    assert_eq!(pipeline.shutdown(LONG).left, 0);
    assert_eq!(pipeline.counters(), counters(2, 2, 0, &[]));
}

#[test]
fn a_full_store_drops_the_oldest_routine_spans_and_says_so() {
    let room = size::in_bytes(&span("root")) * 3;
    let pipeline = Pipeline::with_pace(Pace { capacity: room, ..pace() });
    pipeline.accept(child("one", SpanKind::Internal));
    pipeline.accept(span("root"));
    pipeline.accept(child("two", SpanKind::Internal));
    pipeline.accept(child("three", SpanKind::Internal));
    let names: Vec<_> = pipeline.held().iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["root", "two", "three"].map(str::to_owned)[..names.len()]);
    let after = pipeline.counters();
    assert!(is_conserved(&after), "{after:?}");
    assert_eq!(after.dropped.keys().collect::<Vec<_>>(), [&DropReason::QueueFull]);
}

#[test]
fn a_span_larger_than_the_store_is_counted_as_too_large() {
    let pipeline = Pipeline::with_pace(Pace { capacity: 10, ..pace() });
    pipeline.accept(span("a"));
    assert_eq!(pipeline.counters(), counters(1, 0, 0, &[(DropReason::TooLarge, 1)]));
}

#[test]
fn a_new_configuration_loses_nothing_under_load() {
    let scripts: Vec<Script> = (0..20).map(|_| Script::default()).collect();
    let pipeline = Pipeline::with_pace(pace());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..2_000).for_each(|_| pipeline.accept(span("a"))));
        }
        scope.spawn(|| {
            for script in &scripts {
                pipeline.export_with(Arc::new(script.clone()), &|_| true);
                let now = pipeline.counters();
                assert!(is_conserved(&now), "{now:?}");
            }
        });
    });
    assert_eq!(pipeline.shutdown(LONG).left, 0);
    assert_eq!(pipeline.counters(), counters(8_000, 8_000, 0, &[]));
    assert_eq!(scripts.iter().map(|script| script.delivered().len()).sum::<usize>(), 8_000);
}

#[test]
fn the_account_is_exact_at_any_moment_while_everything_goes_wrong() {
    let failed = || Act::Answer(Outcome::failed(trouble(false)));
    let acts = (0..60).flat_map(|_| [failed(), Act::Panic, Act::Answer(Outcome::delivered(100))]);
    let script = Script::of(acts);
    let capacity = size::in_bytes(&span("a")) * 200;
    let pipeline = Pipeline::with_pace(Pace { capacity, ..pace() });
    pipeline.export_with(Arc::new(script), &|_| true);
    std::thread::scope(|scope| {
        let writers: Vec<_> =
            (0..4).map(|_| scope.spawn(|| (0..1_000).for_each(|_| pipeline.accept(span("a"))))).collect();
        while !writers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let now = pipeline.counters();
            assert!(is_conserved(&now), "{now:?}");
        }
    });
    pipeline.shutdown(LONG);
    let after = pipeline.counters();
    assert!(is_conserved(&after), "{after:?}");
    assert_eq!((after.created, after.queued), (4_000, 0));
}

#[test]
fn the_worker_ends_with_the_last_handle() {
    let pipeline = exporting(&Script::default());
    let shared = Arc::clone(&pipeline.0.0);
    drop(pipeline);
    let state = shared.settled.wait_while(shared.state(), |state| state.worker == WorkerState::Running).unwrap();
    assert!(state.is_closed());
}

#[test]
fn a_problem_is_logged_when_it_begins_when_it_changes_and_when_it_is_over() {
    let lines = Lines::default();
    let sink = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().without_time().with_ansi(false).with_writer(move || sink.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut state = State::new(&Pace { capacity: usize::MAX, ..pace() });
        state.fail(trouble(true));
        state.fail(trouble(true));
        state.fail(Trouble { what: "gone".to_owned(), ..trouble(false) });
        for _ in 0..2 {
            state.store.append(span("a"), Instant::now());
            let turn = state.turn().unwrap();
            let batch = state.lease(&turn, 1, 1, false).unwrap().read();
            state.settle(batch, Outcome::delivered(1));
        }
        state.notices.drain(..).for_each(notice::Notice::log);
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let expected = [
        " WARN spawn_telemetry::pipeline::notice: spans are not delivered; they are kept and tried again problem=\"refused\" remedy=\"ask\"",
        " WARN spawn_telemetry::pipeline::notice: spans are not delivered; they are kept and tried again problem=\"gone\" remedy=\"ask\"",
        " INFO spawn_telemetry::pipeline::notice: spans are delivered again problem=\"gone\"",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

/// Log lines, kept in memory.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn wait_for(what: &str, met: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !met() {
        assert!(Instant::now() < deadline, "no {what}");
        std::thread::yield_now();
    }
}

#[test]
fn what_an_exporter_remarks_is_in_the_account() {
    let script = Script::default();
    script.0.lock().unwrap().remarks = Remarks { cut: 2, split: 3, ..Remarks::default() };
    let pipeline = exporting(&script);
    pipeline.accept(span("a"));
    pipeline.shutdown(LONG);
    assert_eq!(pipeline.counters(), Counters { cut: 2, split: 3, ..counters(1, 1, 0, &[]) });
}
