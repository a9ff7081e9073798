//! Addresses of back ends, and which of them a tag may name.

mod aws_host;
mod trust;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

use crate::ValueError;

/// An `http` or `https` address with a host. Never one of instance metadata: those answer with credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    /// Whether the root is meant, and no base to which a path is added. It is written `/.`.
    is_root: bool,
}

impl Endpoint {
    /// The address as a URL; its path is `/` where none was written.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.url
    }

    /// Whether the address forbids itself: link-local and instance metadata, however the number is written.
    ///
    /// The exporter asks this again of the addresses that the host's name resolves to.
    #[must_use]
    pub fn forbids(address: IpAddr) -> bool {
        trust::is_forbidden(address)
    }

    /// Whether a tag of an instance in `region` may name this endpoint: loopback, an X-Ray host of AWS in that region over
    /// https, or a host that one of `patterns` (globs with `*` and `?`) matches.
    ///
    /// Without a region no host of AWS is the instance's own.
    #[must_use]
    pub fn allowed_from_tag(&self, patterns: &[String], region: Option<&str>) -> bool {
        trust::is_allowed_from_tag(&self.url, patterns, region)
    }

    /// The region, if the host is one that AWS gives to X-Ray and the scheme is https. Requests to any other host must not
    /// carry the program's credentials.
    #[must_use]
    pub fn xray_region(&self) -> Option<&str> {
        aws_host::xray_region(&self.url)
    }

    /// Whether the address is this host's own, `localhost` included.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        trust::is_loopback(&self.url)
    }

    /// Whether one of the operator's `patterns` matches the host.
    #[must_use]
    pub fn is_listed(&self, patterns: &[String]) -> bool {
        trust::is_listed(&self.url, patterns)
    }

    /// The same endpoint with `/v1/traces` after its path.
    pub(crate) fn for_traces(&self) -> Self {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/v1/traces", url.path().trim_end_matches('/')));
        Self { url, is_root: false }
    }

    /// The same endpoint as it is: nothing is added to it, even if it has no path.
    pub(crate) fn exactly(self) -> Self {
        Self { is_root: !self.has_path(), ..self }
    }

    /// Whether the address is a base, to which the protocol's path is added: it has none, and the root is not meant.
    #[must_use]
    pub fn is_base(&self) -> bool {
        !self.has_path() && !self.is_root
    }

    /// Whether the address has a path of its own.
    pub(crate) fn has_path(&self) -> bool {
        self.url.path() != "/"
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.url.as_str();
        f.write_str(if self.has_path() || self.is_root { text } else { text.trim_end_matches('/') })?;
        f.write_str(if self.is_root { "." } else { "" })
    }
}

impl FromStr for Endpoint {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let expected = || ValueError::expected("an address such as https://collector.example.com:4317");
        let plain = text.chars().all(|character| !character.is_whitespace() && !character.is_control());
        let url = Url::parse(text).ok().filter(|_| plain).ok_or_else(expected)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(expected());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ValueError::expected(
                "an address without a user and password; set `otlp.headers` or `otlp.token_file`",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ValueError::expected("an address without `?` and `#`; set `otlp.headers` for parameters"));
        }
        let forbidden = match url.host().ok_or_else(expected)? {
            Host::Domain(name) => trust::is_metadata_name(name),
            Host::Ipv4(address) => trust::is_forbidden(address.into()),
            Host::Ipv6(address) => trust::is_forbidden(address.into()),
        };
        if forbidden {
            return Err(ValueError::expected("an address that is neither link-local nor instance metadata"));
        }
        let is_root = url.path() == "/" && text.ends_with("/.");
        Ok(Self { url, is_root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<Endpoint>().unwrap_err().to_string()
    }

    #[test]
    fn an_endpoint_is_printed_as_it_was_written() {
        for text in [
            "http://localhost:4318",
            "https://collector.example.com",
            "http://[::1]:4317",
            "https://a.example/otlp/v1/traces",
            "http://localhost:4318/.",
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "localhost:4317",
            "collector",
            "ftp://host",
            "http://",
            "http://a b",
            "http://host:99999",
            "http://ho\nst",
            "http:///",
        ] {
            assert_eq!(refusal(text), "expected an address such as https://collector.example.com:4317", "{text:?}");
        }
    }

    #[test]
    fn secrets_do_not_belong_in_an_address() {
        assert_eq!(
            refusal("https://user:pass@host"),
            "expected an address without a user and password; set `otlp.headers` or `otlp.token_file`"
        );
        assert_eq!(
            refusal("https://host/?key=1"),
            "expected an address without `?` and `#`; set `otlp.headers` for parameters"
        );
    }

    #[test]
    fn metadata_addresses_are_refused_however_they_are_written() {
        for text in [
            "http://169.254.169.254/latest",
            "http://169.254.0.1",
            "http://2852039166",
            "http://0xa9fea9fe",
            "http://0251.0376.0251.0376",
            "http://169.254.43518",
            "http://169.254.169.254.",
            "http://[::ffff:169.254.169.254]",
            "http://[::ffff:a9fe:a9fe]",
            "http://[::169.254.169.254]",
            "http://[64:ff9b::a9fe:a9fe]",
            "http://[fd00:ec2::254]",
            "http://[fe80::1]",
            "http://169.254.170.2",
            "http://instance-data.ec2.internal",
            "http://INSTANCE-DATA",
        ] {
            assert_eq!(
                refusal(text),
                "expected an address that is neither link-local nor instance metadata",
                "{text:?}"
            );
        }
    }
}
