//! The client factory: the only place where clients of the watched services are made.
//!
//! `clippy.toml` bans `Client::new` and `Client::from_conf` everywhere else, so that no call can go untraced by
//! oversight. With tracing off no interceptor is installed at all.

use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// One client for each service, all traced alike. Cloning is cheap: clones share connections.
#[derive(Clone, Debug)]
pub struct Clients {
    /// Amazon EC2.
    pub ec2: aws_sdk_ec2::Client,
    /// Amazon DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Amazon S3.
    pub s3: aws_sdk_s3::Client,
    /// Amazon SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// AWS Lambda.
    pub lambda: aws_sdk_lambda::Client,
    region: Option<String>,
}

impl Clients {
    /// Makes the clients; `interceptor` comes from the telemetry and is `None` when tracing is off.
    #[expect(clippy::disallowed_methods, reason = "this is the factory that the ban points to")]
    pub fn new(config: &SdkConfig, interceptor: Option<SharedInterceptor>) -> Self {
        let mut ec2 = aws_sdk_ec2::config::Builder::from(config);
        let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(config);
        let mut s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(has_own_s3_endpoint(config));
        let mut sqs = aws_sdk_sqs::config::Builder::from(config);
        let mut lambda = aws_sdk_lambda::config::Builder::from(config);
        if let Some(interceptor) = interceptor {
            ec2.push_interceptor(interceptor.clone());
            dynamodb.push_interceptor(interceptor.clone());
            s3.push_interceptor(interceptor.clone());
            sqs.push_interceptor(interceptor.clone());
            lambda.push_interceptor(interceptor);
        }
        Self {
            ec2: aws_sdk_ec2::Client::from_conf(ec2.build()),
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
            lambda: aws_sdk_lambda::Client::from_conf(lambda.build()),
            region: config.region().map(|region| region.as_ref().to_owned()),
        }
    }

    /// The region that the clients call, if one was found.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}

/// S3-compatible servers rarely have a DNS name for each bucket, so a configured endpoint gets path-style addresses.
fn has_own_s3_endpoint(config: &SdkConfig) -> bool {
    let configured = || {
        let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
        config.service_config()?.load_config(key.ok()?)
    };
    config.endpoint_url().is_some() || configured().is_some()
}
