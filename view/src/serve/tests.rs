//! Tests of the server as its clients see it.

mod bad_input;
mod clients;
mod ending;
mod pages;
mod receive;

use super::*;
use std::sync::Mutex;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Message};
use prost::Message as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Time in which whatever is waited for happens on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs.
struct Running {
    pages: SocketAddr,
    otlp: SocketAddr,
    feed: Feed,
    told: Arc<Mutex<Vec<String>>>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<StatusData>,
}

/// What a server answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

async fn start(bounds: Bounds) -> Running {
    serving(Options { bounds, ..Options::default() }).await
}

async fn serving(options: Options) -> Running {
    let free = Some(Loopback::port(0));
    let options = Options { listen: free, otlp: Some(free.into_iter().collect()), ..options };
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let tell = Arc::new(move |text: &str| tell.lock().unwrap().push(text.to_owned()));
    let server = Server::bind(options, tell).await.unwrap();
    let (pages, otlp, feed) = (server.facts.pages[0], server.receivers()[0], server.feed());
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(server.run(async { drop(stopped.await) }));
    Running { pages, otlp, feed, told, stop, ended }
}

impl Running {
    async fn get(&self, path: &str) -> Answer {
        call(self.pages, &format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.pages), &[])
            .await
    }

    async fn post(&self, path: &str, headers: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
            self.otlp,
            body.len()
        );
        call(self.otlp, &head, body).await
    }

    async fn send(&self, spans: Vec<Message>) -> Answer {
        self.post("/v1/traces", "content-type: application/x-protobuf\r\n", &request(spans).encode_to_vec()).await
    }

    async fn status(&self) -> Value {
        self.get("/api/status").await.json()
    }

    async fn stop(self) -> StatusData {
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.ended).await.unwrap().unwrap()
    }
}

/// One request on a connection of its own, and all that came back.
async fn call(address: SocketAddr, head: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let write = async {
        // Who is refused may find the connection closed before all was written.
        drop(writing.write_all(head.as_bytes()).await);
        drop(writing.write_all(body).await);
    };
    let mut answer = Vec::new();
    let read = async { drop(reading.read_to_end(&mut answer).await) };
    tokio::time::timeout(PATIENCE, async { tokio::join!(write, read) }).await.unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(answer.len().saturating_sub(4));
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Answer { status, head, body: answer.get(end + 4..).unwrap_or_default().to_vec() }
}

async fn wait_until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("wait for {what}"))
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Any::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// A span that took a microsecond, of this trace.
fn span(trace: u64, id: u64, name: &str) -> Message {
    Message {
        trace_id: (u128::from(trace) << 64 | 1).to_be_bytes().to_vec(),
        span_id: id.to_be_bytes().to_vec(),
        name: name.to_owned(),
        kind: 1,
        start_time_unix_nano: 1_760_000_000_000_000_000 + id * 1_000,
        end_time_unix_nano: 1_760_000_000_000_001_000 + id * 1_000,
        ..Message::default()
    }
}

fn request(spans: Vec<Message>) -> ExportTraceServiceRequest {
    let resource = Resource { attributes: vec![text("service.name", "shop")], ..Resource::default() };
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let of = ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![of] }
}

/// A message of gRPC that is not compressed.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat()
}

/// A call of gRPC by bytes: the status, the answer and what is said of it.
async fn grpc_call(server: &Running, path: &str, body: Vec<u8>) -> (i32, Vec<u8>, String) {
    use http_body_util::{BodyExt as _, Full};
    let client =
        hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).http2_only(true).build_http();
    let request = http::Request::post(format!("http://{}{path}", server.otlp))
        .header("content-type", "application/grpc")
        .header("grpc-encoding", "gzip")
        .header("te", "trailers");
    let answer = client.request(request.body(Full::new(bytes::Bytes::from(body))).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    assert_eq!(parts.headers["content-type"], "application/grpc");
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or(parts.headers);
    let text = |name| trailers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let status = text("grpc-status").unwrap().parse().unwrap();
    (status, collected.to_bytes().to_vec(), text("grpc-message").unwrap_or_default())
}
