//! Addresses that spans may be sent to.

use spawn_config::Endpoint;
use std::net::IpAddr;

/// What is taken is never one of instance metadata, and what a tag may name is loopback or X-Ray of the region.
pub fn endpoint(text: &str) {
    let Ok(endpoint) = text.parse::<Endpoint>() else { return };
    // Printed and read again it is the same.
    assert_eq!(endpoint.to_string().parse::<Endpoint>().as_ref(), Ok(&endpoint));
    let host = endpoint.as_url().host_str().expect("an endpoint has a host");
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    assert!(!address.is_some_and(Endpoint::forbids));
    if endpoint.allowed_from_tag(&[], Some("us-east-1")) {
        let local = host == "localhost" || address.is_some_and(|it| it.to_canonical().is_loopback() || embeds(it));
        assert!(local || endpoint.xray_region() == Some("us-east-1"), "{endpoint}");
    }
    if endpoint.xray_region().is_some() {
        assert_eq!((endpoint.as_url().scheme(), endpoint.as_url().port()), ("https", None));
        assert!(["xray.", "xray-fips.", "vpce-"].iter().any(|start| host.starts_with(start)), "{host}");
    }
}

/// IPv6 forms that have a loopback address of IPv4 within them.
fn embeds(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.octets().contains(&127))
}
