//! Which server a request goes to, read from its URL.

/// Host and port of a URL; `None` where it has no host.
pub(super) fn address(url: &str) -> Option<(&str, u16)> {
    let (rest, default_port) = match url.strip_prefix("https://") {
        Some(rest) => (rest, 443),
        None => (url.strip_prefix("http://")?, 80),
    };
    let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let authority = &rest[..end];
    let server = authority.bytes().rposition(|byte| byte == b'@').map_or(authority, |at| &authority[at + 1..]);
    // A colon within brackets belongs to an IPv6 address.
    let (host, port) = match server.bytes().rposition(|byte| matches!(byte, b':' | b']')) {
        Some(at) if server.as_bytes()[at] == b':' => (&server[..at], server[at + 1..].parse().ok()?),
        _ => (server, default_port),
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
