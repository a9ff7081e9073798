//! The HTTP client of the providers of credentials, with a span of each request that a recorded call waits for.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::ConfigBag;

use super::Asking;
use super::request::Request;

/// An HTTP client for providers of credentials: a request that a recorded call waits for gets a span below the lookup's.
///
/// It needs [`TracedIdentities`](crate::TracedIdentities) to know of such calls; without, requests go through as they are. No
/// header and no body of a request or of an answer is told, save code and message of an AWS error.
#[derive(Debug)]
pub struct CredentialRequests {
    inner: SharedHttpClient,
    asked: Asked,
}

/// Who is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    /// AWS services, and the endpoints that give credentials to containers.
    Services,
    /// The instance metadata service.
    Metadata,
}

impl CredentialRequests {
    /// For the client of the chain of credentials, which asks STS, the services of single sign-on, and the endpoints
    /// that give credentials to containers.
    #[must_use]
    pub fn to_services(inner: impl HttpClient + 'static) -> Self {
        Self { inner: SharedHttpClient::new(inner), asked: Asked::Services }
    }

    /// For a client that asks the instance metadata service and nobody else.
    #[must_use]
    pub fn to_metadata(inner: impl HttpClient + 'static) -> Self {
        Self { inner: SharedHttpClient::new(inner), asked: Asked::Metadata }
    }
}

impl HttpClient for CredentialRequests {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        // Asked for by each attempt: where nobody's call waits, there is nothing between.
        match Asking::current() {
            None => inner,
            Some(_) => SharedHttpConnector::new(Connector { inner, asked: self.asked }),
        }
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        cfg: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_base_client_config(components, cfg)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, cfg: &ConfigBag) -> Result<(), BoxError> {
        self.inner.validate_final_config(components, cfg)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    asked: Asked,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(asking) = Asking::current() else { return self.inner.call(request) };
        let begun = Request::begin(asking, self.asked, &request);
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move { begun.end(answer.await) })
    }
}
