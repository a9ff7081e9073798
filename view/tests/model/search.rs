//! Searching, and what a list tells.

use spawn_view::{Query, Span, SpanKind, Summary, summary, trace_id};

use super::samples::*;

fn spans() -> Vec<Span> {
    vec![
        span(1, 0, "spawn launch", 0, 100).of("spawn").said("spawn.job_array.name", "align"),
        span(2, 1, "task align[3]", 10, 90)
            .of("spored")
            .failed("exit code 1")
            .said("spawn.job_array_id", "align-00000001"),
        span(3, 2, "S3.PutObject", 20, 21)
            .of("spored")
            .kind(SpanKind::Client)
            .said("rpc.system", "aws-api")
            .said("rpc.service", "S3"),
        span(4, 2, "run", 30, 30).of("spored").open(),
    ]
}

#[test]
fn a_search_finds_by_service_error_length_array_time_and_text() {
    let trace = trace(spans());
    let all = Query::default;
    let text = |text: &str| Some(text.to_owned());
    let found = [
        all(),
        Query { service: text("Spored"), ..all() },
        Query { service: text("s3"), ..all() },
        Query { error: true, ..all() },
        Query { slower_than: Some(99 * MS), ..all() },
        Query { array: text("align"), ..all() },
        Query { array: text("align-00000001"), ..all() },
        Query { from: Some(START + 50 * MS), to: Some(START + 1), ..all() },
        // It is under way, so it goes on after its last instant.
        Query { from: Some(START + 500 * MS), ..all() },
        Query { text: text("ALIGN[3]"), ..all() },
        Query { text: text("s3"), ..all() },
        Query { text: text("1-6b0120b8-"), ..all() },
    ];
    for query in found {
        assert!(query.matches(&trace), "{query:?}");
    }
    let others = [
        Query { service: text("spor"), ..all() },
        Query { slower_than: Some(100 * MS), ..all() },
        Query { array: text("alig"), ..all() },
        Query { to: Some(START), ..all() },
        Query { text: text("nowhere"), ..all() },
        Query { error: true, array: text("sort"), ..all() },
    ];
    for query in others {
        assert!(!query.matches(&trace), "{query:?}");
    }
    let mut over = spans();
    over[1] = span(2, 1, "task align[3]", 10, 90);
    over.pop();
    let over = super::samples::trace(over);
    assert!(!Query { error: true, ..all() }.matches(&over));
    assert!(!Query { from: Some(START + 500 * MS), ..all() }.matches(&over));
}

#[test]
fn a_list_tells_what_a_trace_is() {
    let told = summary(&trace(spans()));
    let expected = Summary {
        id: trace_id("1-6b0120b8-000000000123456789abcdef").unwrap(),
        name: "spawn launch".to_owned(),
        service: "spawn".to_owned(),
        start: START,
        duration: 100 * MS,
        spans: 4,
        errors: 1,
        open: 1,
        services: vec!["spawn".to_owned(), "spored".to_owned()],
        arrays: vec!["align".to_owned()],
        notes: 0,
    };
    assert_eq!(told, expected);
}
