//! Region, credentials, endpoints and retries, found once and shared by every client.

use crate::credential_files::{FollowingFiles, profile_files};
use crate::imds::{Imds, ImdsClock};
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::default_provider::use_dual_stack::use_dual_stack_provider;
use aws_config::default_provider::use_fips::use_fips_provider;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::SdkConfig;
use spawn_telemetry::CredentialRequests;
use std::time::Duration;

/// How long one call may take with all its attempts, before the caller's own work suffers from it.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(60);

/// Where the region comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionSource {
    /// This one: a flag, the identity document, `region` in `local.yaml`.
    Given(String),
    /// The SDK's own chain: environment, profile, then the instance metadata.
    Chain,
    /// Environment and profile only: on a host that is no EC2 instance, asking 169.254.169.254 would only wait.
    OffEc2,
}

/// The same, with another clock for signatures and the expiry of credentials: AWS refuses a host that is minutes off.
pub fn with_clock(config: SdkConfig, clock: &ImdsClock) -> SdkConfig {
    config.into_builder().time_source(clock.clone()).build()
}

/// Loads what every client shares. Credentials are looked up at the first call, not here.
///
/// Instance metadata is asked by a client of our own. The SDK's would take `HTTP_PROXY` for it, and a proxy that passes
/// such a request on answers with its own host's identity, or sees the keys of this one.
pub async fn sdk_config(region: RegionSource) -> SdkConfig {
    let version = BehaviorVersion::v2026_01_12();
    let imds = Imds::new().into_client();
    let region = find_region(region, &imds).await;
    let http = SharedHttpClient::new(CredentialRequests::to_services(http_client()));
    let in_region = region.clone();
    let credentials = FollowingFiles::new(profile_files(|name| std::env::var_os(name)), move || {
        let (http, region, imds) = (http.clone(), in_region.clone(), imds.clone());
        Box::pin(async move {
            let asked = ProviderConfig::without_region().with_region(region.clone());
            let asked = asked.with_behavior_version(Some(version)).with_http_client(http);
            let (fips, dual_stack) = (use_fips_provider(&asked).await, use_dual_stack_provider(&asked).await);
            let asked = asked.with_use_fips(fips).with_use_dual_stack(dual_stack);
            let chain = DefaultCredentialsChain::builder().configure(asked).region(region).imds_client(imds);
            SharedCredentialsProvider::new(chain.build().await)
        })
    })
    .await;
    aws_config::defaults(version)
        .timeout_config(TimeoutConfig::builder().operation_timeout(OPERATION_TIMEOUT).build())
        .region(region)
        .credentials_provider(credentials)
        .load()
        .await
}

/// What the SDK takes where it is given none, so that whoever asks for credentials does so as before.
fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        let mut connector = ConnectorBuilder::default().tls_provider(tls);
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}

async fn find_region(source: RegionSource, imds: &aws_config::imds::Client) -> Option<Region> {
    let environment = EnvironmentVariableRegionProvider::new();
    let chain = RegionProviderChain::first_try(environment).or_else(ProfileFileRegionProvider::new());
    match source {
        RegionSource::Given(region) => Some(Region::new(region)),
        RegionSource::OffEc2 => chain.region().await,
        RegionSource::Chain => {
            let metadata = ImdsRegionProvider::builder().imds_client(imds.clone()).build();
            chain.or_else(metadata).region().await
        }
    }
}
