//! The agent's end of the control socket: bounded in connections, time and size, so that nobody on the host can hurt it.

use super::access::Peer;
use super::routes::{LONGEST_FLUSH, routes};
use crate::agent::Shared;
use anyhow::{Result, bail};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use spawn_host::World;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Connections at one time of those who may change things, and of all others, who so cannot shut them out.
const CONNECTIONS: (usize, usize) = (32, 16);
/// Time for the head of a request.
const HEAD: Duration = Duration::from_secs(5);
/// Time for a whole connection, which is one request.
const WHOLE: (Duration, Duration) = (Duration::from_secs(15).saturating_add(LONGEST_FLUSH), Duration::from_secs(10));
/// Most that is kept of a head; hyper refuses longer ones with 431.
const MOST_HEAD: usize = 16 * 1024;
/// Pause after the kernel had no connection to give, such as when files run out.
const PAUSE: Duration = Duration::from_millis(100);

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
            Ok((listener, own_uid)) => {
                tracing::debug!(socket = %path.display(), "the control socket is open");
                let task = tokio::spawn(accept(listener, own_uid, shared));
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
fn listen(path: &Path) -> std::io::Result<(UnixListener, u32)> {
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
    // Everybody may connect, because everybody may read; each request is judged by who is at the other end.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    // Whoever binds a socket owns it.
    let own_uid = std::fs::symlink_metadata(path)?.uid();
    Ok((listener, own_uid))
}

/// Takes connections for as long as the agent lives.
async fn accept(listener: UnixListener, own_uid: u32, agent: Shared) {
    let places = (Arc::new(Semaphore::new(CONNECTIONS.0)), Arc::new(Semaphore::new(CONNECTIONS.1)));
    // Connections end with the server.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "the control socket gave no connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Without credentials it is nobody, whose number no user has.
        let uid = stream.peer_cred().map_or(u32::MAX, |credentials| credentials.uid());
        let peer = Peer { uid, own_uid };
        let (places, whole) = if peer.may_change() { (&places.0, WHOLE.0) } else { (&places.1, WHOLE.1) };
        // One more than there are places for is closed at once, and may try again.
        let Ok(place) = Arc::clone(places).try_acquire_owned() else { continue };
        let agent = agent.clone();
        connections.spawn(async move {
            if tokio::time::timeout(whole, converse(stream, peer, agent)).await.is_err() {
                tracing::debug!(uid, "a connection to the control socket took too long and was closed");
            }
            drop(place);
        });
    }
}

/// One request and its answer.
async fn converse(stream: UnixStream, peer: Peer, agent: Shared) {
    let service = TowerToHyperService::new(routes(agent, peer));
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(MOST_HEAD).keep_alive(false);
    if let Err(error) = protocol.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(uid = peer.uid, %error, "a connection to the control socket broke");
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(socket = %self.path.display(), %error, "the control socket was gone already");
        }
    }
}
