//! Which addresses are dangerous, and which a tag may name.
//!
//! Tags are written by whoever may call CreateTags and read by a root daemon: an endpoint from a tag could send spans to a
//! stranger, or requests to the metadata service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};
use wildmatch::WildMatch;

use super::aws_host;

/// Names of instance metadata, on EC2 and on the clouds that copied it.
const METADATA_NAMES: [&str; 3] = ["instance-data", "instance-data.ec2.internal", "metadata.google.internal"];
/// Metadata services outside the link-local range: Alibaba Cloud's, Oracle Cloud's older one, and Azure's host agent.
const METADATA_ADDRESSES: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];

/// Whether the address is link-local or one of instance metadata, also within an IPv4-in-IPv6 form.
pub(crate) fn is_forbidden(address: IpAddr) -> bool {
    let forbidden = |address: Ipv4Addr| address.is_link_local() || METADATA_ADDRESSES.contains(&address);
    match address {
        IpAddr::V4(address) => forbidden(address),
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                // EC2's metadata, time and name services.
                || address.segments()[..2] == [0xfd00, 0x0ec2]
                // Google Cloud's metadata.
                || address.segments()[..2] == [0xfd20, 0x00ce]
                || embedded(address).is_some_and(forbidden)
        }
    }
}

/// The IPv4 address within a mapped, compatible, NAT64 (RFC 6052, RFC 8215), 6to4 or ISATAP address.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..]
        | [.., 0 | 0x200, 0x5efe, high, low] => (high, low),
        _ => return None,
    };
    let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
    Some(Ipv4Addr::new(a, b, c, d))
}

/// Whether the name is one of instance metadata.
pub(crate) fn is_metadata_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    METADATA_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a tag of an instance in `region` may name this address.
pub(crate) fn is_allowed_from_tag(url: &Url, patterns: &[String], region: Option<&str>) -> bool {
    let is_ours = || region.is_some() && aws_host::xray_region(url) == region;
    is_listed(url, patterns) || is_loopback(url) || is_ours()
}

/// Whether the address is this host's own, reached from nowhere else.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || embedded(address).is_some_and(|inner| inner.is_loopback())
        }
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether the operator's list has the host.
pub(crate) fn is_listed(url: &Url, patterns: &[String]) -> bool {
    let Some(host) = url.host() else { return false };
    let is_name = matches!(host, Host::Domain(_));
    let text = host.to_string();
    let text = text.trim_matches(['[', ']']);
    patterns.iter().any(|pattern| {
        // `10.*` is meant for addresses: the name 10.evil.example is none of them.
        let for_addresses = pattern.contains(|digit: char| digit.is_ascii_digit())
            && pattern.chars().all(|character| character.is_ascii_digit() || matches!(character, '.' | '*' | '?'));
        !(is_name && for_addresses) && WildMatch::new_case_insensitive(pattern).matches(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str, pattern: &str) -> bool {
        is_listed(&Url::parse(text).unwrap(), &[pattern.to_owned()])
    }

    #[test]
    fn a_pattern_of_the_operator_opens_a_host() {
        assert!(listed("http://otel.corp.example:4318", "*.corp.example"));
        assert!(listed("http://OTEL.corp.example", "*.Corp.example"));
        assert!(!listed("http://otel.corp.example.evil.com", "*.corp.example"));
    }

    #[test]
    fn a_pattern_of_digits_opens_addresses_and_no_names() {
        assert!(listed("http://10.1.2.3:4318", "10.*"));
        assert!(listed("http://[fd12::1]:4318", "fd12::*"));
        assert!(!listed("http://10.evil.example", "10.*"));
        assert!(listed("http://evil.example", "*"));
    }

    #[test]
    fn metadata_is_found_in_every_form_of_an_address() {
        for text in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "2001:db8::5efe:169.254.169.254",
            "fe80::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "100.100.100.200",
        ] {
            assert!(is_forbidden(text.parse().unwrap()), "{text}");
        }
        for text in ["127.0.0.1", "10.0.0.1", "::1", "2001:db8::1", "fd00:ec3::1", "2002:0a00:1::1"] {
            assert!(!is_forbidden(text.parse().unwrap()), "{text}");
        }
    }
}
