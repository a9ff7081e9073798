//! Looks at a request of the SDK's own on its way out, once it is signed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use aws_sdk_xray::config::timeout::TimeoutConfig;
use aws_sdk_xray::config::{Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::{AuthScheme, AuthSchemeId};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings};
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};

use super::super::client::TIMEOUT;
use super::Way;
use super::sign::{ALGORITHM, Signer};

/// The SDK's name for the one way of signing that is known here.
const SCHEME: &str = "sigv4";
/// Seconds between a signature and the look at it that say nothing about a clock.
const AT_ONCE: i64 = 5;
/// Headers that are another in each request, or that number the SDK's own.
const OF_ONE: [&str; 8] = [
    "authorization",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
    "content-length",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "x-amzn-trace-id",
];

/// The way that the SDK's last request has gone.
#[derive(Clone, Debug, Default)]
pub(in crate::export::xray) struct Seen(Arc<Mutex<Option<Way>>>);

impl Seen {
    /// The way, once.
    pub(in crate::export::xray) fn take(&self) -> Option<Way> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for Seen {
    fn name(&self) -> &'static str {
        "Seen"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let way = way(context.request(), components, cfg);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = way;
        Ok(())
    }
}

/// The way of a request; `None` for one that is signed otherwise, or not at all.
fn way(request: &HttpRequest, components: &RuntimeComponents, cfg: &ConfigBag) -> Option<Way> {
    let (region, service) = scope(request.headers().get("authorization")?)?;
    let signed = signed_at(request.headers().get("x-amz-date")?)?;
    let ahead = signed - DateTime::from(SystemTime::now()).secs();
    let times = cfg.load::<TimeoutConfig>()?;
    let mut settings = HttpConnectorSettings::builder();
    settings.set_connect_timeout(times.connect_timeout()).set_read_timeout(times.read_timeout());
    let head = head(request)?;
    Some(Way {
        signer: Signer::of(&head, region, service)?,
        head,
        connector: components.http_client()?.http_connector(&settings.build(), components),
        resolver: components.auth_scheme(AuthSchemeId::from(SCHEME))?.identity_resolver(components)?,
        components: components.clone(),
        ahead: if ahead.abs() <= AT_ONCE { 0 } else { ahead },
        patience: times.operation_timeout().unwrap_or(TIMEOUT),
    })
}

fn head(request: &HttpRequest) -> Option<HttpRequest> {
    let mut head = HttpRequest::new(SdkBody::empty());
    head.set_method(request.method()).ok()?;
    head.set_uri(request.uri()).ok()?;
    for (name, value) in request.headers().iter().filter(|(name, _)| !OF_ONE.contains(name)) {
        head.headers_mut().try_append(name.to_owned(), value.to_owned()).ok()?;
    }
    Some(head)
}

/// Region and service out of `Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`.
fn scope(authorization: &str) -> Option<(String, String)> {
    let (credential, _) = authorization.strip_prefix(ALGORITHM)?.strip_prefix(" Credential=")?.split_once(',')?;
    // From behind, because nothing is promised of a key's id.
    let mut parts = credential.rsplit('/');
    let (Some("aws4_request"), Some(service), Some(region)) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    Some((region.to_owned(), service.to_owned()))
}

/// Seconds since 1970 of `20260102T030405Z`.
fn signed_at(date: &str) -> Option<i64> {
    let part = |from, to| date.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(9, 11)?, part(11, 13)?, part(13, 15)?);
    let date = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    Some(DateTime::from_str(&date, Format::DateTime).ok()?.secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_says_where_it_is_good_and_when_it_was_made() {
        let signature = "AWS4-HMAC-SHA256 Credential=A/KID/20150830/eu-central-1/xray/aws4_request, SignedHeaders=host";
        assert_eq!(scope(signature), Some(("eu-central-1".to_owned(), "xray".to_owned())));
        for other in
            ["Bearer abc", "AWS4-ECDSA-P256-SHA256 Credential=A/20150830/xray/aws4_request, SignedHeaders=host"]
        {
            assert_eq!(scope(other), None);
        }
        assert_eq!(signed_at("20150830T123600Z"), Some(1_440_938_160));
        assert_eq!((signed_at("20150830"), signed_at("yesterday at noon")), (None, None));
    }
}
