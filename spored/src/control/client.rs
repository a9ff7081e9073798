//! The other end of the control socket.

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use spawn_host::World;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::UnixStream;

/// The agent answers from memory; longer than this and it hangs.
const TIMEOUT: Duration = Duration::from_secs(5);

/// No agent answers on this host.
#[derive(Debug, thiserror::Error)]
#[error("no spored is running here (nobody answers at {}): start it with `spored run`, or `systemctl start spored`", paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" or "))]
pub(crate) struct NoAgent {
    paths: Vec<PathBuf>,
}

/// Asks the running agent for its state; the answer is a `Report`, which an agent of another version may have extended.
pub(crate) async fn status(world: &World) -> Result<Value> {
    let paths = world.sockets();
    for path in &paths {
        match UnixStream::connect(path).await {
            Ok(stream) => {
                let asked = tokio::time::timeout(TIMEOUT, ask(stream));
                return asked.await.context("the agent does not answer on its socket")?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                let hint = format!("{} belongs to another user: ask as root (sudo spored status)", path.display());
                return Err(anyhow::Error::new(error).context(hint));
            }
            Err(_) => {}
        }
    }
    Err(NoAgent { paths }.into())
}

async fn ask(stream: UnixStream) -> Result<Value> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get("/status").header("host", "spored").body(Empty::<Bytes>::new())?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        anyhow::ensure!(response.status() == StatusCode::OK, "the agent answered {}", response.status());
        let body = response.into_body().collect().await?.to_bytes();
        Ok(serde_json::from_slice(&body)?)
    };
    tokio::select! {
        report = exchange => report,
        ended = connection => Err(anyhow::anyhow!("the agent closed the connection: {ended:?}")),
    }
}
