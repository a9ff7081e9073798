//! Plain HTTP to the metadata service: never through a proxy, never more than a bit, and with an ear for its `Date` and
//! an eye on its cost.

use super::clock::ImdsClock;
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most bytes of an answer that are read. The longest that spawn asks for is the list of tag keys: 50 of 128 characters.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Frames of a TCP connection that is opened, used once and closed, as the service wants it: ten of about 70 bytes.
const FRAMES: u64 = 700;

/// What came over the connection; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    pub(super) clock: ImdsClock,
    bytes: Arc<AtomicU64>,
}

impl Heard {
    /// Bytes that the questions and answers so far have put on the network, about.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn count(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// The client. It has no TLS, because the service has none, and knows no proxy.
#[derive(Debug)]
pub(super) struct Connection {
    plain: SharedHttpClient,
    heard: Heard,
}

impl Connection {
    pub(super) fn new(heard: Heard) -> Self {
        Self { plain: Builder::new().build_http(), heard }
    }
}

impl HttpClient for Connection {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let plain = self.plain.http_connector(settings, components);
        SharedHttpConnector::new(Connector { plain, heard: self.heard.clone() })
    }
}

#[derive(Debug)]
struct Connector {
    plain: SharedHttpConnector,
    heard: Heard,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let heard = self.heard.clone();
        heard.count(FRAMES + request.uri().len() as u64 + size(request.headers()));
        let answer = self.plain.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            let headers = answer.headers();
            if let Some(date) = headers.get("date") {
                heard.clock.hear(date);
            }
            let body = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0_u64);
            heard.count(size(headers) + body);
            Ok(answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, LONGEST_ANSWER))))
        })
    }
}

fn size(headers: &Headers) -> u64 {
    headers.iter().map(|(name, value)| (name.len() + value.len() + 4) as u64).sum()
}
