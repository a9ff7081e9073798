//! The exporter against a receiver within the test.

mod refusals;
mod tokens;

use std::convert::Infallible;
use std::io::Read;
use std::sync::{Arc, Mutex};

use ::http::{HeaderMap, HeaderValue, Request, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry::KeyValue;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;
use spawn_config::Compression;
use tokio::net::TcpListener;

use super::super::Fate;
use super::*;
use crate::samples::span;

/// What the receiver answers: the status of HTTP, the status of gRPC, when to come again, and the message.
#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    grpc: &'static str,
    retry_after: Option<&'static str>,
    message: ExportTraceServiceResponse,
}

impl Answer {
    fn ok() -> Self {
        Self { status: 200, grpc: "0", retry_after: None, message: ExportTraceServiceResponse::default() }
    }
}

/// What a receiver has got: path, headers, and the names of the spans.
type Got = Arc<Mutex<Vec<(String, HeaderMap, Vec<String>)>>>;

/// Receives on loopback by the protocol of the settings, and gives the same answer each time.
async fn receiver(protocol: OtlpProtocol, answer: Answer) -> (Endpoint, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let got = Got::default();
    let kept = Arc::clone(&got);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (got, answer) = (Arc::clone(&kept), answer.clone());
            let service = service_fn(move |request| take(request, Arc::clone(&got), answer.clone(), protocol));
            let stream = TokioIo::new(stream);
            tokio::spawn(async move {
                match protocol {
                    OtlpProtocol::Grpc => {
                        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                            .serve_connection(stream, service)
                            .await
                    }
                    OtlpProtocol::Http | OtlpProtocol::HttpJson => {
                        hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await
                    }
                }
            });
        }
    });
    (endpoint, got)
}

async fn take(
    request: Request<Incoming>,
    got: Got,
    answer: Answer,
    protocol: OtlpProtocol,
) -> Result<Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let zipped = parts.headers.get("content-encoding").or(parts.headers.get("grpc-encoding")).is_some();
    let message = match protocol {
        // A byte that says whether it is zipped, and four of length.
        OtlpProtocol::Grpc => body.slice(5..),
        OtlpProtocol::Http | OtlpProtocol::HttpJson => body,
    };
    let message = if zipped {
        let mut plain = Vec::new();
        GzDecoder::new(&*message).read_to_end(&mut plain).unwrap();
        Bytes::from(plain)
    } else {
        message
    };
    let request = match protocol {
        OtlpProtocol::HttpJson => serde_json::from_slice(&message).unwrap(),
        _ => ExportTraceServiceRequest::decode(message).unwrap(),
    };
    let spans = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans);
    let names = spans.map(|span| span.name.clone()).collect();
    got.lock().unwrap().push((parts.uri.path().to_owned(), parts.headers, names));
    let mut body = answer.message.encode_to_vec();
    let mut trailers = HeaderMap::new();
    let mut response = Response::builder().status(answer.status);
    if protocol == OtlpProtocol::Grpc {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        body.splice(0..0, [0].into_iter().chain(length));
        trailers.insert("grpc-status", HeaderValue::from_static(answer.grpc));
        response = response.header("content-type", "application/grpc");
    }
    if let Some(retry_after) = answer.retry_after {
        response = response.header("retry-after", retry_after);
    }
    let body = Full::from(body).with_trailers(async move { Some(Ok(trailers)) });
    Ok(response.body(body).unwrap())
}

const BOTH: [OtlpProtocol; 2] = [OtlpProtocol::Grpc, OtlpProtocol::Http];
const ALL: [OtlpProtocol; 3] = [OtlpProtocol::Grpc, OtlpProtocol::Http, OtlpProtocol::HttpJson];

fn exporter(settings: &OtlpSettings, endpoint: &Endpoint) -> Otlp {
    let resource = Resource::builder_empty().with_attribute(KeyValue::new("service.name", "spored")).build();
    Otlp::new(settings, Some(endpoint), &resource, Filter::default(), None).unwrap()
}

fn settings(protocol: OtlpProtocol) -> OtlpSettings {
    OtlpSettings { protocol, ..OtlpSettings::default() }
}

#[tokio::test]
async fn spans_arrive_at_the_path_of_the_protocol_plain_and_zipped() {
    for protocol in ALL {
        for compression in [Compression::None, Compression::Gzip] {
            let (endpoint, got) = receiver(protocol, Answer::ok()).await;
            let settings = OtlpSettings { compression, ..settings(protocol) };
            let outcome = exporter(&settings, &endpoint).send(&[span("a"), span("b")]).await;
            assert_eq!(outcome, Outcome::delivered(2), "{protocol} {compression}");
            let (path, headers, names) = got.lock().unwrap().pop().unwrap();
            let (expected_path, expected_type) = match protocol {
                OtlpProtocol::Grpc => {
                    ("/opentelemetry.proto.collector.trace.v1.TraceService/Export", "application/grpc")
                }
                OtlpProtocol::Http => ("/v1/traces", "application/x-protobuf"),
                OtlpProtocol::HttpJson => ("/v1/traces", "application/json"),
            };
            assert_eq!(
                (path.as_str(), &headers["content-type"]),
                (expected_path, &HeaderValue::from_static(expected_type))
            );
            assert_eq!(names, ["a", "b"]);
        }
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_a_passing_trouble() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    for protocol in BOTH {
        let trouble = exporter(&settings(protocol), &endpoint).send(&[span("a")]).await.trouble.unwrap();
        assert!(!trouble.lasting && trouble.what.contains("Connection refused"), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    for protocol in BOTH {
        let settings = OtlpSettings { timeout: Duration::from_millis(20), ..settings(protocol) };
        let trouble = exporter(&settings, &endpoint).send(&[span("a")]).await.trouble.unwrap();
        assert_eq!(trouble.what, "the OTLP receiver cannot be reached: no answer in time");
    }
}

#[tokio::test]
async fn after_silence_there_is_a_new_connection() {
    for protocol in BOTH {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let settings = OtlpSettings { timeout: Duration::from_millis(100), ..settings(protocol) };
        let mut exporter = exporter(&settings, &endpoint);
        let mut silent = Vec::new();
        for _ in 0..2 {
            exporter.send(&[span("a")]).await;
            let connection = tokio::time::timeout(Duration::from_secs(30), listener.accept()).await;
            silent.push(connection.unwrap().unwrap());
        }
    }
}
