//! Live pages on loopback, and a receiver of spans from any OpenTelemetry SDK, kept in memory within bounds.

mod address;
mod connections;
mod follow;
mod live;
mod pages;
mod receive;
mod status;
mod store;

pub use address::{AddressError, Loopback};
pub use status::StatusData;
pub use store::{Bounds, Coming, Head, Snapshot, Store, Tally};

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::page::ConsoleLinks;
use crate::{Span, to_resource_spans};
use live::Live;
use status::Facts;

/// What to do with a sentence for the person at the terminal. What it quotes may hold anything at all.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// Port of the pages, if it is free: the next after the two of OTLP.
const PAGES: u16 = 4319;
/// Ports of OTLP, by gRPC and by HTTP; here each takes both.
const OTLP: [u16; 2] = [4317, 4318];

/// What to serve.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How much is kept.
    pub bounds: Bounds,
    /// Where the pages are; without it on port 4319, or on a free one where that is taken.
    pub listen: Option<Loopback>,
    /// Where OTLP is received: nowhere, on the two ports that it has, or on others.
    pub otlp: Option<Vec<Loopback>>,
    /// Files and folders that are read, and read again when they change.
    pub from: Vec<PathBuf>,
    /// The console that has the traces too.
    pub console: ConsoleLinks,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A port is taken, or an address is not this machine's.
    #[error("listen on {address}: {remedy}")]
    Listen {
        /// The address.
        address: Loopback,
        /// What to do about it.
        remedy: String,
        /// What the system said.
        source: io::Error,
    },
}

/// A server that listens already; whoever connects is answered when it runs.
pub struct Server {
    live: Arc<Live>,
    facts: Facts,
    pages: Vec<TcpListener>,
    receivers: Vec<TcpListener>,
    from: Vec<PathBuf>,
    console: ConsoleLinks,
    tell: Tell,
}

/// Where spans from elsewhere go in.
#[derive(Clone, Debug)]
pub struct Feed(Arc<Live>);

impl Server {
    /// Listens on all ports.
    ///
    /// # Errors
    /// If one cannot be listened on.
    pub async fn bind(options: Options, tell: Tell) -> Result<Self, ServeError> {
        let Options { bounds, listen, otlp, from, console } = options;
        let pages = match listen {
            Some(address) => listeners(address, "choose another port with --listen").await?,
            None => match Loopback::port(PAGES).listen().await {
                Ok(listeners) => listeners,
                Err(_) => listeners(Loopback::port(0), "choose a port with --listen").await?,
            },
        };
        let mut receivers = Vec::new();
        for address in otlp.map(otlp_ports).unwrap_or_default() {
            let remedy = "another collector, or another `spawn trace serve`, may have it: end it, or choose a port with \
                          --otlp=PORT and set OTEL_EXPORTER_OTLP_ENDPOINT to it";
            receivers.extend(listeners(address, remedy).await?);
        }
        let addresses = |listeners: &[TcpListener]| listeners.iter().flat_map(TcpListener::local_addr).collect();
        let facts = Facts { pages: addresses(&pages), receivers: addresses(&receivers), from: from.clone() };
        Ok(Self { live: Arc::new(Live::new(bounds)), facts, pages, receivers, from, console, tell })
    }

    /// The address of the pages.
    #[must_use]
    pub fn url(&self) -> String {
        self.facts.pages.first().map(|address| format!("http://{address}/")).unwrap_or_default()
    }

    /// Where OTLP is received, by gRPC and by HTTP.
    #[must_use]
    pub fn receivers(&self) -> &[SocketAddr] {
        &self.facts.receivers
    }

    /// Where spans from elsewhere go in.
    #[must_use]
    pub fn feed(&self) -> Feed {
        Feed(Arc::clone(&self.live))
    }

    /// Serves until `stop` is over, and answers what became of all spans.
    pub async fn run(self, stop: impl Future<Output = ()>) -> StatusData {
        let Self { live, facts, pages, receivers, from, console, tell } = self;
        let facts = Arc::new(facts);
        let (stopped, stops) = watch::channel(false);
        let mut work = JoinSet::new();
        let router = receive::router(Arc::clone(&live), Arc::clone(&tell), receive::Admission::default());
        receivers.into_iter().for_each(|listener| {
            work.spawn(connections::serve(listener, router.clone(), stops.clone()));
        });
        let router = pages::router(Arc::clone(&live), Arc::clone(&facts), &console, stops.clone());
        pages.into_iter().for_each(|listener| {
            work.spawn(connections::serve(listener, router.clone(), stops.clone()));
        });
        let mut background = JoinSet::new();
        from.into_iter().for_each(|path| {
            background.spawn(follow::follow(path, Arc::clone(&live), Arc::clone(&tell)));
        });
        background.spawn(status::tell_of_evictions(Arc::clone(&live), tell));
        stop.await;
        background.abort_all();
        stopped.send_replace(true);
        while work.join_next().await.is_some() {}
        facts.status(&live)
    }
}

impl Feed {
    /// Shows these spans too. They may have been shown before.
    pub fn add(&self, spans: &[Span]) {
        self.0.add(to_resource_spans(spans), Coming::Again);
    }

    /// Whether somebody looks at a page.
    #[must_use]
    pub fn watched(&self) -> bool {
        self.0.watched()
    }

    /// Tells those who look at the pages what is wrong; answers whether they did not know.
    #[must_use]
    pub fn problem(&self, problem: &str) -> bool {
        self.0.problem(problem)
    }
}

fn otlp_ports(chosen: Vec<Loopback>) -> Vec<Loopback> {
    if chosen.is_empty() { OTLP.map(Loopback::port).to_vec() } else { chosen }
}

async fn listeners(address: Loopback, remedy: &str) -> Result<Vec<TcpListener>, ServeError> {
    let failed = |source| ServeError::Listen { address, remedy: remedy.to_owned(), source };
    address.listen().await.map_err(failed)
}

#[cfg(test)]
mod tests;
