//! Large files: of these, the spans of what is wanted are held and no others.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;

use opentelemetry::trace::TraceId;
use spawn_telemetry::tie::TRACE_LINK;
use spawn_view::{Files, Query, Reader, Span, Wanted, otlp_json};

use super::samples::*;

/// A trace of two spans that begins at so many milliseconds, a line for each span.
fn lines(trace: u128, at: u64) -> Vec<Span> {
    let root = span(1, 0, "root", at, at + 9).in_trace(trace);
    vec![root, span(2, 1, "below", at, at + 5).in_trace(trace)]
}

fn text(spans: &[Span]) -> String {
    spans.iter().map(|span| otlp_json([span]) + "\n").collect()
}

/// Files with this in them, of which everything is large.
fn files(folder: &tempfile::TempDir, spans: &[Span], wanted: Wanted, links: u32, room: usize) -> Files {
    let path = folder.path().join("spans.jsonl");
    fs::write(&path, text(spans)).unwrap();
    Files::new(Reader::new(vec![path], true).following(), wanted, links).bounded(0, room)
}

/// The traces that are held, by their last digit, and the number of spans.
fn held(files: &Files) -> (Vec<u128>, usize) {
    let id = |span: &Span| u128::from_be_bytes(span.trace_id.to_bytes()) & 0xf;
    let ids: BTreeSet<u128> = files.spans().map(id).collect();
    (ids.into_iter().collect(), files.spans().count())
}

fn these(ids: &[u128]) -> Wanted {
    Wanted::These(ids.iter().map(|id| TraceId::from(TRACE + id)).collect())
}

fn newest(query: Query, limit: usize) -> Wanted {
    Wanted::Search { query, limit }
}

/// Traces of which each links to the next one, the last digit of their ids from 0 on.
fn chain(count: u64) -> Vec<Span> {
    let first = TRACE & !0xf;
    let trace = |number: u64| {
        let mut spans = lines(first + u128::from(number), number * 100);
        spans[1] = spans[1].clone().linked(first + u128::from(number) + 1, 1, Vec::new());
        spans
    };
    // The newest comes first: what a link leads to is behind it and before it.
    (0..count).rev().flat_map(trace).collect()
}

fn of_chain(ids: &[u128]) -> Wanted {
    Wanted::These(ids.iter().map(|id| TraceId::from((TRACE & !0xf) + id)).collect())
}

#[test]
fn of_traces_that_are_named_those_are_held_and_what_they_link_to() {
    let folder = tempfile::tempdir().unwrap();
    for (links, traces) in [(0, vec![2]), (1, vec![2, 3]), (3, vec![2, 3, 4, 5]), (8, vec![2, 3, 4, 5, 6, 7])] {
        let mut files = files(&folder, &chain(8), of_chain(&[2]), links, 100);
        assert!(files.read().unwrap());
        assert_eq!(held(&files), (traces.clone(), 2 * traces.len()), "{links} links");
        assert_eq!((files.problems(), files.read().unwrap()), (Vec::new(), false));
    }
}

#[test]
fn a_trace_that_was_sent_in_parts_is_held_whole() {
    let folder = tempfile::tempdir().unwrap();
    let part = |what: &str| vec![pair(TRACE_LINK, what)];
    let mut spans = lines(TRACE + 1, 0);
    // The rest of the first one has another id; a span of it that says so is behind one that does not.
    spans.push(span(4, 3, "deep", 2, 3).in_trace(TRACE + 2));
    spans.push(span(3, 0, "rest", 2, 4).in_trace(TRACE + 2).linked(TRACE + 1, 2, part("parent")));
    spans.extend(lines(TRACE - 1, 50));
    let mut files = files(&folder, &spans, these(&[1]), 0, 100);
    files.read().unwrap();
    assert_eq!(held(&files), (vec![0, 1], 4), "TRACE ends with f");
}

#[test]
fn of_a_search_the_newest_are_held_and_one_more_that_says_there_are_more() {
    let folder = tempfile::tempdir().unwrap();
    let files_of = |wanted, links| {
        let mut files = files(&folder, &chain(8), wanted, links, 100);
        files.read().unwrap();
        held(&files)
    };
    assert_eq!(files_of(newest(Query::default(), 2), 0), (vec![5, 6, 7], 6));
    let until = Query { to: Some(START + 350 * MS), ..Query::default() };
    assert_eq!(files_of(newest(until.clone(), 1), 0), (vec![2, 3], 4));
    assert_eq!(files_of(newest(until, 1), 1), (vec![2, 3, 4], 6));
    let named = Query { text: Some(format!("{:032X}", TRACE & !0xf | 4)), ..Query::default() };
    assert_eq!(files_of(newest(named, 5), 0), (vec![4], 2));
    let nothing = Query { error: true, ..Query::default() };
    assert_eq!(files_of(newest(nothing, 5), 0), (Vec::new(), 0));
}

#[test]
fn a_search_asks_each_question_of_any_span() {
    let folder = tempfile::tempdir().unwrap();
    let mut spans = chain(8);
    let place =
        |spans: &[Span], id: u128| spans.iter().position(|span| span.trace_id == TraceId::from(TRACE & !0xf | id));
    let at = place(&spans, 3).unwrap();
    spans[at] = spans[at].clone().failed("no").of("till").said("spawn.job_array.name", "align");
    let questions = [
        Query { error: true, ..Query::default() },
        Query { service: Some("TILL".to_owned()), ..Query::default() },
        Query { array: Some("align".to_owned()), ..Query::default() },
        Query { text: Some("ALIGN".to_owned()), ..Query::default() },
    ];
    for query in questions {
        let mut files = files(&folder, &spans, newest(query.clone(), 5), 0, 100);
        files.read().unwrap();
        assert_eq!(held(&files), (vec![3], 2), "{query:?}");
    }
}

#[test]
fn what_there_is_no_room_for_is_left_out_by_whole_traces_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut search = files(&folder, &chain(8), newest(Query::default(), 100), 0, 6);
    search.read().unwrap();
    assert_eq!(held(&search), (vec![5, 6, 7], 6));
    let told = "5 of the older traces that were found are left out, with 10 spans: more than are held at once; ask for less \
                with --limit, --since and --until, or for one by its id";
    assert_eq!(search.problems(), [told]);
    // One that is too large by itself is held in part.
    let mut one = files(&folder, &chain(8), of_chain(&[2]), 0, 1);
    one.read().unwrap();
    assert_eq!(held(&one), (vec![2], 1));
    let told = "1 spans are left out: at most 1 are held at once; ask for less with an id, --limit or --since";
    assert_eq!(one.problems(), [told]);
}

#[test]
fn a_large_file_that_grows_shows_new_traces_and_links_to_old_ones_of_what_was_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spans.jsonl");
    let append = |spans: &[Span]| {
        OpenOptions::new().append(true).open(&path).unwrap().write_all(text(spans).as_bytes()).unwrap();
    };
    let first = TRACE & !0xf;
    let mut search = files(&folder, &chain(8), newest(Query::default(), 1), 0, 100);
    search.read().unwrap();
    assert_eq!(held(&search), (vec![6, 7], 4));
    // A new trace is new; further spans of an old one are not.
    append(&[span(3, 1, "late", 2, 3).in_trace(first + 1), span(1, 0, "new", 900, 901).in_trace(first + 9)]);
    assert!(search.read().unwrap());
    assert_eq!(held(&search), (vec![6, 7, 9], 5));
    let mut named = files(&folder, &chain(8), of_chain(&[7]), 1, 100);
    named.read().unwrap();
    assert_eq!(held(&named), (vec![7], 2));
    append(&[span(5, 1, "again", 2, 3).in_trace(first + 7).linked(first + 2, 1, Vec::new())]);
    named.read().unwrap();
    assert_eq!(held(&named), (vec![2, 7], 5));
}

#[test]
fn small_files_are_held_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = files(&folder, &chain(8), of_chain(&[2]), 0, 100).bounded(u64::MAX, 100);
    files.read().unwrap();
    assert_eq!(held(&files).1, 16);
}
