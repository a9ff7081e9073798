//! A small HTTP/1 server on a thread of its own, which can also misbehave: cut an answer short, hang, reset, refuse.

use std::future::{Future, pending, poll_fn};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::Context as _;
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

mod reply;

pub(crate) use reply::Reply;
use reply::{Closed, with_length};

/// A server that lives as long as this value.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    doors: Option<mpsc::UnboundedSender<Door>>,
    thread: Option<JoinHandle<()>>,
}

/// An order to open or close the listener, and where to say that it is done.
type Door = (bool, std::sync::mpsc::Sender<()>);

impl Server {
    /// Serves `handler` on a free port of 127.0.0.1. It runs on its own thread, so that a test may block.
    pub(crate) fn start<H, F>(handler: H) -> anyhow::Result<Self>
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Reply> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").context("listen on 127.0.0.1")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (doors, orders) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new().name("loopback-server".to_owned()).spawn(move || {
            runtime.block_on(async move {
                // Fails only without a reactor, and this is inside of one.
                if let Ok(listener) = TcpListener::from_std(listener) {
                    accept(listener, address, orders, Arc::new(handler)).await;
                }
            });
        })?;
        Ok(Self { address, doors: Some(doors), thread: Some(thread) })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Opens or closes the port; while it is closed, connections are refused and those that there were are gone.
    pub(crate) fn listen(&self, open: bool) {
        let (done, wait) = std::sync::mpsc::channel();
        if self.doors.as_ref().is_some_and(|doors| doors.send((open, done)).is_ok()) {
            // An error says that the thread has ended: the port is closed then as well.
            wait.recv().ok();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.doors.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn accept<H, F>(
    listener: TcpListener,
    address: SocketAddr,
    mut orders: mpsc::UnboundedReceiver<Door>,
    handler: Arc<H>,
) where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        let arrival = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => pending().await,
            }
        };
        tokio::select! {
            order = orders.recv() => match order {
                None => return,
                Some((open, done)) => {
                    if !open {
                        listener = None;
                        connections.shutdown().await;
                    } else if listener.is_none() {
                        listener = TcpListener::bind(address).await.ok();
                    }
                    // Whoever ordered may have given up waiting.
                    done.send(()).ok();
                }
            },
            arrived = arrival => if let Ok((stream, _)) = arrived {
                connections.spawn(converse(stream, Arc::clone(&handler)));
            },
        }
    }
}

async fn converse<H, F>(stream: TcpStream, handler: Arc<H>)
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let reset = AtomicBool::new(false);
    let service = service_fn(|request: Request<Incoming>| {
        let (handler, reset) = (Arc::clone(&handler), &reset);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
            match handler(Request::from_parts(head, body)).await {
                Reply::Whole(response) => Ok(with_length(response, usize::MAX)),
                Reply::CutShort(response, keep) => Ok(with_length(response, keep)),
                Reply::Hang => pending().await,
                Reply::Reset => {
                    reset.store(true, Ordering::Relaxed);
                    Err(Closed)
                }
            }
        })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // Its end is the client's business or the script's wish; neither is this server's failure.
    drop(poll_fn(|cx| connection.poll_without_shutdown(cx)).await);
    let stream = connection.into_parts().io.into_inner();
    if reset.load(Ordering::Relaxed) {
        // Best effort: without it the client sees an orderly end instead of a reset.
        drop(stream.set_zero_linger());
    }
}
