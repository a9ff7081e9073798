//! Which server a request goes to, read from its URL.

use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// A server, as attributes name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// The URL up to its path, by which the server is recognised.
    origin: Box<str>,
    pub(super) host: Arc<str>,
    pub(super) port: u16,
}

impl Server {
    /// Reads the server from a URL; `None` where it has no host.
    pub(super) fn of(url: &str) -> Option<Self> {
        let (rest, default_port) = match url.strip_prefix("https://") {
            Some(rest) => (rest, 443),
            None => (url.strip_prefix("http://")?, 80),
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
        let (host, port) = match server.rsplit_once(':') {
            // A colon within brackets belongs to an IPv6 address.
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (server, default_port),
        };
        let origin = url[..url.len() - rest.len() + authority.len()].into();
        (!host.is_empty()).then(|| Self { origin, host: host.into(), port })
    }

    /// Whether the URL is one of this server; a quick look, for nearly all calls of a kind go to the same.
    pub(super) fn serves(&self, url: &str) -> bool {
        let rest = url.strip_prefix(&*self.origin);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    }
}

/// The method as a static text where it is one that AWS uses.
pub(super) fn method(method: &str) -> Option<&'static str> {
    ["POST", "GET", "PUT", "DELETE", "HEAD", "PATCH"].into_iter().find(|known| *known == method)
}

/// Bytes of the request's body, without what signing in chunks adds to it.
pub(super) fn body_size(request: &HttpRequest) -> Option<i64> {
    let headers = request.headers();
    let size = headers.get("x-amz-decoded-content-length").or_else(|| headers.get("content-length"));
    size?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Option<(String, u16)> {
        let server = Server::of(url)?;
        assert!(server.serves(url), "{server:?} {url}");
        Some((server.host.to_string(), server.port))
    }

    #[test]
    fn the_port_is_the_schemes_where_none_is_given() {
        assert_eq!(
            address("https://dynamodb.us-east-1.amazonaws.com/"),
            Some(("dynamodb.us-east-1.amazonaws.com".to_owned(), 443))
        );
        assert_eq!(address("http://localhost?list-type=2"), Some(("localhost".to_owned(), 80)));
        assert_eq!(address("http://127.0.0.1:4566/queue:1"), Some(("127.0.0.1".to_owned(), 4566)));
        assert_eq!(address("http://[::1]/"), Some(("[::1]".to_owned(), 80)));
        assert_eq!(address("http://[::1]:8000/"), Some(("[::1]".to_owned(), 8000)));
        assert_eq!(address("https://user:pass@host:1/"), Some(("host".to_owned(), 1)));
    }

    #[test]
    fn what_is_no_url_has_no_address() {
        for url in ["", "/path", "https://", "https://host:port/", "https://:80/"] {
            assert_eq!(address(url), None, "{url:?}");
        }
    }

    #[test]
    fn a_server_is_told_from_one_whose_name_begins_alike() {
        let server = Server::of("https://a.example/x").unwrap();
        assert!(server.serves("https://a.example") && server.serves("https://a.example?x"));
        assert!(!server.serves("https://a.example.org/") && !server.serves("https://a.example:8443/"));
        assert!(!server.serves("http://a.example/"));
    }
}
