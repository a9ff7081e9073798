//! Region, credentials, endpoints and retries, found once and shared by every client.

use aws_config::meta::region::RegionProviderChain;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_types::SdkConfig;
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

/// Loads what every client shares. Credentials are looked up at the first call, not here.
pub async fn sdk_config(region: RegionSource) -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(TimeoutConfig::builder().operation_timeout(OPERATION_TIMEOUT).build());
    match region {
        RegionSource::Given(region) => loader.region(Region::new(region)).load().await,
        RegionSource::Chain => loader.load().await,
        RegionSource::OffEc2 => {
            let environment = aws_config::environment::EnvironmentVariableRegionProvider::new();
            let profile = aws_config::profile::ProfileFileRegionProvider::new();
            let chain = RegionProviderChain::first_try(environment).or_else(profile);
            loader.region(chain).load().await
        }
    }
}
