//! Any spans at all: nothing panics, nothing is lost, nothing is told without end.

use proptest::prelude::*;
use spawn_telemetry::XRayDocuments;
use spawn_telemetry::tie::TRACE_LINK;
use spawn_view::{
    Outcome, Row, Span, SpanKind, Trace, arrays, compare, critical_path, of_document, of_resource_spans, read_bytes,
    rows, service_map, summary, to_resource_spans,
};

use super::samples::*;

const KINDS: [SpanKind; 5] =
    [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
const NAMES: [&str; 6] = ["a", "task align[1]", "attempt align[1]#2", "run", "\u{1b}[31m\u{202e}\0", ""];
const KEYS: [&str; 10] = [
    "rpc.system",
    "aws.service",
    "server.address",
    "spawn.job_array_id",
    "spawn.job_array_index",
    "spawn.task.attempt",
    "http.response.status_code",
    "aws.xray.inferred",
    "aws.xray.misread",
    "url.full",
];
const VALUES: [&str; 6] = ["aws-api", "7", "503", "true", "x", "https://a/b"];

prop_compose! {
    fn any_span()(
        id in 1_u64..12,
        parent in 0_u64..14,
        times in (instant(), proptest::option::of(instant())),
        what in (0..KINDS.len(), 0..NAMES.len(), 0..3_usize, any::<bool>(), 1_u128..3),
        said in proptest::collection::vec((0..KEYS.len(), 0..VALUES.len()), 0..4),
        link in proptest::option::of((1_u128..4, 1_u64..12, any::<bool>())),
    ) -> Span {
        let (kind, name, service, failed, trace) = what;
        let mut span = span(id, parent, NAMES[name], 0, 0).kind(KINDS[kind]).of(["", "a", "b"][service]).in_trace(trace);
        (span.start, span.end) = times;
        if failed {
            span.outcome = Outcome::Error(String::new());
        }
        for (key, value) in said {
            span = span.said(KEYS[key], VALUES[value]);
        }
        match link {
            Some((trace, span_id, true)) => span.linked(trace, span_id, vec![pair(TRACE_LINK, "parent")]),
            Some((trace, span_id, false)) => span.linked(trace, span_id, Vec::new()),
            None => span,
        }
    }
}

fn instant() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(u64::MAX), START..START + 20, (START..START + 1000).prop_map(|at| at / 1000 * 1000)]
}

fn check(trace: &Trace) {
    let count = trace.spans().len();
    let mut reached = trace.top_down();
    reached.sort_unstable();
    assert_eq!(reached, (0..count).collect::<Vec<_>>());
    assert!(trace.notes().len() <= 40);
    for more_than in [0, 1, 3, usize::MAX] {
        check_rows(trace, more_than);
    }
    let path = critical_path(trace);
    assert!(path.iter().all(|stretch| stretch.from < stretch.to && stretch.from >= trace.spans()[stretch.span].start));
    assert!(path.windows(2).all(|pair| pair[0].to <= pair[1].from));
    let calls: u64 = compare(trace, trace).rows.iter().map(|row| row.left.calls).sum();
    assert_eq!(calls, count as u64);
    assert_eq!(summary(trace).spans, count);
}

/// Each span is in one row, or below one in a row of many.
fn check_rows(trace: &Trace, more_than: usize) {
    let mut seen = vec![0; trace.spans().len()];
    for row in rows(trace, more_than) {
        match row {
            Row::Span { span, .. } => seen[span] += 1,
            Row::Folded { spans, .. } => {
                let mut open = spans;
                while let Some(span) = open.pop() {
                    seen[span] += 1;
                    open.extend(trace.children(span));
                }
            }
        }
    }
    assert!(seen.iter().all(|times| *times == 1), "{seen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spans_are_traces_of_which_everything_is_reached_once(spans in proptest::collection::vec(any_span(), 0..40)) {
        let traces = Trace::gather(spans.clone());
        traces.iter().for_each(check);
        let map = service_map(&traces);
        for (place, node) in map.nodes.iter().enumerate() {
            // Whatever is called was called by somebody, and each call is counted once.
            let calls: u64 = map.edges.iter().filter(|edge| edge.to == place).map(|edge| edge.stats.calls).sum();
            if matches!(node.kind, spawn_view::NodeKind::Aws | spawn_view::NodeKind::Remote) && node.stats.calls > 0 {
                prop_assert_eq!(calls, node.stats.calls);
            }
        }
        let attempts = arrays(&traces).iter().flat_map(|view| &view.tasks).map(|task| task.attempts.len()).sum::<usize>();
        prop_assert!(attempts <= spans.len());
        // In which order spans come makes no difference to what is there.
        let mut reversed = spans;
        reversed.reverse();
        let ids = |traces: &[Trace]| traces.iter().map(|trace| (trace.id(), trace.spans().len())).collect::<Vec<_>>();
        prop_assert_eq!(ids(&Trace::gather(reversed)), ids(&traces));
    }

    #[test]
    fn otlp_takes_and_gives_any_span_without_loss(spans in proptest::collection::vec(any_span(), 0..10)) {
        let spans: Vec<Span> = spans.into_iter().map(|span| Span { end: span.end.filter(|end| *end > 0), ..span }).collect();
        let read: Vec<Span> = to_resource_spans(&spans).into_iter().flat_map(|message| of_resource_spans(message).0).collect();
        prop_assert_eq!(read, spans);
    }

    #[test]
    fn x_ray_takes_and_gives_what_a_span_is(spans in proptest::collection::vec(any_span(), 0..10)) {
        let ended = |span: Span| {
            let start = span.start.min(START + 1_000_000) / 1000 * 1000;
            let links = span.links.into_iter().filter(|link| link.attributes.is_empty()).collect();
let mut attributes = span.attributes;
            attributes.retain(|pair| !pair.key.starts_with("aws.xray."));
            attributes.sort_by(|left, right| left.key.cmp(&right.key));
            attributes.dedup_by(|left, right| left.key == right.key);
            Span { start, end: Some(start + 5000), parent: span.parent.filter(|id| *id != span.span_id), links, attributes, ..span }
        };
        for span in spans.into_iter().map(ended) {
            let documents = XRayDocuments::of_messages(to_resource_spans([&span]));
            let read = of_document(&documents[0]).unwrap();
            prop_assert_eq!(read.len(), 1);
            let told = |span: &Span| {
                let Span { trace_id, span_id, parent, name, kind, start, end, links, .. } = span.clone();
                (trace_id, span_id, parent, name, kind, start, end, links, span.failed())
            };
            // A status of 5xx alone is a failure to X-Ray; a single attempt has no kind there.
            let is_refused = span.text("http.response.status_code").is_some_and(|status| status == "503");
            let expected = Span { outcome: if is_refused { Outcome::Error(String::new()) } else { span.outcome.clone() }, ..span };
            prop_assert_eq!(told(&read[0]), told(&expected));
        }
    }

    #[test]
    fn any_bytes_are_read_or_told(bytes in proptest::collection::vec(any::<u8>(), 0..200), start in 0..6_usize) {
        let start: &[u8] = [&b""[..], b"{", b"[", b"\x0a", b"\0\0\0", b"\x1f\x8b\x08\0"][start];
        let read = read_bytes("x", &[start, &bytes].concat());
        prop_assert!(!read.problems.is_empty() || !read.spans.is_empty() || start == b"\x0a");
    }

    #[test]
    fn any_document_is_read_or_told(text in r#"(\{|\}|\[|\]|"id":|"subsegments":|"trace_id":"1-6b0120b8-000000000123456789abcdef"|"id":"00000000000000a1"|,|1|"x"|:|\\|"|null| ){0,30}"#) {
        let read = read_bytes("x", text.as_bytes());
        prop_assert!(!read.problems.is_empty() || !read.spans.is_empty());
    }
}
