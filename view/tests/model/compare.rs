//! Two traces beside each other.

use spawn_view::{Comparison, Span, compare, compare_spans};

use super::samples::*;

fn run(tries: u64, time: u64) -> Vec<Span> {
    let mut spans = vec![span(1, 0, "array align", 0, 100), span(2, 1, "task align[3]", 1, 90)];
    spans.extend((0..tries).map(|call| span(10 + call, 2, "S3.GetObject", 2, 2 + time)));
    spans
}

fn drawn(comparison: &Comparison) -> Vec<String> {
    let row = |row: &spawn_view::Difference| {
        let side = |side: spawn_view::Side| format!("{} x, {} ms, {} errors", side.calls, side.total / MS, side.errors);
        format!(
            "{}{}: {} | {} | {}",
            "  ".repeat(row.depth),
            row.name,
            side(row.left),
            side(row.right),
            row.slower_by() / i128::from(MS)
        )
    };
    comparison.rows.iter().map(row).collect()
}

#[test]
fn spans_of_one_path_of_names_are_one_row_with_both_sides() {
    let mut right = run(3, 9);
    right[3] = right[3].clone().failed("SlowDown");
    right.push(span(20, 1, "array end", 95, 99));
    let comparison = compare(&trace(run(2, 5)), &trace(right));
    assert_eq!(
        drawn(&comparison),
        [
            "array align: 1 x, 100 ms, 0 errors | 1 x, 100 ms, 0 errors | 0",
            "  task align[*]: 1 x, 89 ms, 0 errors | 1 x, 89 ms, 0 errors | 0",
            "    S3.GetObject: 2 x, 10 ms, 0 errors | 3 x, 27 ms, 1 errors | 17",
            "  array end: 0 x, 0 ms, 0 errors | 1 x, 4 ms, 0 errors | 4",
        ]
    );
    let parents: Vec<_> = comparison.rows.iter().map(|row| row.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(0)]);
    assert_eq!((comparison.left, comparison.right), (100 * MS, 100 * MS));
}

#[test]
fn two_spans_are_one_row_whatever_they_are_called() {
    let trace = trace([span(1, 0, "a", 0, 9), span(2, 1, "x", 1, 2), span(3, 0, "b", 20, 25), span(4, 3, "x", 21, 24)]);
    let at = |name: &str| trace.spans().iter().position(|span| span.name == name).unwrap();
    let comparison = compare_spans(&trace, at("a"), &trace, at("b"));
    assert_eq!(
        drawn(&comparison),
        ["a: 1 x, 9 ms, 0 errors | 1 x, 5 ms, 0 errors | -4", "  x: 1 x, 1 ms, 0 errors | 1 x, 3 ms, 0 errors | 2"]
    );
    assert_eq!((comparison.left, comparison.right), (9 * MS, 5 * MS));
}
