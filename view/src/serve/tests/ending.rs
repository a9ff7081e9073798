//! What becomes of connections when the server ends.

use super::*;
use tokio::sync::Notify;

/// Sends these bytes and answers all that comes until the other side closes.
async fn said_until_closed(address: SocketAddr, bytes: &[u8], spoke: oneshot::Sender<()>) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut said = vec![0; 1];
    stream.read_exact(&mut said).await.unwrap();
    spoke.send(()).unwrap();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await.unwrap().unwrap();
    said
}

/// The frames of HTTP/2 in these bytes: their types and what is in them.
fn frames(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut frames = Vec::new();
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = bytes {
        let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap();
        let (inside, behind) = rest.split_at(length);
        frames.push((*kind, inside));
        bytes = behind;
    }
    frames
}

#[tokio::test]
async fn a_client_of_http_2_is_told_that_the_server_goes() {
    let server = start(Bounds::default()).await;
    let hello = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &[0, 0, 0, 4, 0, 0, 0, 0, 0]].concat();
    let (spoke, heard) = oneshot::channel();
    let otlp = server.otlp;
    let client = tokio::spawn(async move { said_until_closed(otlp, &hello, spoke).await });
    heard.await.unwrap();
    server.stop().await;
    let said = client.await.unwrap();
    let goodbye = frames(&said).into_iter().filter(|(kind, _)| *kind == 7).map(|(_, inside)| inside[4..8].to_vec());
    let goodbye: Vec<Vec<u8>> = goodbye.collect();
    assert!(!goodbye.is_empty() && goodbye.iter().all(|code| code == &[0; 4]), "{said:?}");
}

#[tokio::test]
async fn a_request_that_is_under_way_is_answered_before_the_end() {
    let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, waits) = (Arc::clone(&began), Arc::clone(&go_on));
    let answer = async move || {
        begins.notify_one();
        waits.notified().await;
        "done"
    };
    let router = axum::Router::new().route("/", axum::routing::get(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stops) = watch::channel(false);
    let serving = tokio::spawn(connections::serve(listener, router, stops));
    let asked = tokio::spawn(async move { call(address, "GET / HTTP/1.1\r\nhost: here\r\n\r\n", &[]).await });
    began.notified().await;
    stop.send_replace(true);
    // Who is told at the same time as the connection listens no more.
    wait_until("nobody listens", async || TcpStream::connect(address).await.err()).await;
    go_on.notify_one();
    let answer = tokio::time::timeout(PATIENCE, asked).await.unwrap().unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "done"));
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    serving.await.unwrap();
}
