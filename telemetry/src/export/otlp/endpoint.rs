//! The address of an OTLP receiver.

use ::http::Uri;
use spawn_config::Endpoint;

use super::super::Trouble;

/// Where gRPC goes: scheme, host and port. A path is no part of it.
pub(super) fn grpc(endpoint: Option<&Endpoint>) -> Result<Uri, Trouble> {
    let Some(endpoint) = endpoint else { return Ok(Uri::from_static("http://localhost:4317")) };
    let url = endpoint.as_url();
    parsed(&url[..url::Position::BeforePath])
}

/// Where HTTP goes. A base without a path gets the path of the OTLP specification.
pub(super) fn http(endpoint: Option<&Endpoint>) -> Result<Uri, Trouble> {
    let Some(endpoint) = endpoint else { return Ok(Uri::from_static("http://localhost:4318/v1/traces")) };
    let url = endpoint.as_url();
    if endpoint.is_base() {
        return parsed(&format!("{}/v1/traces", &url[..url::Position::BeforePath]));
    }
    parsed(&url[..url::Position::AfterPath])
}

fn parsed(text: &str) -> Result<Uri, Trouble> {
    text.parse().map_err(|error| Trouble {
        lasting: true,
        after: None,
        what: format!("the OTLP endpoint {text} cannot be used: {error}"),
        remedy: "set `tracing-endpoint` to something like http://localhost:4317".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_gets_the_path_of_its_protocol() {
        let cases = [
            ("http://collector:4318", "http://collector:4318/", "http://collector:4318/v1/traces"),
            ("https://collector/", "https://collector/", "https://collector/v1/traces"),
            ("https://host/otlp/v1/traces", "https://host/", "https://host/otlp/v1/traces"),
            ("https://host/ingest", "https://host/", "https://host/ingest"),
            ("https://host/.", "https://host/", "https://host/"),
        ];
        for (endpoint, by_grpc, by_http) in cases {
            let endpoint: Endpoint = endpoint.parse().unwrap();
            assert_eq!(grpc(Some(&endpoint)).unwrap().to_string(), by_grpc);
            assert_eq!(http(Some(&endpoint)).unwrap().to_string(), by_http);
        }
        assert_eq!(grpc(None).unwrap().to_string(), "http://localhost:4317/");
        assert_eq!(http(None).unwrap().to_string(), "http://localhost:4318/v1/traces");
    }
}
