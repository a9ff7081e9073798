//! Connections to an OTLP receiver, but never to an address that no receiver has.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use spawn_config::{Endpoint, OtlpSettings};
use tonic::codegen::Service;

use super::super::Trouble;
use super::tls;

/// Connects by TCP, and by TLS where the address says `https`.
pub(super) type Connector = HttpsConnector<HttpConnector<Guarded>>;

/// The versions of HTTP that are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    /// HTTP/2 alone, for gRPC.
    Two,
    /// HTTP/1.1 and HTTP/2.
    OneAndTwo,
}

pub(super) fn connector(settings: &OtlpSettings, uri: &Uri, versions: Versions) -> Result<Connector, Trouble> {
    let tls = if uri.scheme_str() == Some("https") { tls::config(settings)? } else { tls::none()? };
    let mut tcp = HttpConnector::new_with_resolver(Guarded(GaiResolver::new()));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    Ok(match versions {
        Versions::Two => builder.enable_http2().wrap_connector(tcp),
        Versions::OneAndTwo => builder.enable_all_versions().wrap_connector(tcp),
    })
}

/// Resolves names, and leaves out addresses such as that of the instance metadata service: whoever can set an endpoint or
/// a name server must not be able to point the agent there.
#[derive(Clone, Debug)]
pub(super) struct Guarded(GaiResolver);

impl Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.0.call(name.clone());
        Box::pin(async move {
            let allowed: Vec<_> = resolving.await?.filter(|address| !Endpoint::forbids(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other(format!("{name} has no address that spans may be sent to")));
            }
            Ok(allowed.into_iter())
        })
    }
}
