//! Addresses that no back end has, such as that of the instance metadata service. Whoever can set an endpoint or a name
//! server must not be able to point the agent there, so names are looked at again once they are resolved.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use spawn_config::Endpoint;
use tonic::codegen::Service;

/// Resolves names for the OTLP exporter.
#[derive(Clone, Debug)]
pub(super) struct Guarded(GaiResolver);

impl Guarded {
    pub(super) fn new() -> Self {
        Self(GaiResolver::new())
    }
}

impl Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.0.call(name.clone());
        Box::pin(async move { Ok(allowed(name.as_str(), resolving.await?)?.into_iter()) })
    }
}

/// Resolves names for the X-Ray exporter.
#[derive(Clone, Debug)]
pub(super) struct GuardedDns;

impl ResolveDns for GuardedDns {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let resolved = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            let allowed = allowed(name, resolved).map_err(ResolveDnsError::new)?;
            Ok(allowed.iter().map(SocketAddr::ip).collect::<Vec<IpAddr>>())
        })
    }
}

/// The addresses that may be connected to; it is these that are connected to, so a name server gets no second word.
fn allowed(name: &str, addresses: impl Iterator<Item = SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    // A tag may name `localhost` because that is this host, whatever a name server says of it.
    let local = name.eq_ignore_ascii_case("localhost");
    let may = |ip: IpAddr| !Endpoint::forbids(ip) && (!local || ip.is_loopback());
    let allowed: Vec<_> = addresses.filter(|address| may(address.ip())).collect();
    if allowed.is_empty() {
        return Err(io::Error::other(format!("{name} has no address that spans may be sent to")));
    }
    Ok(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_for_the_metadata_service_has_no_address() {
        let metadata: SocketAddr = "169.254.169.254:80".parse().unwrap();
        let elsewhere: SocketAddr = "192.0.2.1:80".parse().unwrap();
        let error = allowed("evil.example", [metadata].into_iter()).unwrap_err();
        assert_eq!(error.to_string(), "evil.example has no address that spans may be sent to");
        assert_eq!(allowed("mixed.example", [metadata, elsewhere].into_iter()).unwrap(), [elsewhere]);
    }

    #[test]
    fn localhost_is_this_host_whatever_a_name_server_says() {
        let [here, elsewhere]: [SocketAddr; 2] = ["127.0.0.1:80", "192.0.2.1:80"].map(|text| text.parse().unwrap());
        assert_eq!(allowed("localhost", [elsewhere, here].into_iter()).unwrap(), [here]);
        assert!(allowed("LOCALHOST", [elsewhere].into_iter()).is_err());
        assert_eq!(allowed("collector.example", [elsewhere].into_iter()).unwrap(), [elsewhere]);
    }

    #[tokio::test]
    async fn loopback_is_allowed_to_both_exporters() {
        let resolved = GuardedDns.resolve_dns("localhost").await.unwrap();
        assert!(resolved.iter().all(IpAddr::is_loopback) && !resolved.is_empty(), "{resolved:?}");
        let resolved: Vec<_> = Guarded::new().call("localhost".parse().unwrap()).await.unwrap().collect();
        assert!(resolved.iter().all(|address| address.ip().is_loopback()) && !resolved.is_empty(), "{resolved:?}");
    }
}
