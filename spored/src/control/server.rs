//! The agent's end of the control socket.

use crate::agent::{Report, Shared};
use anyhow::{Result, bail};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use spawn_host::World;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// The server while it lives; dropping it stops it and takes the socket away.
#[derive(Debug)]
pub(crate) struct Control {
    task: tokio::task::JoinHandle<()>,
    path: PathBuf,
}

/// Serves the control socket, at the first place where that is possible. Without one the agent works all the same,
/// but two agents on one host are refused.
pub(crate) fn serve(world: &World, shared: Shared) -> Result<Option<Control>> {
    for path in world.sockets() {
        if std::os::unix::net::UnixStream::connect(&path).is_ok() {
            bail!("another spored is running on this host (its socket is {}): stop it first", path.display());
        }
        match listen(&path) {
            Ok(listener) => {
                tracing::debug!(socket = %path.display(), "the control socket is open");
                let router = Router::new().route("/status", get(report)).with_state(shared);
                let task = tokio::spawn(async move {
                    if let Err(error) = axum::serve(listener, router).await {
                        tracing::warn!(%error, "the control socket has closed");
                    }
                });
                return Ok(Some(Control { task, path }));
            }
            Err(error) => tracing::debug!(socket = %path.display(), %error, "no control socket here"),
        }
    }
    tracing::warn!(
        "no control socket could be opened, `spored status` will not answer: run as root, or set SPORED_SOCKET"
    );
    Ok(None)
}

/// A socket that nobody answers is left over from an agent that was killed. Anything else in its place is somebody's.
fn listen(path: &Path) -> std::io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path)?,
        Ok(_) => return Err(std::io::Error::new(ErrorKind::AlreadyExists, "there is something else than a socket")),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn report(State(shared): State<Shared>) -> Json<Report> {
    Json(shared.report())
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(socket = %self.path.display(), %error, "the control socket was gone already");
        }
    }
}
