//! Connections to an OTLP receiver.

use ::http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use spawn_config::OtlpSettings;

use super::super::Trouble;
use super::super::guard::Guarded;
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
    let mut tcp = HttpConnector::new_with_resolver(Guarded::new());
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    Ok(match versions {
        Versions::Two => builder.enable_http2().wrap_connector(tcp),
        Versions::OneAndTwo => builder.enable_all_versions().wrap_connector(tcp),
    })
}
