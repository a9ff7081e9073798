//! Folding: what is repeated is one row, and what is below a span goes away with it.

use spawn_view::{Row, Trace, rows};

use crate::{Opened, sample};

/// The rows that the model says, with what the page says of each.
fn expected(trace: &Trace, more_than: usize) -> Vec<(String, u64)> {
    let first = |span: usize| &trace.spans()[span];
    let label = |span: usize| format!("{} {}", trace.spans()[span].service(), trace.spans()[span].name);
    rows(trace, more_than)
        .into_iter()
        .map(|row| match row {
            Row::Span { span, depth } => (label(span), depth as u64 + 1),
            Row::Folded { spans, depth } => {
                (format!("{} {} × {}", first(spans[0]).service(), spans.len(), first(spans[0]).name), depth as u64 + 1)
            }
        })
        .collect()
}

fn shown(page: &Opened) -> Vec<(String, u64)> {
    page.rows().into_iter().map(|(name, level, _)| (name, level)).collect()
}

#[test]
fn the_rows_are_those_of_the_model() {
    let traces = sample::shop();
    let page = Opened::of(&traces);
    assert_eq!(shown(&page), expected(&traces[0], 4));
}

#[test]
fn a_group_opens_to_its_spans_and_closes_again() {
    let traces = sample::shop();
    let page = Opened::of(&traces);
    let folded = shown(&page);
    let group = folded.iter().position(|(name, _)| name.contains('×')).unwrap();
    page.click(&format!("#row-{group} .fold"));
    let opened = shown(&page);
    assert_eq!(opened.len(), folded.len() + 9);
    assert_eq!(opened[group + 1], ("orders DynamoDB.GetItem".to_owned(), folded[group].1 + 1));
    page.click(&format!("#row-{group} .fold"));
    assert_eq!(shown(&page), folded);
}

#[test]
fn a_span_folds_with_all_below_it_and_all_at_once() {
    let traces = sample::shop();
    let page = Opened::of(&traces);
    let before = shown(&page);
    page.click("#row-2 .fold");
    assert_eq!(shown(&page), before[..3]);
    assert_eq!(page.text("document.getElementById('row-2').ariaExpanded"), "false");
    page.click("#unfold-all");
    assert_eq!(shown(&page).len(), traces[0].spans().len() + 1, "every span, and the row of the group");
    page.click("#fold-all");
    assert_eq!(shown(&page), before[..1]);
}
