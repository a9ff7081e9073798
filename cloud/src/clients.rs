//! The client factory: the only place where clients of the watched services are made.
//!
//! `clippy.toml` bans `Client::new` and `Client::from_conf` everywhere else, so that no call can go untraced by
//! oversight. With tracing off no interceptor is installed at all.

use crate::arrays::ServerClock;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::ServiceConfigKey;
use spawn_telemetry::TracedIdentities;
use std::sync::{Arc, OnceLock};

/// One client for each service, all traced alike. Cloning is cheap: clones share connections.
///
/// A client is made when it is first asked for. A program that never asks for a service does not contain its code, and
/// an agent's resident memory is mostly code (docs/performance.md).
#[derive(Clone, Debug)]
pub struct Clients(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: SdkConfig,
    interceptor: Option<SharedInterceptor>,
    clock: Option<ServerClock>,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
    xray: OnceLock<aws_sdk_xray::Client>,
}

/// The client in this place, made from the shared configuration with the interceptor in it if it is the first time.
macro_rules! client {
    ($inner:expr, $place:ident, $sdk:ident $(, $adjust:expr)?) => {
        $inner.$place.get_or_init(|| {
            let mut config = $sdk::config::Builder::from(&$inner.config);
            $( config = $adjust(config); )?
            if let Some(interceptor) = $inner.interceptor.clone() {
                config.push_interceptor(interceptor);
            }
            if let Some(clock) = $inner.clock.clone() {
                config.push_interceptor(SharedInterceptor::new(clock));
            }
            $sdk::Client::from_conf(config.build())
        })
    };
}

#[expect(clippy::disallowed_methods, reason = "this is the factory that the ban points to")]
impl Clients {
    /// The factory's settings; `interceptor` comes from the telemetry and is `None` when tracing is off.
    pub fn new(config: &SdkConfig, interceptor: Option<SharedInterceptor>) -> Self {
        match (&interceptor, config.identity_cache()) {
            (Some(_), Some(cache)) => {
                let config = config.to_builder().identity_cache(TracedIdentities::new(cache)).build();
                Self::made(&config, interceptor, None)
            }
            _ => Self::made(config, interceptor, None),
        }
    }

    /// The same clients, but the clock hears what time AWS's answers tell. Those that were made before do not.
    #[must_use]
    pub fn hearing(&self, clock: ServerClock) -> Self {
        Self::made(&self.0.config, self.0.interceptor.clone(), Some(clock))
    }

    fn made(config: &SdkConfig, interceptor: Option<SharedInterceptor>, clock: Option<ServerClock>) -> Self {
        Self(Arc::new(Inner {
            config: config.clone(),
            interceptor,
            clock,
            ec2: OnceLock::new(),
            dynamodb: OnceLock::new(),
            s3: OnceLock::new(),
            sqs: OnceLock::new(),
            lambda: OnceLock::new(),
            iam: OnceLock::new(),
            sts: OnceLock::new(),
            xray: OnceLock::new(),
        }))
    }

    /// The same clients for another region: same credentials, same connections, traced alike.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let config = self.0.config.to_builder().region(Region::new(region.to_owned())).build();
        Self::made(&config, self.0.interceptor.clone(), self.0.clock.clone())
    }

    /// Amazon EC2.
    pub fn ec2(&self) -> &aws_sdk_ec2::Client {
        client!(self.0, ec2, aws_sdk_ec2)
    }

    /// Amazon DynamoDB.
    pub fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        client!(self.0, dynamodb, aws_sdk_dynamodb)
    }

    /// Amazon S3.
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        client!(self.0, s3, aws_sdk_s3, |config: aws_sdk_s3::config::Builder| config
            .force_path_style(has_own_s3_endpoint(&self.0.config)))
    }

    /// Amazon SQS.
    pub fn sqs(&self) -> &aws_sdk_sqs::Client {
        client!(self.0, sqs, aws_sdk_sqs)
    }

    /// AWS Lambda.
    pub fn lambda(&self) -> &aws_sdk_lambda::Client {
        client!(self.0, lambda, aws_sdk_lambda)
    }

    /// AWS Identity and Access Management.
    pub fn iam(&self) -> &aws_sdk_iam::Client {
        client!(self.0, iam, aws_sdk_iam)
    }

    /// AWS Security Token Service.
    pub fn sts(&self) -> &aws_sdk_sts::Client {
        client!(self.0, sts, aws_sdk_sts)
    }

    /// AWS X-Ray, for reading traces. What sends them is the exporter's own.
    pub fn xray(&self) -> &aws_sdk_xray::Client {
        client!(self.0, xray, aws_sdk_xray)
    }

    /// The region that the clients call, if one was found.
    pub fn region(&self) -> Option<&str> {
        self.0.config.region().map(|region| region.as_ref())
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
