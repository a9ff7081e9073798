//! Sends documents the way that the SDK has sent some before: to the same place, under the same headers, signed with the same
//! credentials, over the same connections.
//!
//! The SDK works all of that out anew for each request, which takes longer than to write the documents of the request
//! (docs/performance.md). So a request of its own shows the way, and those that follow take it until one fails. What is
//! wrong then, the clock or the credentials for example, the SDK finds out with the next.

mod reply;
mod seen;
mod sign;

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_xray::error::SdkError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::identity::{
    Identity, IdentityCacheLocation, ResolveCachedIdentity, ResolveIdentity, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use tokio::time::timeout;

use super::api::Answer;
pub(super) use seen::Seen;
use sign::{Signature, Signer};

/// A way that a request has gone.
#[derive(Debug)]
pub(super) struct Way {
    /// The request without its body, and without what is another in each.
    head: HttpRequest,
    connector: SharedHttpConnector,
    /// What hands out the credentials, and what keeps them.
    resolver: SharedIdentityResolver,
    components: RuntimeComponents,
    signer: Signer,
    /// Seconds by which AWS's clock is ahead of ours, as far as the SDK knows.
    ahead: i64,
    patience: Duration,
}

impl Way {
    /// Sends a request with this body, and reads the answer as the SDK does. `None`: none was sent, because there are no
    /// credentials.
    pub(super) async fn send(&self, body: Bytes) -> Option<Answer> {
        let sending = async {
            let Ok(request) = self.request(body).await else { return None };
            Some(match self.connector.call(request).await {
                Ok(response) => reply::read(response).await,
                Err(error) => Err(SdkError::dispatch_failure(error)),
            })
        };
        let in_time = timeout(self.patience, sending).await;
        in_time.unwrap_or_else(|late| Some(Err(SdkError::timeout_error(late))))
    }

    async fn request(&self, body: Bytes) -> Result<HttpRequest, BoxError> {
        let identity = self.identity().await?;
        let credentials = identity.data::<Credentials>().ok_or("who signs has a key")?;
        let now = shifted(SystemTime::now(), self.ahead);
        let mut request = self.head.try_clone().ok_or("a request without a body can be copied")?;
        let Signature { authorization, date, token } = self.signer.sign(request.method(), &body, credentials, now);
        let headers = request.headers_mut();
        headers.try_insert(CONTENT_LENGTH.as_str(), body.len().to_string())?;
        headers.try_insert("authorization", authorization)?;
        headers.try_insert("x-amz-date", date)?;
        if let Some(token) = token {
            headers.try_insert("x-amz-security-token", token)?;
        }
        *request.body_mut() = SdkBody::from(body);
        Ok(request)
    }

    /// The credentials, out of the cache where there is one: whoever hands them out is asked no more often than by the SDK.
    async fn identity(&self) -> Result<Identity, BoxError> {
        let Self { resolver, components, .. } = self;
        let settings = ConfigBag::base();
        if resolver.cache_location() == IdentityCacheLocation::RuntimeComponents {
            let cache = components.identity_cache();
            return cache.resolve_cached_identity(resolver.clone(), components, &settings).await;
        }
        resolver.resolve_identity(components, &settings).await
    }
}

fn shifted(now: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { now.checked_sub(by) } else { now.checked_add(by) }.unwrap_or(now)
}
