//! Signatures of requests that differ in their bodies, their times and their credentials alone.
//!
//! What they have in common is worked out once, and the key for as long as the day and the credentials are the same.

use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::date_time::{DateTime, Format};
use http::Uri;
use sha2::{Digest, Sha256};

/// How signatures of this kind begin.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// A header that is not signed, because a proxy may change it.
const UNSIGNED: &str = "user-agent";

/// Signs requests that have all but their bodies in common.
pub(super) struct Signer {
    region: String,
    service: String,
    path: String,
    /// The headers that are signed, as they are in each request, in the order of their names.
    headers: Vec<(String, String)>,
    key: Mutex<Option<Key>>,
}

/// What signs on one day with one secret.
struct Key {
    day: String,
    secret: String,
    bytes: Vec<u8>,
}

/// What a signature adds to a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) authorization: String,
    /// `x-amz-date`.
    pub(super) date: String,
    /// `x-amz-security-token`.
    pub(super) token: Option<String>,
}

impl Signer {
    /// For requests like this one, which has no header of a signature yet. `None` where its address would have to be
    /// brought into another form first.
    pub(super) fn of(head: &HttpRequest, region: String, service: String) -> Option<Self> {
        let uri: Uri = head.uri().parse().ok()?;
        let usual = match uri.scheme_str() {
            Some("https") => 443,
            _ => 80,
        };
        let host = uri.host()?;
        let host = match uri.port_u16().filter(|port| *port != usual) {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        if uri.query().is_some() || !is_plain(uri.path()) {
            return None;
        }
        let all = head.headers().iter().filter(|(name, _)| *name != UNSIGNED);
        let mut headers: Vec<_> = all.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
        headers.push(("host".to_owned(), host));
        headers.sort_unstable();
        Some(Self { region, service, path: uri.path().to_owned(), headers, key: Mutex::default() })
    }

    /// The signature of a request with this method and body.
    pub(super) fn sign(&self, method: &str, body: &[u8], by: &Credentials, at: SystemTime) -> Signature {
        let mut date = DateTime::from_secs(DateTime::from(at).secs()).fmt(Format::DateTime).unwrap_or_default();
        date.retain(|character| !matches!(character, '-' | ':'));
        let day = date.get(..8).unwrap_or_default();
        let token = by.session_token();
        let mut headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.push(("x-amz-date", &date));
        headers.extend(token.map(|token| ("x-amz-security-token", token)));
        headers.sort_unstable();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let mut canonical = format!("{method}\n{}\n\n", self.path);
        for (name, value) in headers {
            // Writing to a text cannot fail.
            writeln!(canonical, "{name}:{value}").unwrap_or_default();
        }
        write!(canonical, "\n{names}\n{}", hashed(body)).unwrap_or_default();
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!("{ALGORITHM}\n{date}\n{scope}\n{}", hashed(canonical.as_bytes()));
        let signature = self.signature(text.as_bytes(), day, by, at);
        let id = by.access_key_id();
        let authorization =
            format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
        Signature { authorization, token: token.map(str::to_owned), date }
    }

    fn signature(&self, text: &[u8], day: &str, by: &Credentials, at: SystemTime) -> String {
        let mut key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        let known = key.take().filter(|key| key.day == day && key.secret == by.secret_access_key());
        let known = known.unwrap_or_else(|| Key {
            day: day.to_owned(),
            secret: by.secret_access_key().to_owned(),
            bytes: generate_signing_key(by.secret_access_key(), at, &self.region, &self.service).as_ref().to_vec(),
        });
        calculate_signature(&key.insert(known).bytes, text)
    }
}

/// Neither secret nor key is ever shown.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, service, path, .. } = self;
        f.debug_struct("Signer")
            .field("region", region)
            .field("service", service)
            .field("path", path)
            .finish_non_exhaustive()
    }
}

/// Whether a path is signed as it is.
fn is_plain(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'~');
    path.bytes().all(is_plain) && !path.contains("//")
}

/// The SHA-256 in hexadecimal digits.
fn hashed(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]].map(char::from);
    Sha256::digest(bytes).iter().flat_map(digits).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4::SigningParams;
    use aws_smithy_types::body::SdkBody;
    use proptest::prelude::*;

    use super::*;

    fn head(url: &str) -> HttpRequest {
        let mut head = HttpRequest::new(SdkBody::empty());
        head.set_method("POST").unwrap();
        head.set_uri(url).unwrap();
        for (name, value) in
            [("x-amz-user-agent", "aws-sdk-rust/1 "), ("content-type", "application/json"), ("user-agent", "x")]
        {
            head.headers_mut().insert(name, value);
        }
        head
    }

    /// What the SDK's own signer makes of it.
    fn by_the_sdk(head: &HttpRequest, body: &[u8], by: Credentials, at: SystemTime) -> Signature {
        let identity = by.into();
        let parameters = SigningParams::builder().identity(&identity).region("eu-west-1").name("xray").time(at);
        let parameters = parameters.settings(SigningSettings::default()).build().unwrap().into();
        let body = SignableBody::Bytes(body);
        let request = SignableRequest::new("POST", head.uri(), head.headers().iter(), body).unwrap();
        let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
        let header = |wanted: &str| {
            let found = instructions.headers().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.to_owned())
        };
        let (authorization, date) = (header("authorization").unwrap(), header("x-amz-date").unwrap());
        Signature { authorization, date, token: header("x-amz-security-token") }
    }

    proptest! {
        #[test]
        fn signatures_are_those_of_the_sdk(
            body in "[ -~]{0,80}",
            secret in "[A-Za-z0-9/+]{1,70}",
            token in proptest::option::of("[A-Za-z0-9/+=]{1,80}"),
            seconds in 1_000_000_000_u64..4_000_000_000,
            url in "https?://[a-z]{1,9}\\.example(:(80|443|2000))?/(a-b/|c_d~/)?TraceSegments",
        ) {
            let head = head(&url);
            let signer = Signer::of(&head, "eu-west-1".to_owned(), "xray".to_owned()).unwrap();
            let credentials = |secret: &str| Credentials::new("AKID", secret, token.clone(), None, "test");
            // The second is another day, the third another secret.
            for (secret, days) in [(secret.clone(), 0), (secret.clone(), 1), (format!("{secret}x"), 1)] {
                let at = UNIX_EPOCH + Duration::from_secs(seconds + days * 86_400);
                let ours = signer.sign("POST", body.as_bytes(), &credentials(&secret), at);
                prop_assert_eq!(ours, by_the_sdk(&head, body.as_bytes(), credentials(&secret), at));
            }
        }
    }

    #[test]
    fn an_address_that_would_have_to_be_changed_is_left_to_the_sdk_and_no_secret_is_shown() {
        for url in ["http://x/a?b=c", "http://x/a//b", "http://x/a/../b", "http://x/a%20b"] {
            assert!(Signer::of(&head(url), String::new(), String::new()).is_none(), "{url}");
        }
        let signer = Signer::of(&head("http://x/a"), "r".to_owned(), "s".to_owned()).unwrap();
        let credentials = Credentials::new("AKID", "the secret", None, None, "test");
        signer.sign("POST", b"", &credentials, UNIX_EPOCH);
        assert_eq!(format!("{signer:?}"), "Signer { region: \"r\", service: \"s\", path: \"/a\", .. }");
    }
}
