//! What nobody should send: refused with the reason, and nothing of it stays in memory.

use super::receive::gzip;
use super::*;

const PROTOBUF: &str = "content-type: application/x-protobuf\r\n";
const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// `google.rpc.Status`, as the receiver says why.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

async fn refused(server: &Running, headers: &str, body: &[u8]) -> (u16, i32, String) {
    let answer = server.post("/v1/traces", headers, body).await;
    let said = match answer.head.contains("content-type: application/x-protobuf") {
        true => RpcStatus::decode(answer.body.as_slice()).unwrap(),
        false => {
            let json = answer.json();
            RpcStatus {
                code: i32::try_from(json["code"].as_i64().unwrap()).unwrap(),
                message: json["message"].as_str().unwrap().to_owned(),
            }
        }
    };
    (answer.status, said.code, said.message)
}

#[tokio::test]
async fn garbage_is_refused_for_good_with_the_reason() {
    let server = start(Bounds::default()).await;
    let (status, code, message) = refused(&server, PROTOBUF, b"\xff\xff\xff").await;
    assert!((status, code) == (400, 3) && message.contains("no protobuf of OTLP"), "{status} {code} {message}");
    let json = "content-type: application/json\r\n";
    let (status, code, message) = refused(&server, json, b"{\"resourceSpans\": [").await;
    assert!((status, code) == (400, 3) && message.contains("EOF"), "{status} {code} {message}");
    let (status, code, message) = refused(&server, "content-type: text/plain\r\n", b"{}").await;
    assert!((status, code) == (415, 3) && message.contains("text/plain"), "{status} {code} {message}");
    let encoded = format!("{PROTOBUF}content-encoding: br\r\n");
    let (status, code, message) = refused(&server, &encoded, b"").await;
    assert!((status, code) == (415, 3) && message.contains("br"), "{status} {code} {message}");
    let encoded = format!("{PROTOBUF}content-encoding: gzip\r\n");
    let (status, code, message) = refused(&server, &encoded, b"no gzip at all").await;
    assert!((status, code) == (400, 3) && message.contains("gzip"), "{status} {code} {message}");
    let (code, _, message) = grpc_call(&server, EXPORT, framed(b"\xff\xff\xff")).await;
    assert!(code == 13 && message.contains("failed%20to%20decode") || message.contains("decode"), "{code} {message}");
    let (code, _, message) = grpc_call(&server, "/some.Service/Call", framed(b"")).await;
    assert!(code == 12 && message.contains("OTLP"), "{code} {message}");
    assert_eq!(server.status().await["spans"], 0);
}

#[tokio::test]
async fn an_empty_message_is_well() {
    let server = start(Bounds::default()).await;
    assert_eq!(server.post("/v1/traces", PROTOBUF, b"").await.status, 200);
    let json = server.post("/v1/traces", "content-type: application/json\r\n", b"{\"resourceSpans\": []}").await;
    assert_eq!((json.status, json.text().as_str()), (200, "{}"));
    assert_eq!(grpc_call(&server, EXPORT, framed(b"")).await, (0, vec![0; 5], String::new()));
}

#[tokio::test]
async fn what_swells_without_end_is_refused_for_good() {
    let server = start(Bounds::default()).await;
    let bomb = gzip(&vec![0; 100 * 1024 * 1024]);
    assert!(bomb.len() < 1024 * 1024);
    let encoded = format!("{PROTOBUF}content-encoding: gzip\r\n");
    // Its end is missing, which nobody finds out who stops reading where it is too much.
    let (status, code, message) = refused(&server, &encoded, &bomb[..bomb.len() - 8]).await;
    assert!((status, code) == (413, 3) && message.contains("64 MB"), "{status} {code} {message}");
    let length = u32::try_from(bomb.len()).unwrap().to_be_bytes();
    let (code, _, message) = grpc_call(&server, EXPORT, [&[1], &length[..], &bomb].concat()).await;
    // Without a word on when to come again, OTLP's clients do not.
    assert_eq!(code, 8, "{message}");
    // Out of range is what they would send again.
    let (code, _, message) = grpc_call(&server, EXPORT, framed(&vec![0; 65 * 1024 * 1024])).await;
    assert_eq!(code, 3, "{message}");
    let (status, code, message) = refused(&server, PROTOBUF, &vec![0; 65 * 1024 * 1024]).await;
    assert!((status, code) == (413, 3) && message.contains("64 MB"), "{status} {code} {message}");
}

#[tokio::test]
async fn a_page_of_the_web_that_calls_itself_this_machine_is_not_let_in() {
    let server = start(Bounds::default()).await;
    let asked = |address: SocketAddr, path: &'static str, headers: &'static str| async move {
        call(address, &format!("{path} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n"), &[]).await
    };
    for headers in ["host: evil.example\r\n", "host: localhost.evil.example:4319\r\n", "host: 10.0.0.1\r\n"] {
        for path in ["GET /", "GET /api/traces", "GET /api/events", "GET /nothing"] {
            let answer = asked(server.pages, path, headers).await;
            assert_eq!(answer.status, 403, "{headers}{path}: {answer:?}");
        }
        let answer = asked(server.otlp, "POST /v1/traces", headers).await;
        assert_eq!(answer.status, 403, "{headers}: {answer:?}");
    }
    let crossing = "host: localhost:1\r\norigin: https://evil.example\r\n";
    assert_eq!(asked(server.pages, "GET /api/traces", crossing).await.status, 403);
    let own = "host: localhost:1\r\norigin: http://localhost:1\r\n";
    let answer = asked(server.pages, "GET /api/traces", own).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.head.contains("access-control"), "{}", answer.head);
    // Without a name at all, as browsers never come.
    assert_eq!(asked(server.pages, "GET /api/traces", "host:\r\n").await.status, 403);
}

#[tokio::test]
async fn only_reading_is_possible() {
    let server = start(Bounds::default()).await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        for path in ["/", "/api/traces", "/api/status"] {
            let head = format!(
                "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            assert_eq!(call(server.pages, &head, &[]).await.status, 405, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_no_question_is_said() {
    let server = start(Bounds::default()).await;
    for (path, status, said) in [
        ("/api/traces?slower_than=2", 400, "250ms"),
        ("/api/map?colour=red", 400, "colour is nothing to search by"),
        ("/api/traces/abc", 400, "is no id of a trace"),
        ("/api/traces/00000000000000070000000000000001", 404, "no such trace"),
        ("/api/nothing", 404, "the list of traces is at /"),
    ] {
        let answer = server.get(path).await;
        assert!(answer.status == status && answer.text().contains(said), "{path}: {answer:?} {}", answer.text());
        assert!(answer.head.contains("content-type: text/plain") && answer.head.contains("nosniff"), "{}", answer.head);
    }
}
