//! What our exporter writes for X-Ray, read again: the spans that it was told.

use std::sync::Arc;

use opentelemetry::trace::SpanId;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use spawn_telemetry::XRayDocuments;
use spawn_telemetry::tie::TRACE_LINK;
use spawn_view::{Event, Origin, Outcome, Span, SpanKind, Trace, of_document, to_resource_spans};

use super::samples::*;

fn host() -> Arc<Origin> {
    let said = |key, value: &str| pair(key, value);
    resource(vec![
        said("cloud.account.id", "123456789012"),
        said("cloud.availability_zone", "eu-central-1a"),
        said("cloud.platform", "aws_ec2"),
        said("host.id", "i-0abc"),
        said("host.name", "ip-10-0-0-1"),
        said("service.name", "spored"),
        said("service.version", "1.2.3"),
    ])
}

/// What a call to AWS says in the interceptor's words.
fn call(span: Span, service: &str, operation: &str) -> Span {
    span.kind(SpanKind::Client)
        .said("rpc.system", "aws-api")
        .said("rpc.system.name", "aws-api")
        .said("rpc.service", service)
        .said("rpc.method", operation)
        .said("aws.service", &*service.to_lowercase())
        .said("aws.operation", operation)
        .said("aws.region", "eu-central-1")
        .said("cloud.region", "eu-central-1")
        .said("aws.request_id", "R1")
        .said("aws.attempts", 2)
        .said("spawn.instance_id", "i-0abc")
        .said("server.address", "dynamodb.eu-central-1.amazonaws.com")
}

/// A trace of an agent: a task with phases, calls of all kinds, failures, links and events.
fn spans() -> Vec<Span> {
    let remote = 0x300; // OTLP's flags: it is known whether the parent is another process's, and it is.
    let exception = Event {
        time: START + 40 * MS,
        name: "exception".to_owned(),
        attributes: vec![pair("exception.type", "Full"), pair("exception.message", "no byte is left")],
        dropped: 0,
    };
    let heard =
        Event { time: START + 12 * MS, name: "heard".to_owned(), attributes: vec![pair("from", "queue")], dropped: 0 };
    let mut spans = vec![
        span(1, 9, "task align[7]", 0, 100)
            .said("spawn.job_array_id", "align-00000001")
            .said("spawn.job_array_index", 7)
            .said("spawn.job_array.name", "align")
            .said("spawn.task.attempt", 2)
            .said("spawn.task.outcome", "failed")
            .said("error", true)
            .said("error.type", "_OTHER")
            .said("weight", 1.5)
            .said("name", "not the span's")
            .failed("exit code 3")
            .linked(TRACE + 1, 5, vec![pair("spawn.link.why", "the attempt before")]),
        call(span(2, 1, "DynamoDB.GetItem", 10, 20), "DynamoDB", "GetItem")
            .said("http.response.status_code", 200)
            .said("aws.dynamodb.table_names", &["jobs"][..]),
        call(span(3, 1, "S3.PutObject", 20, 30), "S3", "PutObject")
            .said("http.response.status_code", 503)
            .said("aws.throttled", true)
            .said("aws.s3.bucket", "results")
            .said("error", true)
            .said("error.type", "SlowDown")
            .said("error.message", "please reduce your request rate")
            .failed("please reduce your request rate"),
        span(4, 1, "run", 30, 90).said("error", true).said("error.type", "io::Error").failed("disk full"),
        span(5, 1, "receive", 11, 13).kind(SpanKind::Consumer).said("messaging.system", "aws_sqs"),
        call(span(6, 1, "SQS.SendMessage", 60, 61), "SQS", "SendMessage").kind(SpanKind::Producer),
        span(7, 1, "GET /users/{id}", 62, 70)
            .kind(SpanKind::Client)
            .said("http.request.method", "GET")
            .said("url.full", "https://users.example/users/7")
            .said("server.address", "users.example")
            .said("http.response.status_code", 404)
            .said("error", true)
            .said("error.type", "404")
            .failed(""),
        span(8, 1, "control reload", 71, 72).kind(SpanKind::Server).said("user.id", "kim"),
        // At the top of its part of the trace: the exporter writes a segment around it.
        Span { flags: remote, ..call(span(10, 99, "EC2.RunInstances", 1, 9), "EC2", "RunInstances") }.linked(
            TRACE + 1,
            6,
            Vec::new(),
        ),
    ];
    spans[3].events.push(exception);
    spans[4].events.push(heard);
    spans[4].dropped = [1, 2, 3];
    spans[0].flags = remote;
    spans.iter_mut().for_each(|span| span.origin = host());
    spans
}

fn through(spans: &[Span]) -> Vec<Span> {
    let documents = XRayDocuments::of_messages(to_resource_spans(spans));
    documents.iter().flat_map(|document| of_document(document).unwrap()).collect()
}

fn sorted(mut attributes: Vec<KeyValue>) -> Vec<KeyValue> {
    attributes.sort_by(|left, right| left.key.cmp(&right.key));
    attributes
}

/// The span without what X-Ray cannot tell: the order of attributes, the flags, who instrumented it, and when an exception
/// was recorded, which is told as of the end.
fn told(span: &Span) -> Span {
    let mut span = span.clone();
    span.attributes = sorted(span.attributes);
    for event in span.events.iter_mut().filter(|event| event.name == "exception") {
        event.time = span.end.unwrap();
    }
    span.flags = 0;
    span.origin = resource(sorted(span.origin.resource.attributes.clone()));
    span
}

#[test]
fn every_span_comes_back_as_it_was() {
    let spans = spans();
    let read = Trace::gather(through(&spans));
    let written = Trace::gather(spans);
    assert_eq!(read.len(), 1);
    for (read, written) in read[0].spans().iter().zip(written[0].spans()) {
        assert_eq!(told(read), told(written));
    }
    assert_eq!(read[0].spans().len(), written[0].spans().len());
    assert_eq!(notes(&read[0]), notes(&written[0]));
}

#[test]
fn a_subsegment_that_was_sent_alone_is_its_parents_program() {
    let read = through(&spans());
    let alone = read.iter().find(|span| span.name == "DynamoDB.GetItem").unwrap();
    assert_eq!(alone.service(), "");
    let trace = trace(read);
    assert!(trace.spans().iter().all(|span| span.service() == "spored"));
}

#[test]
fn what_was_cut_is_noted() {
    let long = "x".repeat(70_000);
    let read = trace(through(&[span(1, 0, "long", 0, 1).said("text", &*long)]));
    assert_eq!(notes(&read), ["1 span was cut to fit X-Ray's limits: `aws.xray.truncated` says what"]);
    assert!(read.spans()[0].text("text").unwrap().len() > 1000);
}

#[test]
fn the_same_span_from_x_ray_and_from_a_spool_is_one_and_no_matter_for_a_note() {
    let mut spans = spans();
    spans.iter_mut().for_each(|span| span.start += 123);
    let both = trace(through(&spans).into_iter().chain(spans.clone()));
    assert_eq!(both, trace(spans.clone()));
    let reversed = trace(spans.clone().into_iter().chain(through(&spans)));
    assert_eq!(reversed, both);
}

#[test]
fn a_trace_that_was_sent_in_parts_is_one_trace() {
    let tie = |what: &str| vec![pair(TRACE_LINK, what)];
    let (whole, part) = (TRACE, TRACE + 77);
    let spans = [
        span(1, 0, "root", 0, 100),
        span(2, 1, "near", 1, 50).linked(TRACE + 1, 7, vec![pair("why", "another matter")]),
        span(5, 2, "trace continues", 2, 2).linked(part, 3, tie("continued")),
        span(3, 0, "far", 2, 10).in_trace(part).linked(whole, 2, tie("parent")).linked(whole, 5, tie("continues")),
        span(4, 3, "farther", 3, 9).in_trace(part),
    ];
    let trace = trace(spans);
    assert_eq!(trace.id().to_bytes(), whole.to_be_bytes());
    assert!(trace.is_called(opentelemetry::trace::TraceId::from(part)));
    let [near, far] = [1, 2];
    assert_eq!(names(&trace, trace.children(near)), ["far"]);
    assert_eq!(names(&trace, trace.children(far)), ["farther"]);
    let links = trace.spans().iter().flat_map(|span| &span.links);
    assert_eq!(links.map(|link| link.span_id).collect::<Vec<_>>(), [SpanId::from(7)]);
    assert_eq!(trace.ids().count(), 2);
    assert_eq!(
        notes(&trace),
        ["X-Ray has parts of this trace as 1-6b0120b8-000000000123456789abce3c, because it takes so much of one trace"]
    );
    assert_eq!(trace.spans()[2].parent, Some(SpanId::from(2)));
    assert_eq!(trace.spans()[2].outcome, Outcome::Unset);
}

#[test]
fn spans_that_say_of_each_other_that_they_go_on_there_are_all_shown() {
    let part = TRACE + 77;
    let tie = || vec![pair(TRACE_LINK, "continued")];
    let liars = [
        span(1, 0, "here", 0, 9).linked(part, 2, tie()),
        span(2, 0, "there", 0, 9).in_trace(part).linked(TRACE, 1, tie()),
    ];
    assert_eq!(trace(liars).spans().len(), 2);
}

#[test]
fn a_part_that_is_not_here_is_told_and_linked_to() {
    let (part, next) = (TRACE + 77, TRACE + 78);
    let tie = |what: &str| vec![pair(TRACE_LINK, what)];
    let spans = [
        span(1, 0, "root", 0, 100),
        span(2, 1, "trace continues", 1, 1).linked(part, 3, tie("continued")),
        span(3, 0, "far", 2, 10).in_trace(part).linked(TRACE, 1, tie("parent")).linked(TRACE, 2, tie("continues")),
        span(4, 3, "trace continues", 3, 3).in_trace(part).linked(next, 5, tie("continued")),
    ];
    let trace = trace(spans);
    let last = trace.spans().last().unwrap();
    assert_eq!((trace.spans().len(), last.name.as_str()), (3, "trace continues"));
    assert_eq!(last.links.iter().map(|link| link.span_id).collect::<Vec<_>>(), [SpanId::from(5)]);
    let [note] = &notes(&trace)[..] else { panic!("one note") };
    assert!(
        note.ends_with("and 1 other id, because it takes so much of one trace; 1 of these parts is not here"),
        "{note}"
    );
}
