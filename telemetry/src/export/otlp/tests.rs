//! The exporter against a receiver within the test.

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
async fn a_token_goes_along_with_each_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "abc").unwrap();
    for protocol in BOTH {
        let (endpoint, got) = receiver(protocol, Answer::ok()).await;
        let settings = OtlpSettings { token_file: Some(file.to_str().unwrap().to_owned()), ..settings(protocol) };
        exporter(&settings, &endpoint).send(&[span("a")]).await;
        let (_, headers, _) = got.lock().unwrap().pop().unwrap();
        assert_eq!(headers["authorization"], "Bearer abc");
    }
}

#[tokio::test]
async fn spans_that_the_receiver_refuses_are_counted() {
    let partial = ExportTracePartialSuccess { rejected_spans: 1, error_message: "too old".to_owned() };
    let message = ExportTraceServiceResponse { partial_success: Some(partial) };
    for protocol in BOTH {
        let (endpoint, _) = receiver(protocol, Answer { message: message.clone(), ..Answer::ok() }).await;
        let outcome = exporter(&settings(protocol), &endpoint).send(&[span("a"), span("b")]).await;
        let fates = vec![Fate::Delivered, Fate::Refused(DropReason::Rejected)];
        let what = "the OTLP receiver has refused 1 of 2 spans, and does not say which: too old".to_owned();
        // The one that it means is among them.
        let refusals = vec![(0, rejected(PARTIAL, what.clone())), (1, rejected(PARTIAL, what.clone()))];
        assert_eq!(outcome, Outcome { fates, trouble: None, refusal: Some(what), refusals });
    }
}

#[tokio::test]
async fn a_failure_is_told_by_whether_it_will_last() {
    let cases = [
        (OtlpProtocol::Http, 503, "0", false),
        (OtlpProtocol::Http, 429, "0", false),
        (OtlpProtocol::Http, 401, "0", true),
        (OtlpProtocol::Http, 404, "0", true),
        (OtlpProtocol::Http, 302, "0", true),
        (OtlpProtocol::Grpc, 200, "14", false),
        (OtlpProtocol::Http, 403, "0", true),
        (OtlpProtocol::Grpc, 200, "16", true),
        (OtlpProtocol::Grpc, 200, "12", true),
    ];
    for (protocol, status, grpc, lasting) in cases {
        let (endpoint, _) = receiver(protocol, Answer { status, grpc, ..Answer::ok() }).await;
        let outcome = exporter(&settings(protocol), &endpoint).send(&[span("a")]).await;
        let told = outcome.trouble.map(|trouble| trouble.lasting);
        assert_eq!((outcome.fates, told), (vec![Fate::Again], Some(lasting)), "{protocol} {status} {grpc}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_busy_says_when_to_come_again() {
    let answer = Answer { status: 503, retry_after: Some("7"), ..Answer::ok() };
    let (endpoint, _) = receiver(OtlpProtocol::Http, answer).await;
    let trouble = exporter(&settings(OtlpProtocol::Http), &endpoint).send(&[span("a")]).await.trouble.unwrap();
    assert_eq!((trouble.lasting, trouble.after), (false, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn a_bad_request_is_narrowed_down_to_the_span() {
    for (protocol, status, grpc) in [(OtlpProtocol::Http, 400, "0"), (OtlpProtocol::Grpc, 200, "3")] {
        let (endpoint, got) = receiver(protocol, Answer { status, grpc, ..Answer::ok() }).await;
        let outcome = exporter(&settings(protocol), &endpoint).send(&[span("a"), span("b")]).await;
        assert_eq!(outcome.fates, [Fate::Refused(DropReason::Rejected); 2]);
        let requests: Vec<_> = got.lock().unwrap().iter().map(|(_, _, names)| names.clone()).collect();
        assert_eq!(requests, [vec!["a", "b"], vec!["a"], vec!["b"]]);
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

#[test]
fn a_certificate_that_cannot_be_read_is_named() {
    let settings = OtlpSettings { ca_file: Some("/nowhere/ca.pem".to_owned()), ..OtlpSettings::default() };
    let endpoint: Endpoint = "https://localhost:4317".parse().unwrap();
    let resource = Resource::builder_empty().build();
    let trouble = Otlp::new(&settings, Some(&endpoint), &resource, Filter::default(), None).unwrap_err();
    assert!(trouble.lasting && trouble.what.starts_with("/nowhere/ca.pem cannot be used for TLS"), "{trouble:?}");
}

#[tokio::test]
async fn a_token_that_was_renewed_since_is_sent_once_more_at_once() {
    for (protocol, status, grpc) in [(OtlpProtocol::Grpc, 200, "16"), (OtlpProtocol::Http, 401, "0")] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "first").unwrap();
        let (endpoint, got) = receiver(protocol, Answer { status, grpc, ..Answer::ok() }).await;
        let settings = OtlpSettings { token_file: Some(file.to_str().unwrap().to_owned()), ..settings(protocol) };
        let mut exporter = exporter(&settings, &endpoint);
        let tokens = || -> Vec<_> {
            got.lock().unwrap().drain(..).map(|(_, headers, _)| headers["authorization"].clone()).collect()
        };
        let refused = exporter.send(&[span("a")]).await;
        assert_eq!(
            (tokens(), refused.trouble.unwrap().lasting),
            (vec![HeaderValue::from_static("Bearer first")], true)
        );
        // The file changes between the first request and the answer to it.
        let old = exporter.headers.now().unwrap();
        std::fs::write(&file, "second").unwrap();
        let mut headers = old.clone();
        assert!(exporter.renew(&mut headers).await);
        assert_eq!(headers["authorization"], "Bearer second");
        assert!(!exporter.renew(&mut headers).await, "{protocol}");
    }
}

#[tokio::test]
async fn what_is_final_is_lost_without_another_try() {
    let cases = [
        (OtlpProtocol::Http, 500, "0"),
        (OtlpProtocol::Http, 501, "0"),
        (OtlpProtocol::Http, 408, "0"),
        (OtlpProtocol::Grpc, 200, "13"),
        (OtlpProtocol::Grpc, 200, "2"),
        (OtlpProtocol::Grpc, 200, "8"),
    ];
    for (protocol, status, grpc) in cases {
        let (endpoint, got) = receiver(protocol, Answer { status, grpc, ..Answer::ok() }).await;
        let outcome = exporter(&settings(protocol), &endpoint).send(&[span("a"), span("b")]).await;
        assert_eq!(outcome.fates, [Fate::Refused(DropReason::Rejected); 2], "{protocol} {status} {grpc}");
        assert_eq!((outcome.trouble, got.lock().unwrap().len()), (None, 1), "{protocol} {status} {grpc}");
    }
}

#[tokio::test]
async fn a_span_that_is_too_large_is_refused_before_it_is_sent() {
    assert_eq!(LARGEST, 64 * 1024 * 1024);
    for protocol in ALL {
        let (endpoint, got) = receiver(protocol, Answer::ok()).await;
        let mut large = span("large");
        large.attributes = vec![KeyValue::new("text", "x".repeat(10_000))];
        let mut exporter = exporter(&settings(protocol), &endpoint);
        exporter.largest = 10_000;
        let outcome = exporter.send(&[span("a"), large]).await;
        assert_eq!(outcome.fates, [Fate::Delivered, Fate::Refused(DropReason::TooLarge)], "{protocol}");
        assert!(outcome.refusal.unwrap().ends_with("takes 10000 a request"), "{protocol}");
        assert_eq!(got.lock().unwrap().len(), 1, "{protocol}");
    }
}

#[tokio::test]
async fn only_x_ray_gets_a_signature_and_by_http_alone() {
    let credentials = aws_credential_types::Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let provider = aws_credential_types::provider::SharedCredentialsProvider::new(credentials);
    let aws = SdkConfig::builder().credentials_provider(provider).build();
    let made = |protocol, endpoint: &str| {
        let resource = Resource::builder_empty().build();
        let endpoint: Endpoint = endpoint.parse().unwrap();
        Otlp::new(&settings(protocol), Some(&endpoint), &resource, Filter::default(), Some(&aws))
    };
    let xray = "https://xray.eu-central-1.amazonaws.com";
    assert_eq!(made(OtlpProtocol::Grpc, xray).unwrap_err().what, "X-Ray's OTLP endpoint does not speak gRPC");
    for (endpoint, signs) in [
        (xray, true),
        ("https://xray.eu-central-1.amazonaws.com/v1/traces", true),
        ("http://xray.eu-central-1.amazonaws.com", false),
        ("https://xray.eu-central-1.amazonaws.com.evil.example", false),
        ("https://collector.example", false),
    ] {
        let exporter = made(OtlpProtocol::HttpJson, endpoint).unwrap();
        let Transport::Http(http) = &exporter.transport else { panic!("{endpoint}") };
        assert_eq!((http.signs(), exporter.is_xray), (signs, signs), "{endpoint}");
    }
    let (endpoint, got) = receiver(OtlpProtocol::Http, Answer::ok()).await;
    made(OtlpProtocol::Http, &endpoint.to_string()).unwrap().send(&[span("a")]).await;
    let (_, headers, _) = got.lock().unwrap().pop().unwrap();
    assert!(headers.get("authorization").is_none() && headers.get("x-amz-date").is_none(), "{headers:?}");
}
