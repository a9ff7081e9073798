//! The service map, of traces as programs write them.

use spawn_view::{NodeKind, ServiceMap, Span, SpanKind, Stats, Trace, service_map};

use super::samples::*;

/// The map in lines: nodes with their calls, edges with theirs.
fn drawn(map: &ServiceMap) -> Vec<String> {
    let figures = |stats: &Stats| {
        let Stats { calls, errors, faults, throttles, open, .. } = stats;
        format!("{calls} calls, {errors} errors, {faults} faults, {throttles} throttles, {open} open")
    };
    let nodes = map.nodes.iter().map(|node| format!("{:?} {}: {}", node.kind, node.name, figures(&node.stats)));
    let edges = map
        .edges
        .iter()
        .map(|edge| format!("{} -> {}: {}", map.nodes[edge.from].name, map.nodes[edge.to].name, figures(&edge.stats)));
    nodes.chain(edges).collect()
}

fn map(spans: impl IntoIterator<Item = Span>) -> Vec<String> {
    drawn(&service_map(&Trace::gather(spans)))
}

fn aws(span: Span, service: &str) -> Span {
    span.kind(SpanKind::Client).said("rpc.system", "aws-api").said("rpc.service", service)
}

#[test]
fn a_throttle_is_known_by_its_code_under_whatever_status() {
    let said = |id, code: &str, status| {
        aws(span(id, 1, "a call", 1, 5), "S3")
            .failed(code)
            .said("error.type", code)
            .said("http.response.status_code", status)
    };
    let spans = [
        span(1, 0, "GET /", 0, 100).kind(SpanKind::Server),
        said(2, "SlowDown", 503),
        said(3, "ThrottlingException", 400),
        said(4, "InternalError", 500),
    ];
    let nodes = map(spans);
    let told = "Aws S3: 3 calls, 2 errors, 1 faults, 2 throttles, 0 open";
    assert!(nodes.iter().any(|node| node == told), "{nodes:?}");
}

#[test]
fn calls_to_aws_to_services_that_answer_and_to_others_are_edges() {
    let spans = [
        span(1, 0, "GET /", 0, 100).kind(SpanKind::Server),
        aws(span(2, 1, "DynamoDB.GetItem", 1, 5), "DynamoDB"),
        aws(span(3, 1, "DynamoDB.PutItem", 6, 9), "DynamoDB").failed("slow down").said("aws.throttled", true),
        span(4, 3, "DynamoDB.PutItem attempt 2", 7, 9),
        span(5, 3, "POST", 7, 8).kind(SpanKind::Client).said("server.address", "dynamodb.eu-central-1.amazonaws.com"),
        span(6, 1, "POST", 10, 40).kind(SpanKind::Client).said("server.address", "till"),
        span(7, 6, "POST /open", 11, 39).kind(SpanKind::Server).of("till").failed("no key"),
        span(8, 7, "query", 12, 30).kind(SpanKind::Client).of("till").said("db.namespace", "ledger").open(),
        span(9, 1, "GET", 41, 50)
            .kind(SpanKind::Client)
            .said("url.full", "https://kim@names.example/x?y")
            .failed("404")
            .said("http.response.status_code", 404),
    ];
    assert_eq!(
        map(spans),
        [
            "Client client: 1 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "Service shop: 1 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "Service till: 1 calls, 0 errors, 1 faults, 0 throttles, 0 open",
            "Aws DynamoDB: 2 calls, 1 errors, 0 faults, 1 throttles, 0 open",
            "Remote ledger: 1 calls, 0 errors, 0 faults, 0 throttles, 1 open",
            "Remote names.example: 1 calls, 1 errors, 0 faults, 0 throttles, 0 open",
            "client -> shop: 1 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "shop -> till: 1 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "shop -> DynamoDB: 2 calls, 1 errors, 0 faults, 1 throttles, 0 open",
            "shop -> names.example: 1 calls, 1 errors, 0 faults, 0 throttles, 0 open",
            "till -> ledger: 1 calls, 0 errors, 0 faults, 0 throttles, 1 open",
        ]
    );
}

#[test]
fn a_message_is_an_edge_from_the_queue_to_whoever_receives_it_as_a_child_or_by_a_link() {
    let send = |id: u64| aws(span(id, 1, "SQS.SendMessage", 1, 2), "SQS").kind(SpanKind::Producer);
    let receive = |id: u64| span(id, 0, "receive", 5, 6).kind(SpanKind::Consumer).of("worker");
    let spans = [
        span(1, 0, "spawn launch", 0, 10),
        send(2),
        send(3),
        Span { parent: Some(2_u64.into()), ..receive(4) },
        receive(5).in_trace(7).linked(TRACE, 3, Vec::new()),
    ];
    assert_eq!(
        map(spans),
        [
            "Service shop: 1 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "Service worker: 2 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "Aws SQS: 2 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "shop -> SQS: 2 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "SQS -> worker: 2 calls, 0 errors, 0 faults, 0 throttles, 0 open",
        ]
    );
}

#[test]
fn a_program_that_answers_itself_calls_itself() {
    let spans = [
        span(1, 0, "r", 0, 10),
        span(2, 1, "ask", 1, 5).kind(SpanKind::Client).said("server.address", "localhost"),
        span(3, 2, "answer", 2, 4).kind(SpanKind::Server),
        span(4, 1, "send", 5, 6).kind(SpanKind::Producer).said("messaging.destination.name", "topic"),
        span(5, 4, "receive", 7, 8).kind(SpanKind::Consumer),
        span(6, 5, "receive the next", 7, 8).kind(SpanKind::Consumer),
    ];
    assert_eq!(
        map(spans),
        [
            "Service shop: 3 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "shop -> shop: 2 calls, 0 errors, 0 faults, 0 throttles, 0 open",
        ]
    );
}

#[test]
fn work_of_another_service_below_no_call_is_an_edge_and_hosts_of_one_service_are_one_node() {
    let on = |span: Span, host: &str| {
        let origin = resource(vec![pair("service.name", "spored"), pair("host.name", host)]);
        Span { origin, ..span }
    };
    let spans = [
        span(1, 0, "spawn launch", 0, 10).of("spawn"),
        on(span(2, 1, "spored boot", 1, 5), "a"),
        on(span(3, 1, "spored boot", 1, 5), "b"),
        on(aws(span(4, 3, "EC2.DescribeTags", 2, 3), "ec2"), "b"),
    ];
    assert_eq!(
        map(spans),
        [
            "Service spawn: 1 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "Service spored: 2 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "Aws EC2: 1 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "spawn -> spored: 2 calls, 0 errors, 0 faults, 0 throttles, 0 open",
            "spored -> EC2: 1 calls, 0 errors, 0 faults, 0 throttles, 0 open",
        ]
    );
}

#[test]
fn times_are_exact_to_the_rank() {
    let mut spans = vec![span(1, 0, "r", 0, 1000)];
    spans.extend((1..=20).map(|id| aws(span(id + 1, 1, "S3.GetObject", 0, id), "S3")));
    let map = service_map(&Trace::gather(spans));
    let s3 = map.nodes.iter().find(|node| node.kind == NodeKind::Aws).unwrap();
    let Stats { calls, total, median, p95, longest, .. } = s3.stats;
    assert_eq!((calls, total / MS, median / MS, p95 / MS, longest / MS), (20, 210, 10, 19, 20));
}
