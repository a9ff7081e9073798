//! Addresses: what is taken is never one of instance metadata, and what a tag may name is loopback or X-Ray of the region.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spawn_config::Endpoint;
use std::net::IpAddr;

fuzz_target!(|text: &str| {
    let Ok(endpoint) = text.parse::<Endpoint>() else { return };
    // Printed and read again it is the same.
    assert_eq!(endpoint.to_string().parse::<Endpoint>().as_ref(), Ok(&endpoint));
    let host = endpoint.as_url().host_str().expect("an endpoint has a host");
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    assert!(!address.is_some_and(Endpoint::forbids));
    if endpoint.allowed_from_tag(&[], Some("us-east-1")) {
        let local = host == "localhost" || address.is_some_and(|it| it.to_canonical().is_loopback()) || is_compatible(address);
        assert!(local || endpoint.xray_region() == Some("us-east-1"), "{endpoint}");
    }
    if endpoint.xray_region().is_some() {
        assert!(text.to_ascii_lowercase().starts_with("https:"));
        assert!(host.starts_with("xray.") || host.starts_with("xray-fips.") || host.starts_with("vpce-"), "{host}");
    }
});

/// `::127.0.0.1` and its like, which reach loopback on some systems.
fn is_compatible(address: Option<IpAddr>) -> bool {
    matches!(address, Some(IpAddr::V6(address)) if address.octets().contains(&127))
}
