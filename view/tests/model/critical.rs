//! The critical path, compared with what a person would draw.

use spawn_view::{Event, Span, Trace, critical_path};

use super::samples::*;

fn path(spans: impl IntoIterator<Item = Span>) -> Vec<(String, u64, u64)> {
    let trace: Trace = trace(spans);
    let stretches = critical_path(&trace).into_iter();
    let count = |instant: u64| (instant - START) / MS;
    stretches
        .map(|stretch| (trace.spans()[stretch.span].name.clone(), count(stretch.from), count(stretch.to)))
        .collect()
}

fn own<const N: usize>(path: [(&str, u64, u64); N]) -> Vec<(String, u64, u64)> {
    path.map(|(name, from, to)| (name.to_owned(), from, to)).to_vec()
}

#[test]
fn a_span_that_waits_for_one_after_the_other_has_its_own_time_between_them() {
    let spans = [span(1, 0, "r", 0, 100), span(2, 1, "a", 10, 40), span(3, 1, "b", 50, 90), span(4, 3, "c", 60, 80)];
    let expected =
        [("r", 0, 10), ("a", 10, 40), ("r", 40, 50), ("b", 50, 60), ("c", 60, 80), ("b", 80, 90), ("r", 90, 100)];
    assert_eq!(path(spans), own(expected));
}

#[test]
fn of_work_at_the_same_time_the_one_that_ends_last_was_waited_for() {
    let spans =
        [span(1, 0, "r", 0, 100), span(2, 1, "short", 10, 50), span(3, 1, "long", 20, 90), span(4, 1, "first", 1, 15)];
    assert_eq!(path(spans), own([("r", 0, 1), ("first", 1, 15), ("r", 15, 20), ("long", 20, 90), ("r", 90, 100)]));
}

#[test]
fn what_goes_on_when_its_parent_is_over_makes_the_trace_longer() {
    let spans =
        [span(1, 0, "r", 0, 10), span(2, 1, "send", 1, 2), span(3, 2, "receive", 50, 60), span(4, 1, "x", 3, 9)];
    assert_eq!(path(spans), own([("r", 0, 1), ("send", 1, 2), ("receive", 50, 60)]));
}

#[test]
fn what_its_work_left_behind_does_not_hide_a_span_that_was_waited_for() {
    let spans =
        [span(1, 0, "r", 0, 30), span(2, 1, "s", 0, 10), span(3, 2, "left behind", 2, 20), span(4, 1, "t", 12, 30)];
    assert_eq!(path(spans), own([("s", 0, 10), ("r", 10, 12), ("t", 12, 30)]));
}

#[test]
fn a_span_under_way_lasts_until_the_last_instant_that_is_known() {
    let mut spans = [span(1, 0, "r", 0, 0).open(), span(2, 1, "a", 5, 15), span(3, 1, "b", 10, 10).open()];
    spans[2].events.push(Event { time: START + 20 * MS, name: "tick".to_owned(), attributes: Vec::new(), dropped: 0 });
    assert_eq!(path(spans), own([("r", 0, 10), ("b", 10, 20)]));
}

#[test]
fn a_child_that_began_before_its_parent_is_followed_back_and_nothing_overlaps() {
    let spans = [span(1, 0, "r", 10, 30), span(2, 1, "early", 0, 20)];
    assert_eq!(path(spans), own([("early", 0, 20), ("r", 20, 30)]));
}

#[test]
fn a_trace_without_a_length_has_no_path() {
    assert_eq!(path([span(1, 0, "r", 5, 5), span(2, 1, "a", 5, 5)]), own([]));
}
