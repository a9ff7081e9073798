//! The other end of the control socket.

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use spawn_host::World;
use spawn_telemetry::propagation;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::UnixStream;

/// The agent answers from memory; longer than this and it hangs.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer: all settings, with room.
const MOST_ANSWER: usize = 1024 * 1024;

/// No agent answers on this host.
#[derive(Debug, thiserror::Error)]
#[error("no spored is running here (nobody answers at {}): start it with `spored run`, or `systemctl start spored`", paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" or "))]
pub(crate) struct NoAgent {
    paths: Vec<PathBuf>,
}

/// What is asked of the agent.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    body: Option<Value>,
    /// Time that the agent may take beyond what an answer from memory takes.
    more: Duration,
}

/// What it answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, more: Duration::ZERO }
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self { method: Method::POST, ..Self::get(path) }
    }

    pub(crate) fn put(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::PUT, body: Some(body), ..Self::get(path) }
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }
    }

    pub(crate) fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Gives the agent more time.
    pub(crate) fn taking(self, more: Duration) -> Self {
        Self { more, ..self }
    }
}

impl Reply {
    pub(crate) fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// Why not.
    pub(crate) fn error(&self) -> String {
        match self.body["error"].as_str() {
            Some(error) => error.to_owned(),
            None => format!("the agent answered {}", self.status),
        }
    }
}

/// Asks the running agent for its state; the answer is a `Report`, which an agent of another version may have extended.
pub(crate) async fn status(world: &World) -> Result<Value> {
    let reply = ask(world, Ask::get("/status")).await?;
    ensure!(reply.is_success(), "{}", reply.error());
    Ok(reply.body)
}

/// Asks the running agent, under the trace of the current context.
pub(crate) async fn ask(world: &World, what: Ask) -> Result<Reply> {
    let paths = world.sockets();
    for path in &paths {
        match UnixStream::connect(path).await {
            Ok(stream) => {
                let asked = tokio::time::timeout(TIMEOUT + what.more, exchange(stream, what)).await;
                return asked.context("the agent does not answer on its socket")?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                let hint = format!("{} belongs to another user: ask as root (sudo spored …)", path.display());
                return Err(anyhow::Error::new(error).context(hint));
            }
            Err(_) => {}
        }
    }
    Err(NoAgent { paths }.into())
}

async fn exchange(stream: UnixStream, what: Ask) -> Result<Reply> {
    let Ask { method, path, body, more: _ } = what;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let mut request = Request::builder().method(method).uri(path).header("host", "spored");
    let here = opentelemetry::Context::current();
    let carried = [("traceparent", propagation::traceparent(&here)), ("tracestate", propagation::tracestate(&here))];
    for (name, value) in carried.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        request = request.header(name, value);
    }
    let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let request = request.header("content-type", "application/json").body(Full::new(body))?;
    let exchange = async {
        let response = sender.send_request(request).await.context("the agent closed the connection")?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MOST_ANSWER).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("the agent's answer broke off: {error}"))?.to_bytes();
        let body = serde_json::from_slice(&body).context("the agent's answer is not JSON")?;
        Ok(Reply { status, body })
    };
    // Once the connection has ended, the exchange has its answer, or knows that it gets none.
    let driven = async {
        let ended = connection.await;
        tracing::debug!(?ended, "the agent has closed the connection");
        std::future::pending::<std::convert::Infallible>().await
    };
    tokio::select! {
        reply = exchange => reply,
        never = driven => match never {},
    }
}
