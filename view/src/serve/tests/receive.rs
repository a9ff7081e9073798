//! What comes by OTLP is what the pages ask for.

use super::*;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::trace::v1::{Status, status::StatusCode};
use tonic::codec::CompressionEncoding;

const ID: &str = "00000000000000070000000000000001";

fn failed(message: Message) -> Message {
    let status = Some(Status { code: StatusCode::Error.into(), message: "no <stock>".to_owned() });
    Message { status, attributes: vec![text("key", "value")], ..message }
}

/// What must be read back of the two spans that every test here sends.
async fn assert_shown(server: &Running) {
    let list = server.get("/api/traces").await.json();
    let row = &list["traces"][0];
    assert_eq!((&row["trace_id"], &row["name"], &row["service"]), (&ID.into(), &"checkout".into(), &"shop".into()));
    assert_eq!((&row["span_count"], &row["errors"], &list["more"]), (&2.into(), &1.into(), &false.into()));
    let trace = server.get(&format!("/api/traces/{ID}")).await.json();
    let spans = trace["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 2, "{trace}");
    assert_eq!((&spans[0]["name"], &spans[0]["parent"]), (&"checkout".into(), &Value::Null));
    assert_eq!((&spans[1]["name"], &spans[1]["parent"]), (&"pay".into(), &0.into()));
    assert_eq!(spans[1]["attributes"], serde_json::json!({"key": "value"}));
    assert_eq!((&spans[1]["status"], &spans[1]["status_message"]), (&"error".into(), &"no <stock>".into()));
}

fn two() -> Vec<Message> {
    let child = Message { parent_span_id: 1_u64.to_be_bytes().to_vec(), ..span(7, 2, "pay") };
    vec![span(7, 1, "checkout"), failed(child)]
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn protobuf_over_http() {
    let server = start(Bounds::default()).await;
    let answer = server.send(two()).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, &[][..]));
    assert!(answer.head.contains("content-type: application/x-protobuf"), "{}", answer.head);
    assert_shown(&server).await;
}

#[tokio::test]
async fn protobuf_over_http_with_gzip() {
    let server = start(Bounds::default()).await;
    let headers = "content-type: application/x-protobuf\r\ncontent-encoding: gzip\r\n";
    let answer = server.post("/v1/traces", headers, &gzip(&request(two()).encode_to_vec())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_shown(&server).await;
}

#[tokio::test]
async fn json_over_http() {
    let server = start(Bounds::default()).await;
    let json = serde_json::to_vec(&request(two())).unwrap();
    let answer = server.post("/v1/traces", "content-type: application/json; charset=utf-8\r\n", &json).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "{}"));
    assert_shown(&server).await;
}

#[tokio::test]
async fn grpc() {
    let server = start(Bounds::default()).await;
    let client = TraceServiceClient::connect(format!("http://{}", server.otlp)).await.unwrap();
    let mut client = client.send_compressed(CompressionEncoding::Gzip);
    let answer = client.export(request(two())).await.unwrap().into_inner();
    assert_eq!(answer.partial_success, None);
    assert_shown(&server).await;
}

#[tokio::test]
async fn messages_of_megabytes_are_taken() {
    let server = start(Bounds::default()).await;
    let large = |id| Message { attributes: vec![text("key", &"x".repeat(8_000_000))], ..span(7, id, "large") };
    let mut client = TraceServiceClient::connect(format!("http://{}", server.otlp)).await.unwrap();
    assert_eq!(client.export(request(vec![large(1)])).await.unwrap().into_inner().partial_success, None);
    assert_eq!(server.send(vec![large(2)]).await.status, 200);
    assert_eq!(server.status().await["spans"], 2);
}

#[tokio::test]
async fn spans_that_are_none_are_refused_and_the_rest_is_kept() {
    let server = start(Bounds::default()).await;
    let wrong = Message { span_id: vec![1, 2, 3], ..span(7, 3, "wrong") };
    let spans = || [two(), vec![wrong.clone()]].concat();
    let mut client = TraceServiceClient::connect(format!("http://{}", server.otlp)).await.unwrap();
    let partly = client.export(request(spans())).await.unwrap().into_inner().partial_success.unwrap();
    assert_eq!(partly.rejected_spans, 1);
    assert_eq!(partly.error_message, "1 span was refused: its trace id or span id is no id");
    let json = serde_json::to_vec(&request(spans())).unwrap();
    let answer = server.post("/v1/traces", "content-type: application/json\r\n", &json).await;
    assert_eq!((answer.status, &answer.json()["partialSuccess"]["rejectedSpans"]), (200, &"1".into()));
    assert_shown(&server).await;
    let status = server.status().await;
    assert_eq!((&status["refused"], &status["received"], &status["repeated"]), (&2.into(), &2.into(), &2.into()));
    assert_eq!(status["problems"][0], "2 spans were refused: their trace ids or span ids are no ids");
}

#[tokio::test]
async fn metrics_and_logs_are_taken_and_told_once() {
    let server = start(Bounds::default()).await;
    for _ in 0..2 {
        for path in ["/v1/metrics", "/v1/logs"] {
            let answer = server.post(path, "content-type: application/x-protobuf\r\n", b"\x0a\x00").await;
            assert_eq!((answer.status, answer.body.len()), (200, 0), "{path}");
        }
    }
    let path = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    assert_eq!(grpc_call(&server, path, framed(b"\x0a\x00")).await, (0, vec![0; 5], String::new()));
    let told = server.told.lock().unwrap().clone();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("metrics came, too") && told[1].starts_with("logs came, too"), "{told:?}");
    assert_eq!(server.status().await["received"], 0);
}
