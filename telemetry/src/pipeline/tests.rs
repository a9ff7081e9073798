//! The promises of the pipeline, with exporters that do what they are told.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;

use super::*;
use crate::export::{BatchLimits, Delivering, Exporter, Fate, Memory, Outcome, Remarks, Trouble};
use crate::health::HealthState;
use crate::samples::{child, span};
use opentelemetry::trace::SpanKind;

/// What a scripted exporter does with one batch. When the script is over, it delivers.
#[derive(Clone, Debug)]
enum Act {
    Answer(Outcome),
    Hang,
    Panic,
    /// Blocks the worker's thread until the test lets it go on.
    Block(Arc<(Mutex<bool>, Condvar)>),
}

/// A plan of exporters that share one script and one list of what was delivered.
#[derive(Clone, Debug, Default)]
struct Script(Arc<Mutex<Played>>);

#[derive(Debug, Default)]
struct Played {
    acts: VecDeque<Act>,
    broken: Option<Trouble>,
    names: Vec<String>,
    spans: Vec<SpanData>,
    announced: Vec<String>,
    deaf: bool,
    remarks: Remarks,
    exporters: usize,
    /// The resource that spans are kept under; none keeps them in memory alone.
    header: Option<Vec<u8>>,
    /// The resources that exporters were asked for.
    resources: Vec<Vec<u8>>,
}

impl Script {
    fn of(acts: impl IntoIterator<Item = Act>) -> Self {
        let script = Self::default();
        script.0.lock().unwrap().acts.extend(acts);
        script
    }

    fn announced(&self) -> Vec<String> {
        self.0.lock().unwrap().announced.clone()
    }

    fn delivered(&self) -> Vec<String> {
        self.0.lock().unwrap().names.clone()
    }
}

impl MakeExporter for Script {
    fn name(&self) -> &'static str {
        "script"
    }

    fn header(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap().header.clone()
    }

    fn exporter(&self, _: &Memory, of: Option<&[u8]>) -> Result<Box<dyn Exporter>, Trouble> {
        let mut played = self.0.lock().unwrap();
        played.resources.extend(of.map(<[u8]>::to_vec));
        played.exporters += 1;
        match &played.broken {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(Box::new(self.clone())),
        }
    }
}

impl Exporter for Script {
    fn limits(&self) -> BatchLimits {
        BatchLimits { spans: 100, bytes: 1024 * 1024, patience: None }
    }

    fn announce<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, bool> {
        let mut played = self.0.lock().unwrap();
        played.announced.extend(spans.iter().map(|span| span.name.to_string()));
        Box::pin(std::future::ready(!played.deaf))
    }

    fn remarks(&mut self) -> Remarks {
        std::mem::take(&mut self.0.lock().unwrap().remarks)
    }

    fn deliver<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, Outcome> {
        Box::pin(async {
            assert!(opentelemetry::Context::is_current_telemetry_suppressed(), "an export makes no spans");
            let act = self.0.lock().unwrap().acts.pop_front();
            let outcome = match act {
                None => Outcome::delivered(spans.len()),
                Some(Act::Answer(outcome)) => outcome,
                Some(Act::Hang) => pending().await,
                Some(Act::Panic) => panic!("told to"),
                Some(Act::Block(gate)) => {
                    let (open, opened) = &*gate;
                    drop(opened.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
                    Outcome::delivered(spans.len())
                }
            };
            let taken = spans.iter().zip(&outcome.fates).filter(|(_, fate)| **fate == Fate::Delivered);
            let mut played = self.0.lock().unwrap();
            for (span, _) in taken {
                played.names.push(span.name.to_string());
                played.spans.push(span.clone());
            }
            drop(played);
            outcome
        })
    }
}

const LONG: Duration = Duration::from_secs(30);

fn pace() -> Pace {
    Pace {
        linger: Duration::ZERO,
        patience: Duration::from_millis(20),
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(4),
        disk_rest: Duration::from_millis(2),
        ..Pace::default()
    }
}

fn exporting(script: &Script) -> Pipeline {
    let pipeline = Pipeline::with_pace(pace());
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    pipeline
}

fn trouble(lasting: bool) -> Trouble {
    Trouble { lasting, after: None, what: "refused".to_owned(), remedy: "ask".to_owned() }
}

fn counters(created: u64, exported: u64, queued: u64, dropped: &[(DropReason, u64)]) -> Counters {
    let dropped = dropped.iter().copied().collect::<BTreeMap<_, _>>();
    Counters { created, exported, queued, dropped, ..Counters::default() }
}

fn is_conserved(counters: &Counters) -> bool {
    counters.created + counters.recovered == counters.exported + counters.queued + counters.dropped_in_all()
}

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
fn what_fails_is_tried_again_in_order_and_nothing_is_lost() {
    let again =
        Outcome { fates: vec![Fate::Delivered, Fate::Again], trouble: Some(trouble(false)), ..Outcome::default() };
    let failed = Outcome::failed(trouble(false));
    let script =
        Script::of([Act::Answer(failed.clone()), Act::Answer(again), Act::Answer(failed), Act::Panic, Act::Hang]);
    let pipeline = Pipeline::with_pace(pace());
    for name in ["a", "b", "c"] {
        pipeline.accept(span(name));
    }
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    assert_eq!(pipeline.shutdown(LONG), Flushed { delivered: 3, left: 0 });
    assert_eq!(script.delivered(), ["a", "b", "c"]);
    assert_eq!(pipeline.counters(), counters(3, 3, 0, &[]));
}

#[test]
fn what_the_back_end_refuses_for_good_is_dropped_and_told() {
    let fates = vec![Fate::Delivered, Fate::Refused(DropReason::Rejected)];
    let refusal = Some("bad id".to_owned());
    let script = Script::of([Act::Answer(Outcome { fates, refusal: refusal.clone(), ..Outcome::default() })]);
    let pipeline = Pipeline::with_pace(pace());
    pipeline.accept(span("a"));
    pipeline.accept(span("b"));
    pipeline.export_with(Arc::new(script), &|_| true);
    assert_eq!(pipeline.shutdown(LONG), Flushed { delivered: 1, left: 0 });
    assert_eq!(pipeline.counters(), counters(2, 1, 0, &[(DropReason::Rejected, 1)]));
    assert_eq!(pipeline.health().last_refusal, refusal);
}

#[test]
fn a_lasting_refusal_ends_a_flush_early_and_heals_when_the_cause_is_gone() {
    let script = Script::of([Act::Answer(Outcome::failed(trouble(true)))]);
    let patient = Pace { longest_wait: Duration::from_secs(3600), ..pace() };
    let pipeline = Pipeline::with_pace(patient);
    pipeline.accept(span("a"));
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    let begun = Instant::now();
    assert_eq!(pipeline.flush_blocking(LONG, Whose::All).delivered, 0);
    assert!(begun.elapsed() < LONG);
    let health = pipeline.health();
    assert_eq!((health.state, health.exporter), (HealthState::Degraded, Some("script")));
    let problem = health.problem.unwrap();
    assert_eq!((problem.what.as_str(), problem.remedy.as_str(), problem.count), ("refused", "ask", 1));
    // The next flush does not wait for the hour to be over.
    assert_eq!(pipeline.flush_blocking(LONG, Whose::All), Flushed { delivered: 1, left: 0 });
    let health = pipeline.health();
    assert_eq!((health.state, health.problem), (HealthState::Ok, None));
}

#[test]
fn an_exporter_that_cannot_be_made_is_a_problem_and_not_a_loss() {
    let script = Script::default();
    script.0.lock().unwrap().broken = Some(trouble(true));
    let pipeline = exporting(&script);
    pipeline.accept(span("a"));
    assert_eq!(pipeline.flush_blocking(LONG, Whose::All), Flushed { delivered: 0, left: 1 });
    assert_eq!(pipeline.health().problem.unwrap().what, "refused");
    let mended = Script::default();
    pipeline.export_with(Arc::new(mended.clone()), &|_| true);
    pipeline.shutdown(LONG);
    assert_eq!(mended.delivered(), ["a"]);
}

#[test]
fn after_a_lasting_refusal_the_exporter_is_made_anew() {
    let script = Script::of([false, true].map(|lasting| Act::Answer(Outcome::failed(trouble(lasting)))));
    let pipeline = exporting(&script);
    pipeline.accept(span("a"));
    while pipeline.counters().exported == 0 {
        pipeline.flush_blocking(LONG, Whose::All);
    }
    assert_eq!(script.0.lock().unwrap().exporters, 2);
}

#[test]
fn an_absent_back_end_under_load_costs_spans_that_are_counted_and_no_more_memory() {
    let script = Script::of(std::iter::repeat_n(Act::Answer(Outcome::failed(trouble(false))), 100_000));
    let capacity = 64 * 1024;
    let pipeline = Pipeline::with_pace(Pace { capacity, ..pace() });
    pipeline.export_with(Arc::new(script), &|_| true);
    for _ in 0..20_000 {
        pipeline.accept(child("step", SpanKind::Client));
        assert!(pipeline.shared().state().store.used() <= capacity);
    }
    let now = pipeline.counters();
    assert!(is_conserved(&now) && now.dropped_for(DropReason::QueueFull) > 19_000, "{now:?}");
}

#[test]
fn a_log_that_makes_its_writer_wait_does_not_make_callers_wait() {
    let pipeline = Pipeline::with_pace(pace());
    let sink = pipeline.clone();
    // Whoever writes this log needs the pipeline's state, as a caller does.
    let writer = move || {
        assert!(sink.shared().state.try_lock().is_ok());
        std::io::sink()
    };
    let subscriber = tracing_subscriber::fmt().with_writer(writer).finish();
    tracing::subscriber::with_default(subscriber, || {
        pipeline.shared().state().fail(trouble(true));
        pipeline.shared().tell();
    });
}

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

#[test]
fn a_span_that_takes_long_is_announced_once_and_counted_when_it_ends() {
    let script = Script::default();
    let pipeline = Pipeline::with_pace(Pace { announce_after: Duration::ZERO, ..pace() });
    // Noted before anybody knows where spans go.
    pipeline.begun(span("task align[7]"), true);
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    wait_for("announcement", || script.announced() == ["task align[7]"]);
    assert_eq!((pipeline.counters(), script.delivered()), (Counters::default(), vec![]));
    pipeline.accept(span("task align[7]"));
    pipeline.shutdown(LONG);
    assert_eq!((script.announced().len(), script.delivered()), (1, vec!["task align[7]".to_owned()]));
}

#[test]
fn what_is_sure_to_take_long_is_announced_before_a_flush_ends() {
    let script = Script::default();
    let pipeline = Pipeline::with_pace(Pace { announce_after: LONG, ..pace() });
    // Both in one go, so that the worker finds them together with the flush.
    pipeline.begun_long(span("array align"));
    pipeline.accept(SpanData { span_context: crate::samples::context(7), ..span("spawn launch") });
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    assert_eq!(pipeline.shutdown(LONG).delivered, 1);
    assert_eq!(script.announced(), ["array align"]);
}

#[test]
fn what_ends_in_time_or_was_not_sampled_is_never_announced() {
    let script = Script::default();
    let pipeline = Pipeline::with_pace(Pace { announce_after: Duration::from_millis(1), ..pace() });
    pipeline.begun(span("rejected"), true);
    pipeline.export_with(Arc::new(script.clone()), &|span| span.name != "rejected");
    let other = SpanData { span_context: crate::samples::context(7), ..span("kept") };
    pipeline.begun(other, true);
    wait_for("announcement", || !script.announced().is_empty());
    assert_eq!(script.announced(), ["kept"]);
    pipeline.configure(Delivery::Discard, &|_| true);
    pipeline.begun(span("late"), true);
    assert_eq!(pipeline.shared().state().under_way.due(), None);
}

#[test]
fn an_announcement_that_was_not_heard_comes_again_later_and_holds_nothing_up() {
    let script = Script::default();
    script.0.lock().unwrap().deaf = true;
    let pipeline = Pipeline::with_pace(Pace { announce_after: Duration::ZERO, ..pace() });
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    pipeline.begun(span("work"), true);
    wait_for("announcement", || !script.announced().is_empty());
    wait_for("another time", || pipeline.shared().state().under_way.due().is_some_and(|due| due > Instant::now()));
    pipeline.accept(SpanData { span_context: crate::samples::context(7), ..span("other") });
    pipeline.shutdown(LONG);
    assert_eq!(pipeline.counters().exported, 1);
    assert_eq!(script.announced().len(), 1);
}

mod kept;
