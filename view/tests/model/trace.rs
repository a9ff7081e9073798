//! What a trace makes of spans that cannot be.

use spawn_view::{SpanKind, Trace};

use super::samples::*;

#[test]
fn spans_hang_below_their_parents_in_the_order_in_which_they_began() {
    let trace = trace([
        span(3, 1, "second", 5, 9),
        span(1, 0, "root", 0, 10),
        span(4, 3, "inner", 6, 7),
        span(2, 1, "first", 1, 4),
        span(5, 0, "another root", 2, 3),
    ]);
    assert_eq!(names(&trace, trace.roots()), ["root", "another root"]);
    assert_eq!(names(&trace, &trace.top_down()), ["root", "first", "second", "inner", "another root"]);
    assert_eq!((trace.start(), trace.end(), trace.notes()), (START, START + 10 * MS, &[][..]));
}

#[test]
fn of_an_announcement_and_an_end_the_end_is_kept_without_a_word() {
    let announced = span(1, 0, "work", 0, 0).open().said("more", 1).said("than", 2);
    for spans in [[announced.clone(), span(1, 0, "work", 0, 9)], [span(1, 0, "work", 0, 9), announced]] {
        let trace = trace(spans);
        assert_eq!((trace.spans()[0].duration(), trace.spans().len(), trace.notes().len()), (Some(9 * MS), 1, 0));
    }
}

#[test]
fn of_two_spans_of_one_id_the_one_that_says_more_is_kept_and_both_are_told() {
    let trace = trace([span(1, 0, "a \u{1b}[31m", 0, 9).said("x", 1), span(1, 0, "b", 0, 9)]);
    assert_eq!(trace.spans()[0].name, "a \u{1b}[31m");
    assert_eq!(
        notes(&trace),
        [r#"two spans have the id 0000000000000001: "a \u{1b}[31m" of "shop" is shown, "b" of "shop" is not"#]
    );
}

#[test]
fn missing_parents_are_one_note_however_many_they_are() {
    let trace = trace((1..=10_000).map(|id| span(id, 1_000_000 + id, "lost", id, id + 1)));
    assert_eq!(trace.roots().len(), 10_000);
    assert_eq!(notes(&trace), ["the parents of 10000 spans are not here: these spans stand at the top"]);
    assert_eq!(trace.notes()[0].span, Some(0));
}

#[test]
fn of_a_ring_of_parents_the_span_that_began_first_is_the_top() {
    let ring = |base: u64| {
        [
            span(base + 1, base + 3, "a", 5, 9),
            span(base + 2, base + 1, "b", 1, 9),
            span(base + 3, base + 2, "c", 6, 9),
            span(base + 4, base + 3, "below", 0, 8),
            span(base + 5, base + 5, "self", 8, 9),
        ]
    };
    let one = trace(ring(0));
    assert_eq!(names(&one, &one.top_down()), ["b", "c", "below", "a", "self"]);
    assert_eq!(
        notes(&one)[0],
        "the parents of some spans lead back to themselves, in 2 rings: the first of each stands at the top"
    );
    let many = trace((0..1000).flat_map(|ring_of| ring(ring_of * 10)));
    assert_eq!((many.top_down().len(), many.roots().len()), (5000, 2000));
    assert_eq!(many.notes().iter().filter(|note| note.text.contains("2000 rings")).count(), 1);
}

#[test]
fn clocks_that_disagree_are_told_by_host_and_nothing_is_moved() {
    let on = |host: &str| resource(vec![pair("service.name", "shop"), pair("host.name", host)]);
    let mut spans = vec![span(1, 0, "root", 100, 200), span(2, 1, "early", 40, 90), span(3, 1, "earlier", 30, 90)];
    spans.push(span(4, 1, "rounded", 100, 101));
    spans[3].start -= 900_000;
    spans[0].origin = on("a");
    (1..4).for_each(|at| spans[at].origin = on("b"));
    let trace = trace(spans);
    assert_eq!(
        notes(&trace),
        [r#"the clocks of "a" and "b" disagree: 2 spans of "b" lie outside the spans above by up to 70 ms"#]
    );
    assert_eq!(trace.start(), START + 30 * MS);
    assert_eq!(names(&trace, &[trace.notes()[0].span.unwrap()]), ["earlier"]);
}

#[test]
fn an_answer_after_it_has_come_is_told_and_work_that_goes_on_is_not() {
    let client = || span(1, 0, "ask", 0, 10).kind(SpanKind::Client);
    let late = trace([client(), span(2, 1, "answer", 1, 30).kind(SpanKind::Server).of("till")]);
    assert_eq!(
        notes(&late),
        [r#"the clocks of "shop" and "till" disagree: 1 span of "till" lies outside the span above by 20 ms"#]
    );
    let timed_out = trace([client().failed("timeout"), span(2, 1, "answer", 1, 30).kind(SpanKind::Server).of("till")]);
    let on = trace([client(), span(2, 1, "go on", 1, 30)]);
    assert_eq!((notes(&timed_out), notes(&on)), (vec![], vec![]));
}

#[test]
fn times_that_cannot_be_are_told() {
    let mut spans = vec![span(1, 0, "a", 9, 3), span(2, 0, "b", 0, 1), span(3, 0, "c", 0, 1), span(4, 0, "d", 0, 1)];
    spans[1].start = 5;
    spans[2].end = Some(u64::MAX);
    let trace = trace(spans);
    assert_eq!(
        notes(&trace),
        [
            "1 span ends before it begins: it is shown without a length",
            "1 span begins before the year 2000: its clock was not set",
            "1 span is of a time after the year 2100: its clock was not set",
        ]
    );
}

#[test]
fn a_span_under_way_knows_of_the_last_thing_that_happened_in_it() {
    let mut open = span(1, 0, "open", 0, 0).open();
    open.events.push(spawn_view::Event {
        time: START + 7 * MS,
        name: "tick".to_owned(),
        attributes: Vec::new(),
        dropped: 0,
    });
    assert_eq!(trace([open, span(2, 1, "done", 1, 5)]).end(), START + 7 * MS);
}

#[test]
fn traces_are_told_apart_and_come_in_the_order_in_which_they_began() {
    let traces = Trace::gather([
        span(1, 0, "late", 5, 6).in_trace(1),
        span(1, 0, "early", 1, 9).in_trace(2),
        span(2, 1, "below", 6, 7).in_trace(1),
    ]);
    let shape: Vec<_> = traces.iter().map(|trace| (trace.spans().len(), trace.spans()[0].name.as_str())).collect();
    assert_eq!(shape, [(1, "early"), (2, "late")]);
}

#[test]
fn duplicates_without_end_are_twenty_notes_and_a_number() {
    let spans = (0..1000).flat_map(|id| [span(id + 1, 0, "a", id, id + 1), span(id + 1, 0, "b", id, id + 1)]);
    let trace = trace(spans);
    assert_eq!((trace.spans().len(), trace.notes().len()), (1000, 21));
    assert_eq!(trace.notes()[20].text, "and 980 more of the like");
}
