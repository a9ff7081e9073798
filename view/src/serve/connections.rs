//! Connections: HTTP/1 and HTTP/2 on one port, so many and no more, ended together.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Connections at one time and port. A process may have 1,024 files by default, and there are three ports.
const CONNECTIONS: usize = 256;
/// Time until the first byte, and for the head of a request.
const HEAD: Duration = Duration::from_secs(60);
/// How often a peer that says nothing is asked whether it is still there, and how long it may take to answer.
const ASK: Duration = Duration::from_secs(30);
/// Most that is kept of a head.
const MOST_HEAD: u32 = 64 * 1024;
/// Requests at one time of one HTTP/2 connection.
const STREAMS: u32 = 100;
/// Bytes of a stream, and of a connection, that are on their way at one time.
const WINDOWS: [u32; 2] = [1 << 20, 4 << 20];
/// Time for requests that are under way when the server ends.
const GRACE: Duration = Duration::from_millis(250);
/// Pause after the kernel had no connection to give, such as when files run out.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers whoever connects, until `stop` says so.
pub(super) async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = told(&mut stop) => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // One more than there are places for is closed at once, and may try again.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            converse(stream, router, stop).await;
            drop(place);
        });
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        tracing::debug!("connections were cut off");
    }
}

async fn converse(stream: TcpStream, router: Router, mut stop: watch::Receiver<bool>) {
    let spoke = tokio::select! {
        spoke = tokio::time::timeout(HEAD, stream.readable()) => matches!(spoke, Ok(Ok(()))),
        () = told(&mut stop) => false,
    };
    if !spoke {
        return;
    }
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers wait for others");
    }
    let protocol = protocol();
    let connection = protocol.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection broke");
    }
}

/// Waits until the server ends.
async fn told(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

fn protocol() -> Builder<TokioExecutor> {
    let mut protocol = Builder::new(TokioExecutor::new());
    let most_head = usize::try_from(MOST_HEAD).unwrap_or(usize::MAX);
    protocol.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(most_head);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(MOST_HEAD)
        .initial_stream_window_size(WINDOWS[0])
        .initial_connection_window_size(WINDOWS[1])
        .keep_alive_interval(ASK)
        .keep_alive_timeout(ASK);
    protocol
}
