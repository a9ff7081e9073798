//! Spans that take long are announced before they end.

use super::*;

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
    pipeline.shutdown(LONG);
    assert_eq!(
        (script.announced(), script.delivered()),
        (vec!["array align".to_owned()], vec!["spawn launch".to_owned()])
    );
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
