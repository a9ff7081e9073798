//! Who asks: tokens, certificates and signatures.

use super::*;

#[tokio::test]
async fn a_token_goes_along_with_each_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "abc").unwrap();
    for protocol in BOTH {
        let (endpoint, got) = receiver(protocol, Answer::ok()).await;
        let settings = OtlpSettings { token_file: Some(file.to_str().unwrap().to_owned()), ..settings(protocol) };
        exporter(&settings, &endpoint).send(&[span("a")]).await;
        let (_, headers, _) = got.lock().unwrap().pop().unwrap();
        assert_eq!(headers["authorization"], "Bearer abc");
    }
}

#[tokio::test]
async fn a_token_that_was_renewed_since_is_sent_once_more_at_once() {
    for (protocol, status, grpc) in [(OtlpProtocol::Grpc, 200, "16"), (OtlpProtocol::Http, 401, "0")] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "first").unwrap();
        let (endpoint, got) = receiver(protocol, Answer { status, grpc, ..Answer::ok() }).await;
        let settings = OtlpSettings { token_file: Some(file.to_str().unwrap().to_owned()), ..settings(protocol) };
        let mut exporter = exporter(&settings, &endpoint);
        let tokens = || -> Vec<_> {
            got.lock().unwrap().drain(..).map(|(_, headers, _)| headers["authorization"].clone()).collect()
        };
        let refused = exporter.send(&[span("a")]).await;
        assert_eq!(
            (tokens(), refused.trouble.unwrap().lasting),
            (vec![HeaderValue::from_static("Bearer first")], true)
        );
        // The file changes between the first request and the answer to it.
        let old = exporter.headers.now().unwrap();
        std::fs::write(&file, "second").unwrap();
        let mut headers = old.clone();
        assert!(exporter.renew(&mut headers).await);
        assert_eq!(headers["authorization"], "Bearer second");
        assert!(!exporter.renew(&mut headers).await, "{protocol}");
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_named() {
    let settings = OtlpSettings { ca_file: Some("/nowhere/ca.pem".to_owned()), ..OtlpSettings::default() };
    let endpoint: Endpoint = "https://localhost:4317".parse().unwrap();
    let resource = Resource::builder_empty().build();
    let trouble = Otlp::new(&settings, Some(&endpoint), &resource, Filter::default(), None).unwrap_err();
    assert!(trouble.lasting && trouble.what.starts_with("/nowhere/ca.pem cannot be used for TLS"), "{trouble:?}");
}

#[tokio::test]
async fn only_x_ray_gets_a_signature_and_by_http_alone() {
    let credentials = aws_credential_types::Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let provider = aws_credential_types::provider::SharedCredentialsProvider::new(credentials);
    let aws = SdkConfig::builder().credentials_provider(provider).build();
    let made = |protocol, endpoint: &str| {
        let resource = Resource::builder_empty().build();
        let endpoint: Endpoint = endpoint.parse().unwrap();
        Otlp::new(&settings(protocol), Some(&endpoint), &resource, Filter::default(), Some(&aws))
    };
    let xray = "https://xray.eu-central-1.amazonaws.com";
    assert_eq!(made(OtlpProtocol::Grpc, xray).unwrap_err().what, "X-Ray's OTLP endpoint does not speak gRPC");
    for (endpoint, signs) in [
        (xray, true),
        ("https://xray.eu-central-1.amazonaws.com/v1/traces", true),
        ("http://xray.eu-central-1.amazonaws.com", false),
        ("https://xray.eu-central-1.amazonaws.com.evil.example", false),
        ("https://collector.example", false),
    ] {
        let exporter = made(OtlpProtocol::HttpJson, endpoint).unwrap();
        let Transport::Http(http) = &exporter.transport else { panic!("{endpoint}") };
        assert_eq!((http.signs(), exporter.is_xray), (signs, signs), "{endpoint}");
    }
    let (endpoint, got) = receiver(OtlpProtocol::Http, Answer::ok()).await;
    made(OtlpProtocol::Http, &endpoint.to_string()).unwrap().send(&[span("a")]).await;
    let (_, headers, _) = got.lock().unwrap().pop().unwrap();
    assert!(headers.get("authorization").is_none() && headers.get("x-amz-date").is_none(), "{headers:?}");
}
