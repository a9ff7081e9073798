//! Which addresses are dangerous, and which a tag may name.
//!
//! Tags are written by whoever may call CreateTags and read by a root daemon: an endpoint from a tag could send spans to a
//! stranger, or requests to the metadata service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};
use wildmatch::WildMatch;

/// Names of instance metadata, on EC2 and on the clouds that copied it.
const METADATA_NAMES: [&str; 3] = ["instance-data", "instance-data.ec2.internal", "metadata.google.internal"];

/// Whether the address is link-local or in the range of EC2's IPv6 metadata, also within an IPv4-in-IPv6 form.
pub(crate) fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                || address.segments()[..2] == [0xfd00, 0x0ec2]
                || embedded(address).is_some_and(|inner| inner.is_link_local())
        }
    }
}

/// The IPv4 address within a mapped, compatible or NAT64 address.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

/// Whether the name is one of instance metadata.
pub(crate) fn is_metadata_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    METADATA_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a tag may name this address.
pub(crate) fn is_allowed_from_tag(url: &Url, patterns: &[String]) -> bool {
    let listed = url.host_str().is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        patterns.iter().any(|pattern| WildMatch::new_case_insensitive(pattern).matches(host))
    });
    listed
        || match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => {
                address.is_loopback() || embedded(address).is_some_and(|inner| inner.is_loopback())
            }
            Some(Host::Domain("localhost")) => true,
            Some(Host::Domain(name)) => url.scheme() == "https" && is_xray_host(name),
            None => false,
        }
}

/// Whether the name is one that AWS gives to X-Ray: regional, FIPS, dual stack, China, or behind a VPC endpoint.
fn is_xray_host(name: &str) -> bool {
    const SUFFIXES: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn"];
    // A VPC endpoint service of anybody else is `ID.vpce-svc-….REGION.vpce.amazonaws.com`: the `xray` label tells them apart.
    if let Some(rest) = name.strip_suffix(".vpce.amazonaws.com") {
        return matches!(rest.split('.').collect::<Vec<_>>()[..], [.., id, "xray", region]
            if id.starts_with("vpce-") && !id.starts_with("vpce-svc-") && is_region(region));
    }
    SUFFIXES.iter().filter_map(|suffix| name.strip_suffix(suffix)).any(|rest| match rest.split_once('.') {
        Some(("xray" | "xray-fips", region)) => is_region(region),
        _ => false,
    })
}

/// Whether the label has the shape of a region, such as `us-gov-west-1`.
fn is_region(label: &str) -> bool {
    label.starts_with(|first: char| first.is_ascii_lowercase())
        && label.ends_with(|last: char| last.is_ascii_digit())
        && label.contains('-')
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str, patterns: &[&str]) -> bool {
        let patterns: Vec<_> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        is_allowed_from_tag(&Url::parse(text).unwrap(), &patterns)
    }

    #[test]
    fn a_tag_may_name_loopback_and_the_x_ray_hosts_of_aws() {
        for text in [
            "http://localhost:4318",
            "http://127.0.0.1:2000",
            "http://[::1]:4317",
            "https://xray.eu-central-1.amazonaws.com",
            "https://xray-fips.us-gov-west-1.amazonaws.com",
            "https://xray.us-east-1.api.aws",
            "https://xray.cn-north-1.amazonaws.com.cn",
            "https://vpce-0a1b2c-3d4e.xray.us-east-1.vpce.amazonaws.com",
        ] {
            assert!(allowed(text, &[]), "{text}");
        }
    }

    #[test]
    fn a_tag_may_name_nothing_else() {
        for text in [
            "http://xray.eu-central-1.amazonaws.com",
            "https://collector.example.com",
            "https://xray.evil.com",
            "https://xray.us-east-1.amazonaws.com.evil.com",
            "https://xray.s3.amazonaws.com",
            "https://bucket.s3.us-east-1.amazonaws.com",
            "https://xray.us-east-1.evil.amazonaws.com",
            "https://vpce-0a1b.vpce-svc-0c2d.us-east-1.vpce.amazonaws.com",
            "https://xray.us-east-1.vpce.amazonaws.com",
            "http://10.0.0.1:4318",
            "http://localhost.evil.com",
            "http://0.0.0.0",
        ] {
            assert!(!allowed(text, &[]), "{text}");
        }
    }

    #[test]
    fn a_pattern_of_the_operator_opens_a_host() {
        assert!(allowed("http://otel.corp.example:4318", &["*.corp.example"]));
        assert!(!allowed("http://otel.corp.example.evil.com", &["*.corp.example"]));
    }
}
