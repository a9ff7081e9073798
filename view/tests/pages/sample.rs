//! Traces for the tests of the page, its pictures and its measurements: an array that spawn ran, a shop that others
//! traced, a large one, and one whose every text is hostile.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use spawn_view::{Event, Link, Origin, Outcome, Span, SpanKind, Trace};

/// 2026-03-02T09:30:00Z.
const START: u64 = 1_772_443_800_000_000_000;
const MS: u64 = 1_000_000;

/// What makes spans of one trace; ids count up.
pub(crate) struct Pen {
    trace: TraceId,
    next: u64,
    spans: Vec<Span>,
}

impl Pen {
    pub(crate) fn new(trace: u128) -> Self {
        Self { trace: TraceId::from((START as u128 / 1_000_000_000) << 96 | trace), next: 0, spans: Vec::new() }
    }

    /// Adds a span that begins `from` milliseconds after the start and takes `took`, and says its place.
    pub(crate) fn span(
        &mut self,
        of: &Arc<Origin>,
        parent: Option<usize>,
        name: &str,
        kind: SpanKind,
        from: u64,
        took: u64,
    ) -> usize {
        self.next += 1;
        let id = SpanId::from(0xa000_0000_0000_0000 | u64::from(self.trace.to_bytes()[15]) << 32 | self.next);
        self.spans.push(Span {
            trace_id: self.trace,
            span_id: id,
            parent: parent.map(|parent| self.spans[parent].span_id),
            name: name.to_owned(),
            kind,
            start: START + from * MS,
            end: Some(START + (from + took) * MS),
            outcome: Outcome::Unset,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            origin: Arc::clone(of),
            trace_state: String::new(),
            flags: 1,
            dropped: [0; 3],
        });
        self.spans.len() - 1
    }

    pub(crate) fn says(&mut self, span: usize, key: &str, value: impl Into<Value>) -> &mut Self {
        self.spans[span].attributes.push(pair(key, value));
        self
    }

    pub(crate) fn fails(&mut self, span: usize, text: &str) -> &mut Self {
        self.spans[span].outcome = Outcome::Error(text.to_owned());
        self
    }

    /// A call of AWS.
    pub(crate) fn aws(
        &mut self,
        of: &Arc<Origin>,
        parent: usize,
        service: &str,
        operation: &str,
        from: u64,
        took: u64,
    ) -> usize {
        let call = self.span(of, Some(parent), &format!("{service}.{operation}"), SpanKind::Client, from, took);
        self.says(call, "rpc.system", "aws-api").says(call, "rpc.service", service).says(call, "rpc.method", operation);
        self.says(call, "aws.region", "eu-central-1").says(call, "http.response.status_code", 200_i64);
        self.says(call, "aws.request_id", format!("7GQ{:010}EXAMPLE", self.next));
        call
    }

    pub(crate) fn of(&mut self, span: usize) -> &mut Span {
        &mut self.spans[span]
    }

    pub(crate) fn done(self) -> Vec<Span> {
        self.spans
    }
}

/// A value of an attribute.
pub(crate) struct Value(Any);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Any::StringValue(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Any::StringValue(text))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self(Any::IntValue(number))
    }
}

pub(crate) fn pair(key: &str, value: impl Into<Value>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value.into().0) }), ..KeyValue::default() }
}

pub(crate) fn origin(service: &str, host: &str) -> Arc<Origin> {
    let resource = Resource {
        attributes: vec![
            pair("service.name", service),
            pair("host.name", host),
            pair("telemetry.sdk.language", "rust"),
        ],
        ..Resource::default()
    };
    let scope =
        InstrumentationScope { name: format!("{service}-tracing"), version: "1.4.0".to_owned(), ..Default::default() };
    Arc::new(Origin { resource, scope, ..Origin::default() })
}

/// A job array of so many tasks, as spawn traces it: one failed, one was lost and done again, one is a straggler, one is
/// still under way.
pub(crate) fn array(tasks: u64) -> Vec<Trace> {
    let mut pen = Pen::new(1);
    let (spawn, host) = (origin("spawn", "laptop"), origin("spored", "i-0a1b2c3d4e5f60718"));
    let launch = pen.span(&spawn, None, "spawn launch", SpanKind::Internal, 0, 900);
    pen.says(launch, "spawn.command", "launch").says(launch, "spawn.launch.count", 4_i64);
    pen.aws(&spawn, launch, "STS", "GetCallerIdentity", 20, 60);
    pen.aws(&spawn, launch, "SQS", "CreateQueue", 90, 90);
    (0..12).for_each(|i| {
        pen.aws(&spawn, launch, "DynamoDB", "BatchWriteItem", 190 + i * 18, 16 + i % 3);
    });
    (0..6).for_each(|i| {
        pen.aws(&spawn, launch, "SQS", "SendMessageBatch", 420 + i * 20, 18);
    });
    let run = pen.aws(&spawn, launch, "EC2", "RunInstances", 560, 320);
    let throttled = pen.span(&spawn, Some(run), "EC2.RunInstances attempt 1", SpanKind::Internal, 560, 90);
    pen.says(throttled, "error.type", "RequestLimitExceeded").fails(throttled, "Request limit exceeded.");
    pen.span(&spawn, Some(run), "EC2.RunInstances attempt 2", SpanKind::Internal, 700, 180);
    let align = pen.span(&host, Some(launch), "array align", SpanKind::Internal, 900, 30_000);
    pen.says(align, "spawn.job_array_id", "align-7f3a").says(align, "spawn.job_array.name", "align");
    pen.says(align, "spawn.job_array.size", i64::try_from(tasks).unwrap());
    (0..tasks).for_each(|index| task(&mut pen, &host, align, index, tasks));
    Trace::gather(pen.done())
}

fn task(pen: &mut Pen, host: &Arc<Origin>, align: usize, index: u64, tasks: u64) {
    let begin = 1_500 + (index % 4) * 120 + (index / 4) * (27_000 / (tasks / 4 + 1));
    let run = 1_400 + (index * 7919) % 900 + if index == tasks / 2 { 9_000 } else { 0 };
    let lost = index == 5;
    if lost {
        let first = attempt(pen, host, align, index, 1, begin, 900);
        pen.says(first, "spawn.task.outcome", "lost").fails(first, "the host i-0f00dfeed vanished");
    }
    let from = if lost { begin + 1_200 } else { begin };
    let span = attempt(pen, host, align, index, if lost { 2 } else { 1 }, from, run + 700);
    let under_way = index == tasks - 1;
    let mut at = from;
    for (phase, took) in [("claim", 60), ("stage in", 240), ("run", run), ("stage out", 300), ("complete", 80)] {
        let child = pen.span(host, Some(span), phase, SpanKind::Internal, at, took);
        match phase {
            "stage in" => {
                let call = pen.aws(host, child, "S3", "GetObject", at + 10, took - 20);
                pen.says(call, "aws.s3.bucket", "genomes").says(call, "aws.s3.key", format!("reads/{index}.fastq.gz"));
            }
            "stage out" => {
                pen.aws(host, child, "S3", "PutObject", at + 10, took - 20);
            }
            "claim" | "complete" => {
                pen.aws(host, child, "DynamoDB", "UpdateItem", at + 5, took - 10);
            }
            _ if index == 9 => {
                pen.says(child, "process.exit.code", 137_i64).fails(child, "killed by signal 9, out of memory");
                let time = pen.of(child).start + 700 * MS;
                let attributes = vec![pair("signal", 9_i64)];
                pen.of(child).events.push(Event { time, name: "out of memory".to_owned(), attributes, dropped: 0 });
            }
            _ if under_way => {
                pen.of(child).end = None;
                pen.of(span).end = None;
                return;
            }
            _ => {}
        }
        at += took;
    }
    if index == 9 {
        pen.says(span, "spawn.task.outcome", "failed").says(span, "process.exit.code", 137_i64);
        pen.fails(span, "killed by signal 9, out of memory");
    } else {
        pen.says(span, "spawn.task.outcome", "succeeded");
    }
}

fn attempt(pen: &mut Pen, host: &Arc<Origin>, align: usize, index: u64, number: i64, from: u64, took: u64) -> usize {
    let span = pen.span(host, Some(align), &format!("task align[{index}]"), SpanKind::Internal, from, took);
    pen.says(span, "spawn.job_array_id", "align-7f3a").says(span, "spawn.job_array.name", "align");
    pen.says(span, "spawn.job_array_index", i64::try_from(index).unwrap()).says(span, "spawn.task.attempt", number);
    pen.says(span, "task_id", format!("align-7f3a/{index}")).says(span, "spawn.instance_id", "i-0a1b2c3d4e5f60718");
    if number > 1 {
        let before = pen.of(span - 1).clone();
        let link = Link {
            trace_id: before.trace_id,
            span_id: before.span_id,
            trace_state: String::new(),
            attributes: vec![pair("spawn.link", "attempt before")],
            dropped: 0,
            flags: 0,
        };
        pen.of(span).links.push(link);
    }
    span
}

/// An order in a shop: four services, a queue, two services of AWS, one that has no spans, errors and a throttle.
pub(crate) fn shop() -> Vec<Trace> {
    let mut pen = Pen::new(2);
    let web = origin("storefront", "web-1");
    let orders = origin("orders", "orders-1");
    let payments = origin("payments", "payments-1");
    let mail = origin("mailer", "mail-1");
    let root = pen.span(&web, None, "POST /checkout", SpanKind::Server, 0, 840);
    pen.says(root, "http.request.method", "POST").says(root, "http.response.status_code", 502_i64);
    pen.fails(root, "upstream failed");
    let ask = pen.span(&web, Some(root), "POST orders", SpanKind::Client, 20, 800);
    pen.says(ask, "http.response.status_code", 502_i64).fails(ask, "502 Bad Gateway");
    let order = pen.span(&orders, Some(ask), "POST /orders", SpanKind::Server, 30, 780);
    pen.fails(order, "payment refused");
    (0..9).for_each(|i| {
        pen.aws(&orders, order, "DynamoDB", "GetItem", 40 + i * 14, 11);
    });
    let put = pen.aws(&orders, order, "DynamoDB", "PutItem", 180, 60);
    pen.says(put, "aws.throttled", "true").says(put, "aws.attempts", 2_i64);
    let pay = pen.span(&orders, Some(order), "POST payments", SpanKind::Client, 250, 420);
    pen.says(pay, "http.response.status_code", 503_i64).fails(pay, "503 Service Unavailable");
    let charge = pen.span(&payments, Some(pay), "POST /charge", SpanKind::Server, 262, 400);
    pen.says(charge, "http.response.status_code", 503_i64).fails(charge, "bank does not answer");
    let bank = pen.span(&payments, Some(charge), "POST bank", SpanKind::Client, 275, 380);
    pen.says(bank, "server.address", "bank.example").says(bank, "error.type", "timeout").fails(bank, "timeout");
    let send = pen.aws(&orders, order, "SQS", "SendMessage", 690, 40);
    pen.of(send).kind = SpanKind::Producer;
    let take = pen.span(&mail, Some(send), "orders process", SpanKind::Consumer, 780, 220);
    pen.aws(&mail, take, "S3", "GetObject", 800, 90);
    Trace::gather(pen.done())
}

/// So many spans, in requests of twenty below one root.
pub(crate) fn large(size: usize) -> Vec<Trace> {
    let mut pen = Pen::new(3);
    let services: Vec<_> = (0..8).map(|i| origin(&format!("service-{i}"), &format!("host-{i}"))).collect();
    let root = pen.span(&services[0], None, "batch", SpanKind::Internal, 0, size as u64 * 2);
    let mut parent = root;
    for i in 1..size {
        let from = i as u64 * 2;
        let of = &services[i / 20 % 8];
        if i % 20 == 1 {
            parent = pen.span(of, Some(root), &format!("request {}", i / 20), SpanKind::Server, from, 60);
            continue;
        }
        let call = pen.span(of, Some(parent), &format!("step {}", i % 20), SpanKind::Internal, from, 3 + i as u64 % 17);
        pen.says(call, "item", i64::try_from(i).unwrap()).says(call, "note", "as an instrumented program says it");
        if i % 997 == 0 {
            pen.fails(call, "it did not work");
        }
    }
    Trace::gather(pen.done())
}

/// So many services, each called once by the first.
pub(crate) fn crowd(size: usize) -> Vec<Trace> {
    let mut pen = Pen::new(5);
    let caller = origin("caller", "host");
    let root = pen.span(&caller, None, "root", SpanKind::Internal, 0, size as u64);
    for i in 0..size {
        let call = pen.span(&caller, Some(root), "call", SpanKind::Client, i as u64, 1);
        pen.says(call, "server.address", format!("service-{i}.example"));
    }
    Trace::gather(pen.done())
}

/// So many spans, each below the one before.
pub(crate) fn deep(size: usize) -> Vec<Trace> {
    let mut pen = Pen::new(6);
    let of = origin("diver", "host");
    let mut parent = None;
    for i in 0..size as u64 {
        parent = Some(pen.span(&of, parent, &format!("level {i}"), SpanKind::Internal, i, 2 * size as u64 - 2 * i));
    }
    Trace::gather(pen.done())
}

/// Texts that would act if they were markup, script, a control or a direction.
pub(crate) const HOSTILE: &str = "</script><script>window.hurt=1</script><img src=x onerror=window.hurt=1>\u{202e}\u{0}\u{1b}[31m\u{200b}{{data}}\"'`${window.hurt=1}";

/// A trace in which every text is hostile.
pub(crate) fn hostile() -> Vec<Trace> {
    let mut pen = Pen::new(4);
    let mut of = Origin::clone(&origin(HOSTILE, HOSTILE));
    of.resource.attributes.push(pair(HOSTILE, HOSTILE));
    of.scope.name = HOSTILE.to_owned();
    let of = Arc::new(of);
    let root = pen.span(&of, None, HOSTILE, SpanKind::Server, 0, 100);
    pen.says(root, HOSTILE, HOSTILE)
        .says(root, "__proto__", HOSTILE)
        .says(root, "constructor", "x")
        .fails(root, HOSTILE);
    pen.says(root, "spawn.job_array_id", HOSTILE).says(root, "spawn.job_array.name", HOSTILE);
    let span = pen.of(root);
    span.trace_state = HOSTILE.to_owned();
    span.events.push(Event {
        time: START,
        name: HOSTILE.to_owned(),
        attributes: vec![pair(HOSTILE, HOSTILE)],
        dropped: 1,
    });
    span.links.push(Link {
        trace_id: TraceId::from(7),
        span_id: SpanId::from(7),
        trace_state: HOSTILE.to_owned(),
        attributes: vec![pair(HOSTILE, HOSTILE)],
        dropped: 0,
        flags: 0,
    });
    let call = pen.span(&of, Some(root), "call", SpanKind::Client, 10, 50);
    pen.says(call, "server.address", HOSTILE);
    let task = pen.span(&of, Some(root), &format!("task {HOSTILE}"), SpanKind::Internal, 20, 30);
    pen.says(task, "spawn.job_array_id", HOSTILE).says(task, "spawn.job_array_index", 0_i64);
    pen.says(task, "spawn.task.outcome", HOSTILE).fails(task, HOSTILE);
    let long = pen.span(&of, Some(root), &"long ".repeat(20_000), SpanKind::Internal, 60, 1);
    pen.says(long, "long", "x".repeat(100_000));
    Trace::gather(pen.done())
}
