//! How long it takes to make of spans what people look at.
//!
//! ```console
//! $ cargo run --release --package spawn-view --example draw -- 10000
//! ```

use std::hint::black_box;
use std::time::Instant;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, TracesData};
use prost::Message as _;
use spawn_view::{Query, Trace};

/// When the trace begins, nanoseconds since 1970.
const START: u64 = 1_795_236_000_000_000_000;

#[expect(clippy::print_stdout, reason = "that is what an example is for")]
fn main() {
    let spans = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let messages = array(spans);
    let json = serde_json::to_vec(&TracesData { resource_spans: messages.clone() }).unwrap_or_default();
    let protobuf = TracesData { resource_spans: messages.clone() }.encode_to_vec();
    let documents = spawn_telemetry::XRayDocuments::of_messages(messages).join("\n");
    println!(
        "{spans} spans: {} bytes of JSON, {} of protobuf, {} of documents",
        json.len(),
        protobuf.len(),
        documents.len()
    );
    let read = |name: &str, bytes: &[u8]| timed(name, || spawn_view::read_bytes(name, bytes));
    read("read JSON", &json);
    read("read documents", documents.as_bytes());
    let read = read("read protobuf", &protobuf);
    let traces = timed("gather", || Trace::gather(read.spans));
    let trace = &traces[0];
    timed("rows", || spawn_view::rows(trace, usize::MAX));
    timed("rows, folded", || spawn_view::rows(trace, 5));
    timed("critical path", || spawn_view::critical_path(trace));
    timed("service map", || spawn_view::service_map(&traces));
    timed("arrays", || spawn_view::arrays(&traces));
    timed("compare", || spawn_view::compare(trace, trace));
    timed("summary", || spawn_view::summary(trace));
    timed("search", || Query { text: Some("nowhere".to_owned()), ..Query::default() }.matches(trace));
}

#[expect(clippy::print_stdout, reason = "that is what an example is for")]
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = black_box(work());
    println!("{what:>16} {:>9.3} ms", started.elapsed().as_secs_f64() * 1e3);
    done
}

/// A job array of tasks with a claim, a run and calls to AWS.
fn array(spans: usize) -> Vec<ResourceSpans> {
    let mut all = vec![span(1, 0, "array align", 1, 0, 1_000_000)];
    for task in 0.. {
        if all.len() >= spans {
            break;
        }
        let (id, at) = (2 + task * 8, task * 3);
        all.push(told(span(id, 1, &format!("task align[{task}]"), 1, at, 900), task));
        all.push(span(id + 1, id, "claim", 1, at, 10));
        all.push(span(id + 2, id, "run", 1, at + 10, 800));
        for call in 0..5 {
            let mut get = span(id + 3 + call, id + 2, "S3.GetObject", 3, at + 20 + call * 7, 30);
            get.attributes.extend([
                pair("rpc.system", "aws-api"),
                pair("rpc.service", "S3"),
                pair("aws.s3.bucket", "inputs"),
            ]);
            all.push(get);
        }
    }
    all.truncate(spans);
    let resource = Resource { attributes: vec![pair("service.name", "spored")], ..Resource::default() };
    // As an exporter sends them: some hundred at a time.
    let scope = |spans: &[Span]| vec![ScopeSpans { spans: spans.to_vec(), ..ScopeSpans::default() }];
    let message = |spans: &[Span]| ResourceSpans {
        resource: Some(resource.clone()),
        scope_spans: scope(spans),
        ..ResourceSpans::default()
    };
    all.chunks(500).map(message).collect()
}

fn told(mut span: Span, task: u64) -> Span {
    span.attributes.extend([
        pair("spawn.job_array_id", "align-00000001"),
        pair("spawn.job_array.name", "align"),
        pair("spawn.job_array_index", &task.to_string()),
        pair("spawn.task.attempt", "1"),
        pair("spawn.task.outcome", "succeeded"),
    ]);
    span
}

fn span(id: u64, parent: u64, name: &str, kind: i32, from: u64, length: u64) -> Span {
    let start = START + from * 1_000_000;
    Span {
        trace_id: TraceId::from(0x6b01_20b8_0000_0000_0123_4567_89ab_cdef).to_bytes().to_vec(),
        span_id: SpanId::from(id).to_bytes().to_vec(),
        parent_span_id: if parent > 0 { SpanId::from(parent).to_bytes().to_vec() } else { Vec::new() },
        name: name.to_owned(),
        kind,
        start_time_unix_nano: start,
        end_time_unix_nano: start + length * 1_000_000,
        attributes: vec![pair("spawn.instance_id", "i-0123456789abcdef0"), pair("spawn.provider", "ec2")],
        ..Span::default()
    }
}

fn pair(key: &str, text: &str) -> KeyValue {
    let value = AnyValue { value: Some(Value::StringValue(text.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}
