//! A DynamoDB client whose HTTP never leaves the process.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

/// Answers everything with one small item.
#[derive(Clone, Debug)]
struct Canned;

impl HttpConnector for Canned {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut response = HttpResponse::new(
            StatusCode::try_from(200).expect("200 is a status"),
            SdkBody::from(r#"{"Item":{"PK":{"S":"a"},"SK":{"S":"b"}}}"#),
        );
        response.headers_mut().insert("x-amzn-requestid", "4KBNVRGD25RG1KEO9UT4V3FQDJVV4KQNSO5AEMVJF66Q9ASUAAJG");
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// A client with this interceptor, or none.
pub(crate) fn client(interceptor: Option<SharedInterceptor>) -> Client {
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials())
        .http_client(Canned);
    if let Some(interceptor) = interceptor {
        config.push_interceptor(interceptor);
    }
    Client::from_conf(config.build())
}

pub(crate) fn credentials() -> Credentials {
    Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "bench")
}

/// The call that is measured.
pub(crate) async fn call(client: &Client) {
    let answer = client
        .get_item()
        .table_name("spawn-job-arrays")
        .key("PK", AttributeValue::S("a".to_owned()))
        .key("SK", AttributeValue::S("b".to_owned()))
        .consistent_read(true)
        .send()
        .await;
    assert!(answer.is_ok_and(|answer| answer.item.is_some()), "the canned answer was not taken");
}
