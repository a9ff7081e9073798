//! How many spans a second `spawn trace serve --otlp` takes, over gRPC and over HTTP, and the memory that they take then:
//! `cargo run --release -p spawn-view --example receive [SPANS]`. Sender and receiver are two processes of this machine.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "it prints figures, and ends when something is wrong")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use spawn_view::serve::{Loopback, Options, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Spans of a message, as SDKs send them, and of a trace.
const MESSAGE: u64 = 512;
const TRACE: u64 = 16;
/// Connections that send at one time.
const SENDERS: u64 = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let argument = std::env::args().nth(1);
    if argument.as_deref() == Some("receiver") {
        return receive().await;
    }
    let spans: u64 = argument.map_or(1_000_000, |number| number.parse().unwrap());
    let size = request(0).encoded_len() as u64 / MESSAGE;
    println!("{spans} spans of {size} bytes, {MESSAGE} a message, {TRACE} a trace, {SENDERS} senders");
    for protocol in ["gRPC", "HTTP"] {
        let mut receiver = Command::new(std::env::current_exe().unwrap())
            .arg("receiver")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (seconds, memory) = send(&mut receiver, protocol, spans).await;
        drop(receiver.stdin.take());
        receiver.wait().unwrap();
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let rate = spans as f64 / seconds.as_secs_f64();
        println!("{protocol}: {rate:.0} spans a second; {memory} MB resident");
    }
}

/// A receiver that tells its ports, and ends when nobody listens to it.
async fn receive() {
    let options =
        Options { listen: Some(Loopback::port(0)), otlp: Some(vec![Loopback::port(0)]), ..Options::default() };
    let server = Server::bind(options, Arc::new(|text: &str| println!("{text}"))).await.unwrap();
    println!("{}", server.receivers()[0]);
    let stop = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
    server.run(async { drop(stop.await) }).await;
}

async fn send(receiver: &mut Child, protocol: &str, spans: u64) -> (Duration, u64) {
    let mut address = String::new();
    BufReader::new(receiver.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let address = address.trim().to_owned();
    let began = Instant::now();
    let messages = spans / MESSAGE;
    let mut senders = Vec::new();
    for sender in 0..SENDERS {
        let (address, mine) = (address.clone(), (0..messages).filter(move |message| message % SENDERS == sender));
        senders.push(match protocol {
            "gRPC" => tokio::spawn(by_grpc(address, mine.collect())),
            _ => tokio::spawn(by_http(address, mine.collect())),
        });
    }
    for sender in senders {
        sender.await.unwrap();
    }
    (began.elapsed(), resident(receiver.id()))
}

async fn by_grpc(address: String, messages: Vec<u64>) {
    let mut client = TraceServiceClient::connect(format!("http://{address}")).await.unwrap();
    for message in messages {
        let answer = client.export(request(message)).await.unwrap().into_inner();
        assert_eq!(answer.partial_success, None);
    }
}

async fn by_http(address: String, messages: Vec<u64>) {
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let mut answer = [0; 1024];
    for message in messages {
        let body = request(message).encode_to_vec();
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        // The answer has no body, and so comes at once.
        let length = stream.read(&mut answer).await.unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..length]));
    }
}

/// Megabytes that a process has in memory.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_000
}

/// A message of spans such as those of calls to AWS.
fn request(message: u64) -> ExportTraceServiceRequest {
    let resource = [
        ("service.name", "shop"),
        ("service.version", "1.2.3"),
        ("host.name", "ip-10-0-0-7"),
        ("cloud.region", "eu-central-1"),
    ];
    let spans = (0..MESSAGE).map(|at| span(message * MESSAGE + at)).collect();
    let of = ResourceSpans {
        resource: Some(Resource {
            attributes: resource.map(|(key, value)| text(key, value)).to_vec(),
            ..Resource::default()
        }),
        scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: vec![of] }
}

fn span(number: u64) -> Span {
    let (trace, start) = (number / TRACE + 1, 1_760_000_000_000_000_000 + number * 1_000);
    Span {
        trace_id: (u128::from(trace) << 64 | u128::from(trace)).to_be_bytes().to_vec(),
        span_id: (number + 1).to_be_bytes().to_vec(),
        parent_span_id: if number.is_multiple_of(TRACE) {
            Vec::new()
        } else {
            (number / TRACE * TRACE + 1).to_be_bytes().to_vec()
        },
        name: "DynamoDB.UpdateItem".to_owned(),
        kind: 3,
        start_time_unix_nano: start,
        end_time_unix_nano: start + 12_345_678,
        attributes: vec![
            text("rpc.system", "aws-api"),
            text("rpc.service", "DynamoDB"),
            text("rpc.method", "UpdateItem"),
            text("aws.request_id", &format!("{number:032}ABCDEFGHIJKLMNOPQRST")),
            text("aws.dynamodb.table_names", "orders-of-all-shops"),
            text("server.address", "dynamodb.eu-central-1.amazonaws.com"),
            text("cloud.region", "eu-central-1"),
            KeyValue {
                value: Some(AnyValue { value: Some(Value::IntValue(200)) }),
                ..text("http.response.status_code", "")
            },
        ],
        ..Span::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}
