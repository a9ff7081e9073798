//! Which server a request goes to, read from its URL.

/// Host and port of a URL; `None` where it has no host.
pub(super) fn address(url: &str) -> Option<(&str, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
    let (host, port) = match host_and_port.rsplit_once(':') {
        // A colon within brackets belongs to an IPv6 address.
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (host_and_port, if scheme.eq_ignore_ascii_case("http") { 80 } else { 443 }),
    };
    (!host.is_empty()).then_some((host, port))
}

/// The method as a static text where it is one that AWS uses.
pub(super) fn method(method: &str) -> Option<&'static str> {
    ["POST", "GET", "PUT", "DELETE", "HEAD", "PATCH"].into_iter().find(|known| *known == method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_the_schemes_where_none_is_given() {
        assert_eq!(
            address("https://dynamodb.us-east-1.amazonaws.com/"),
            Some(("dynamodb.us-east-1.amazonaws.com", 443))
        );
        assert_eq!(address("http://localhost?list-type=2"), Some(("localhost", 80)));
        assert_eq!(address("http://127.0.0.1:4566/queue:1"), Some(("127.0.0.1", 4566)));
        assert_eq!(address("http://[::1]/"), Some(("[::1]", 80)));
        assert_eq!(address("http://[::1]:8000/"), Some(("[::1]", 8000)));
        assert_eq!(address("https://user:pass@host:1/"), Some(("host", 1)));
    }

    #[test]
    fn what_is_no_url_has_no_address() {
        for url in ["", "/path", "https://", "https://host:port/", "https://:80/"] {
            assert_eq!(address(url), None, "{url:?}");
        }
    }
}
