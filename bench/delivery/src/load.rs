//! Sends the same spans to an OTLP receiver over HTTP, for the agents that take nothing else.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

use crate::spans::{self, OF_A_TRACE};

/// Spans of one request.
const TOGETHER: u32 = 500;

/// Sends the spans at this rate, and returns when all are taken.
pub(crate) fn send(url: &str, spans: u32, rate: u32) {
    let address = url.strip_prefix("http://").expect("an http URL");
    let mut connection = TcpStream::connect(address).expect("a receiver");
    connection.set_nodelay(true).expect("a socket");
    let begun = Instant::now();
    for first in (0..spans).step_by(TOGETHER as usize) {
        let body = request(first, TOGETHER.min(spans - first)).encode_to_vec();
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes()).expect("a receiver that reads");
        connection.write_all(&body).expect("a receiver that reads");
        let mut answer = [0; 4096];
        let read = connection.read(&mut answer).expect("an answer");
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..read]));
        if rate > 0 {
            let due = begun + Duration::from_secs_f64(f64::from(first + TOGETHER) / f64::from(rate));
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
}

fn request(first: u32, count: u32) -> ExportTraceServiceRequest {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970");
    let spans = (first..first + count).map(|number| span(number, seconds)).collect();
    let resource = Resource { attributes: vec![pair("service.name", "bench".into())], ..Resource::default() };
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let of_resource = ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![of_resource] }
}

fn span(number: u32, now: Duration) -> Span {
    let trace = number / OF_A_TRACE;
    let id = |number: u32| (u64::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes().to_vec();
    let is_root = number.is_multiple_of(OF_A_TRACE);
    let mut trace_id = u32::try_from(now.as_secs()).expect("before 2106").to_be_bytes().to_vec();
    trace_id.extend(u128::from(trace + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060).to_be_bytes()[4..].iter());
    let end = u64::try_from(now.as_nanos()).expect("before 2554");
    Span {
        trace_id,
        span_id: id(number),
        parent_span_id: if is_root { Vec::new() } else { id(trace * OF_A_TRACE) },
        name: "DynamoDB.GetItem".to_owned(),
        kind: 3,
        start_time_unix_nano: end - 1_000_000,
        end_time_unix_nano: end,
        attributes: spans::attributes(number).into_iter().map(|it| pair(it.key.as_str(), it.value)).collect(),
        ..Span::default()
    }
}

fn pair(key: &str, value: opentelemetry::Value) -> KeyValue {
    let value = match value {
        opentelemetry::Value::Bool(value) => Value::BoolValue(value),
        opentelemetry::Value::I64(value) => Value::IntValue(value),
        other => Value::StringValue(other.to_string()),
    };
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}
