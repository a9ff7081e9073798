//! Signatures for X-Ray's own OTLP endpoint, `https://xray.REGION.amazonaws.com/v1/traces`.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::time::{Duration, SystemTime};

use ::http::{HeaderMap, Request, header};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_types::date_time::{DateTime, Format};
use aws_types::SdkConfig;
use bytes::Bytes;

use super::super::Trouble;
use super::super::words::{brief, chain};

/// The service that the endpoint belongs to, in signatures.
const SERVICE: &str = "xray";
/// Seconds that clocks may differ by, with an answer's way to us in it, before AWS refuses a signature for it.
const TOLERANCE: u64 = 60;
/// Credentials are renewed this long before they end, so that none ends on its way.
const SLACK: Duration = Duration::from_secs(300);

/// Signs requests with the program's credentials. They are asked for once, and again when they are about to end.
pub(super) struct Signer {
    region: String,
    provider: SharedCredentialsProvider,
    credentials: RefCell<Option<Credentials>>,
    /// Seconds by which AWS's clock is ahead of ours, as far as we know.
    ahead: Cell<i64>,
    /// The same, if it has just been found out: a request was refused for it.
    skew: Cell<Option<i64>>,
}

impl Signer {
    /// The region is the one that the host's name tells.
    pub(super) fn new(region: &str, aws: Option<&SdkConfig>) -> Result<Self, Trouble> {
        let provider = aws.and_then(SdkConfig::credentials_provider).ok_or_else(|| no_credentials("there are none"))?;
        Ok(Self {
            region: region.to_owned(),
            provider,
            credentials: RefCell::default(),
            ahead: Cell::default(),
            skew: Cell::default(),
        })
    }

    /// Adds the signature, its date, and the session token if there is one. It replaces an `authorization` of
    /// the settings, which means nothing to AWS.
    pub(super) async fn sign(&self, request: &mut Request<Bytes>, now: SystemTime) -> Result<(), Trouble> {
        let credentials = self.credentials(now).await?;
        signed(request, credentials, &self.region, now).map_err(|error| no_credentials(&brief(&chain(&*error))))
    }

    /// Now, as AWS counts.
    pub(super) fn now(&self) -> SystemTime {
        let (now, by) = (SystemTime::now(), Duration::from_secs(self.ahead.get().unsigned_abs()));
        if self.ahead.get() < 0 { now.checked_sub(by) } else { now.checked_add(by) }.unwrap_or(now)
    }

    /// Takes the time of an answer that refuses a request for AWS's, and says whether that is another than we thought.
    pub(super) fn learn(&self, headers: &HeaderMap, now: SystemTime) -> bool {
        let date =
            headers.get(header::DATE).and_then(|date| DateTime::from_str(date.to_str().ok()?, Format::HttpDate).ok());
        let Some(theirs) = date else { return false };
        let skew = theirs.secs() - DateTime::from(now).secs();
        let is_news = skew.abs_diff(self.ahead.get()) > TOLERANCE;
        if is_news {
            self.ahead.set(skew);
            self.skew.set(Some(skew));
        }
        is_news
    }

    /// What was found out about the clock since the last time.
    pub(super) fn take_skew(&self) -> Option<i64> {
        self.skew.take()
    }

    /// Asks for credentials anew, and says whether they are others.
    pub(super) async fn renew(&self) -> bool {
        let used = self.credentials.take();
        let now = self.credentials(SystemTime::now()).await.ok();
        now.is_some() && now != used
    }

    async fn credentials(&self, now: SystemTime) -> Result<Credentials, Trouble> {
        let known = self.credentials.borrow().clone();
        let lasts = |credentials: &Credentials| credentials.expiry().is_none_or(|end| end > now + SLACK);
        if let Some(credentials) = known.filter(lasts) {
            return Ok(credentials);
        }
        let found = self.provider.provide_credentials().await;
        let found = found.map_err(|error| no_credentials(&brief(&chain(&error))))?;
        self.credentials.replace(Some(found.clone()));
        Ok(found)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("region", &self.region).finish_non_exhaustive()
    }
}

fn signed(
    request: &mut Request<Bytes>,
    credentials: Credentials,
    region: &str,
    now: SystemTime,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let identity = Identity::from(credentials);
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(now)
        .settings(SigningSettings::default())
        .build()?
        .into();
    let uri = request.uri().to_string();
    // What a proxy may change is left out.
    let headers = [header::CONTENT_TYPE, header::CONTENT_ENCODING].into_iter().filter_map(|name| {
        let value = request.headers().get(&name)?.to_str().ok()?.to_owned();
        Some((name, value))
    });
    let headers: Vec<_> = headers.collect();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), uri, headers, body)?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

fn no_credentials(why: &str) -> Trouble {
    Trouble {
        lasting: true,
        after: None,
        what: format!("spans for X-Ray's OTLP endpoint cannot be signed: {why}"),
        remedy:
            "give the program AWS credentials that may call xray:PutTraceSegments, such as the role of the instance"
                .to_owned(),
    }
}

/// Why there is no exporter for X-Ray by gRPC.
pub(super) fn speaks_http_only() -> Trouble {
    Trouble {
        lasting: true,
        after: None,
        what: "X-Ray's OTLP endpoint does not speak gRPC".to_owned(),
        remedy: "set `tracing-otlp-protocol` to `http`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::UNIX_EPOCH;

    use aws_credential_types::provider::future::ProvideCredentials as Providing;

    use super::*;
    use crate::samples::{BEGIN, at};

    fn request(url: &str, body: &'static [u8], encoding: Option<&str>) -> Request<Bytes> {
        let mut request = Request::post(url)
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            .header(header::USER_AGENT, "spawn-telemetry")
            .header(header::AUTHORIZATION, "Bearer of-somebody-else");
        if let Some(encoding) = encoding {
            request = request.header(header::CONTENT_ENCODING, encoding);
        }
        request.body(Bytes::from_static(body)).unwrap()
    }

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", token.map(str::to_owned), None, "test")
    }

    #[test]
    fn signatures_are_those_of_botocore() {
        // What tests/support/python/sign_otlp.py prints.
        let cases = [
            (
                ("us-east-1", "https://xray.us-east-1.amazonaws.com/v1/traces", None, &b"spans"[..], None),
                "content-type;host;x-amz-date",
                "c25da3baa606e1be2b4461694864efbb355bc9a661648c6eb4fb7e2a9ecc9094",
            ),
            (
                ("eu-central-1", "https://xray.eu-central-1.amazonaws.com/v1/traces", Some("token/+="), b"", None),
                "content-type;host;x-amz-date;x-amz-security-token",
                "8022d762c813284adeb77f657625e21ebdcde0dbdd6ccb317ce32300a476e09c",
            ),
            (
                (
                    "cn-north-1",
                    "https://xray.cn-north-1.amazonaws.com.cn/v1/traces",
                    None,
                    b"\x1f\x8b\x00",
                    Some("gzip"),
                ),
                "content-encoding;content-type;host;x-amz-date",
                "de2f0d382ebae1a5e1e90c19380283c9b541121b18db34dca9df688c3c7661cf",
            ),
            (
                (
                    "us-east-1",
                    "https://vpce-0a1b2c-3d4e.xray.us-east-1.vpce.amazonaws.com/v1/traces",
                    None,
                    b"spans",
                    None,
                ),
                "content-type;host;x-amz-date",
                "d9c996344dc4e05dec1447e5d632991deeb0e85cabeabcce656428fe4bdd4ec5",
            ),
        ];
        for ((region, url, token, body, encoding), headers, signature) in cases {
            let mut request = request(url, body, encoding);
            signed(&mut request, credentials(token), region, at(0)).unwrap();
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/{region}/xray/aws4_request, SignedHeaders={headers}, \
                 Signature={signature}"
            );
            assert_eq!(request.headers()[header::AUTHORIZATION], *expected, "{url}");
            assert_eq!(request.headers()["x-amz-date"], "20261121T044024Z");
            let shown = request.headers().get("x-amz-security-token").map(|token| token.to_str().unwrap());
            assert_eq!(shown, token);
        }
    }

    /// Hands out credentials with a number, which end an hour after [`BEGIN`] each.
    #[derive(Debug, Default)]
    struct Numbered(AtomicU64);

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> Providing<'a>
        where
            Self: 'a,
        {
            let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            let end = UNIX_EPOCH + Duration::from_secs(BEGIN + 3_600 * number);
            Providing::ready(Ok(Credentials::new(format!("AKID{number}"), "secret", None, Some(end), "test")))
        }
    }

    #[tokio::test]
    async fn credentials_are_asked_for_once_and_again_when_they_end_or_are_refused() {
        let aws =
            SdkConfig::builder().credentials_provider(SharedCredentialsProvider::new(Numbered::default())).build();
        let signer = Signer::new("us-east-1", Some(&aws)).unwrap();
        let key = async |seconds| {
            let credentials = signer.credentials(at(0) + Duration::from_secs(seconds)).await.unwrap();
            credentials.access_key_id().to_owned()
        };
        assert_eq!((key(0).await, key(3_299).await), ("AKID1".to_owned(), "AKID1".to_owned()));
        assert_eq!(key(3_301).await, "AKID2");
        assert!(signer.renew().await);
        assert_eq!(key(3_301).await, "AKID3");
        assert!(!format!("{signer:?}").contains("secret"));
    }

    #[test]
    fn a_clock_that_is_off_is_mended_by_the_time_of_a_refusal_in_both_directions() {
        let aws =
            SdkConfig::builder().credentials_provider(SharedCredentialsProvider::new(Numbered::default())).build();
        let signer = Signer::new("us-east-1", Some(&aws)).unwrap();
        let dated = |date: &str| HeaderMap::from_iter([(header::DATE, date.parse().unwrap())]);
        for (date, skew) in [("Sun, 22 Nov 2026 04:40:24 GMT", 86_400), ("Fri, 20 Nov 2026 04:40:24 GMT", -86_400)] {
            assert!(signer.learn(&dated(date), at(0)));
            assert!(!signer.learn(&dated(date), at(0)), "that is known by now");
            assert_eq!((signer.take_skew(), signer.take_skew()), (Some(skew), None));
            let now = jiff::Timestamp::try_from(signer.now()).unwrap().as_second();
            assert!((now - jiff::Timestamp::now().as_second() - skew).abs() <= 5, "{now}");
        }
        assert!(!signer.learn(&HeaderMap::new(), at(0)) && !signer.learn(&dated("soon"), at(0)));
    }

    #[tokio::test]
    async fn without_credentials_there_is_a_remedy() {
        let trouble = Signer::new("us-east-1", None).unwrap_err();
        assert!(trouble.lasting && trouble.remedy.contains("xray:PutTraceSegments"), "{trouble:?}");
    }
}
