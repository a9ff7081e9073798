//! The loopback port on which Prometheus may ask. It follows the setting `metrics-address` and never stands in the
//! agent's way: a port that is taken is told and tried again, and whoever connects gets little and not for long.

use super::{CONTENT_TYPE, text};
use crate::agent::Shared;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Connections at one time; a scraper needs one.
const CONNECTIONS: usize = 8;
/// Time for the head of a request, and for a whole connection, which is one request.
const HEAD: Duration = Duration::from_secs(2);
const WHOLE: Duration = Duration::from_secs(5);
/// Most that is kept of a head.
const MOST_HEAD: usize = 16 * 1024;
/// Wait before a port that is taken is tried again.
const AGAIN: Duration = Duration::from_secs(10);
/// Pause after the kernel had no connection to give, such as when files run out.
const PAUSE: Duration = Duration::from_millis(100);

/// How it stands with the port, as `spored status` tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct MetricsReport {
    /// Where metrics are offered.
    pub(crate) address: Option<String>,
    /// Why they are not.
    pub(crate) problem: Option<String>,
}

/// Offers metrics at this address, for as long as it is waited for.
pub(crate) async fn serve(address: &str, shared: &Shared) -> Infallible {
    let mut said = false;
    let listener = loop {
        match TcpListener::bind(address).await {
            Ok(listener) => break listener,
            Err(error) => {
                let problem = format!("no metrics at {address}: {error}; free the port or set another metrics-address");
                if !std::mem::replace(&mut said, true) {
                    tracing::warn!(problem, "Prometheus cannot ask this agent; trying on");
                }
                shared.metrics(MetricsReport { address: None, problem: Some(problem) });
                tokio::time::sleep(AGAIN).await;
            }
        }
    };
    tracing::info!(address, "metrics are offered");
    // With port 0 the kernel has chosen.
    let bound = listener.local_addr().map_or_else(|_| address.to_owned(), |bound| bound.to_string());
    shared.metrics(MetricsReport { address: Some(bound), problem: None });
    accept(listener, shared).await
}

async fn accept(listener: TcpListener, shared: &Shared) -> Infallible {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // One more than there are places for is closed at once, and may try again.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let shared = shared.clone();
        connections.spawn(async move {
            if tokio::time::timeout(WHOLE, converse(stream, shared)).await.is_err() {
                tracing::debug!("a connection for metrics took too long and was closed");
            }
            drop(place);
        });
    }
}

/// One request and its answer.
async fn converse(stream: TcpStream, shared: Shared) {
    let router: Router = Router::new().route("/metrics", get(metrics)).with_state(shared);
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(MOST_HEAD).keep_alive(false);
    let service = TowerToHyperService::new(router);
    if let Err(error) = protocol.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection for metrics broke");
    }
}

/// Also the answer of the control socket.
pub(crate) async fn metrics(State(shared): State<Shared>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text(&shared.report()))
}
