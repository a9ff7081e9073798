//! Rows of a waterfall.

use spawn_view::{Row, Span, SpanKind, rows, uncounted};

use super::samples::*;

fn drawn(spans: impl IntoIterator<Item = Span>, more_than: usize) -> Vec<String> {
    let trace = trace(spans);
    let of = |row: &Row| match row {
        Row::Span { span, depth } => format!("{}{}", "  ".repeat(*depth), trace.spans()[*span].name),
        Row::Folded { spans, depth } => {
            format!("{}{} x {}", "  ".repeat(*depth), uncounted(&trace.spans()[spans[0]].name), spans.len())
        }
    };
    rows(&trace, more_than).iter().map(of).collect()
}

fn array() -> Vec<Span> {
    let mut spans = vec![span(1, 0, "array align", 0, 100)];
    for index in 0..6 {
        spans.push(span(10 + index, 1, &format!("task align[{index}]"), index + 1, index + 50));
        spans.push(span(20 + index, 10 + index, "run", index + 2, index + 40));
    }
    spans.push(span(30, 1, "array end", 60, 70));
    spans
}

#[test]
fn siblings_that_are_alike_are_one_row_with_all_below_them() {
    assert_eq!(drawn(array(), 5), ["array align", "  task align[*] x 6", "  array end"]);
    assert_eq!(drawn(array(), 6).len(), 14);
    assert_eq!(drawn(array(), usize::MAX).len(), 14);
}

#[test]
fn what_failed_or_is_under_way_or_has_such_below_it_stands_alone() {
    let mut spans = array();
    spans[4] = spans[4].clone().failed("exit code 1");
    spans[7] = spans[7].clone().open();
    let folded = drawn(spans, 3);
    assert_eq!(
        folded,
        [
            "array align",
            "  task align[*] x 4",
            "  task align[1]",
            "    run",
            "  task align[3]",
            "    run",
            "  array end"
        ]
    );
}

#[test]
fn another_service_name_or_kind_is_not_alike() {
    let calls = |from: u64, name: &str| (from..from + 3).map(|id| span(id, 1, name, id, id + 1)).collect::<Vec<_>>();
    let mut spans = vec![span(1, 0, "r", 0, 100)];
    spans.extend(calls(2, "get"));
    spans.extend(calls(5, "put"));
    spans.extend(calls(8, "get").into_iter().map(|span| span.kind(SpanKind::Client)));
    spans.extend(calls(11, "get").into_iter().map(|span| span.of("till")));
    assert_eq!(drawn(spans, 2), ["r", "  get x 3", "  put x 3", "  get x 3", "  get x 3"]);
}

#[test]
fn a_name_is_counted_in_brackets_and_behind_a_hash() {
    let cases = [
        ("task align[7]", "task align[*]"),
        ("attempt align[07]#12", "attempt align[*]#*"),
        ("S3.GetObject", "S3.GetObject"),
        ("a[7", "a[7"),
        ("a[7x]", "a[7x]"),
        ("[1][2]", "[*][*]"),
        ("größe[1]東", "größe[*]東"),
        ("", ""),
        ("#", "#"),
    ];
    for (name, expected) in cases {
        assert_eq!(uncounted(name), expected);
    }
}
