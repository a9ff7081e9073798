//! Back ends that refuse, fail, are away or cannot be had.

use super::*;

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
