//! Many clients, clients that vanish, clients that do not read, and the end of the server.

use super::*;

/// A stream of events, of which so much has been read.
async fn events(server: &Running) -> TcpStream {
    let mut stream = TcpStream::connect(server.pages).await.unwrap();
    stream.write_all(b"GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    read_until(&mut stream, "retry: ").await;
    stream
}

async fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut read = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&read).contains(wanted) {
            let mut part = [0; 4096];
            let length = stream.read(&mut part).await.unwrap();
            assert_ne!(length, 0, "it ended before {wanted}: {}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&part[..length]);
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test]
async fn news_come_by_themselves() {
    let server = start(Bounds::default()).await;
    let mut stream = events(&server).await;
    server.send(vec![span(1, 1, "a")]).await;
    let text = read_until(&mut stream, "\n\n").await;
    assert!(text.contains("event: changed\nid: 1\ndata: {\"traces\":1,\"spans\":1,"), "{text}");
}

#[tokio::test]
async fn much_that_comes_at_once_is_one_event() {
    let server = start(Bounds::default()).await;
    let mut stream = events(&server).await;
    for id in 1..=20 {
        server.send(vec![span(1, id, "a")]).await;
    }
    let text = read_until(&mut stream, "\"spans\":20,").await;
    // All within one pause, or a few on a busy machine; never one each.
    assert!(text.matches("event: changed").count() <= 5, "{text}");
}

#[tokio::test]
async fn whoever_does_not_read_holds_nothing_up_and_is_told_the_newest_at_last() {
    let server = start(Bounds::default()).await;
    let mut lazy = events(&server).await;
    for id in 1..=50 {
        assert_eq!(server.send(vec![span(id, id, "a")]).await.status, 200);
    }
    let text = read_until(&mut lazy, "\"spans\":50,").await;
    assert!(text.matches("event: changed").count() < 50, "{text}");
}

#[tokio::test]
async fn two_hundred_clients_that_vanish_leave_room_for_others() {
    let server = start(Bounds::default()).await;
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-protobuf\r\ncontent-length: 1000\r\n\r\n",
        server.otlp
    );
    for round in 0..200 {
        let mut stream = TcpStream::connect(server.otlp).await.unwrap();
        // Some say nothing, some break off within the head, some within the body.
        let said = match round % 3 {
            0 => "",
            1 => &head[..20],
            _ => &head,
        };
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut events = TcpStream::connect(server.pages).await.unwrap();
        events.write_all(b"GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    }
    // Whoever comes while the last of them are still being noticed may be sent away, and comes again.
    wait_until("a place", async || {
        (server.send(vec![span(1, 1, "a")]).await.status == 200 && server.get("/api/status").await.status == 200)
            .then_some(())
    })
    .await;
    assert_eq!(server.status().await["spans"], 1);
}

#[tokio::test]
async fn the_end_ends_everything_at_once() {
    let server = start(Bounds::default()).await;
    server.send(vec![span(1, 1, "a")]).await;
    let mut stream = events(&server).await;
    let silent = TcpStream::connect(server.otlp).await.unwrap();
    let (pages, otlp) = (server.pages, server.otlp);
    let began = std::time::Instant::now();
    let status = server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(status.tally.received, 1);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    // The stream was ended, not cut off: its last chunk is there.
    assert!(rest.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&rest));
    assert!(TcpStream::connect(pages).await.is_err() && TcpStream::connect(otlp).await.is_err());
    drop(silent);
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_what_to_do() {
    let server = start(Bounds::default()).await;
    let port = server.otlp.port();
    let options =
        Options { listen: Some(Loopback::port(0)), otlp: Some(vec![Loopback::port(port)]), ..Options::default() };
    let error = Server::bind(options, Arc::new(|_: &str| {})).await.err().unwrap();
    let text = error.to_string();
    assert!(text.starts_with(&format!("listen on localhost:{port}: another collector")), "{text}");
    assert!(text.contains("--otlp=PORT") && text.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{text}");
}

#[tokio::test]
async fn who_comes_when_all_places_are_taken_is_told_when_to_come_again() {
    let full = crate::serve::receive::Admission::of(0, Duration::from_millis(1));
    let router = crate::serve::receive::router(Arc::new(Live::new(Bounds::default())), Arc::new(|_: &str| {}), full);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut server = start(Bounds::default()).await;
    server.otlp = listener.local_addr().unwrap();
    let (_stop, stops) = watch::channel(false);
    let serving = tokio::spawn(connections::serve(listener, router, stops));
    let answer = server.send(vec![span(1, 1, "a")]).await;
    assert!(answer.status == 429 && answer.head.contains("retry-after: 2"), "{}", answer.head);
    let export = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let (code, _, message) = grpc_call(&server, export, framed(b"")).await;
    assert!(code == 8 && message.contains("come"), "{code} {message}");
    serving.abort();
}
