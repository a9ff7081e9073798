//! Settings of the exporter's own client: nothing of it is shared with the clients that are traced.

use std::time::Duration;

use aws_sdk_xray::Config;
use aws_sdk_xray::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_xray::config::timeout::TimeoutConfig;
use aws_sdk_xray::config::{BehaviorVersion, Credentials, SharedHttpClient, StalledStreamProtectionConfig};
use aws_types::SdkConfig;
use spawn_config::Endpoint;

/// Longest time for one request, connecting included.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Region and credentials are the program's, and so is the cache of the credentials: whoever hands them out, a process or
/// a person with a device, is asked once. The HTTP client is the exporter's own, because its connections live on the
/// worker's runtime. The pipeline retries, so the SDK does not; its partition is one of its own in case it ever does,
/// so that exports never eat up the retries of the program's duties.
pub(in crate::export) fn config(aws: &SdkConfig, endpoint: Option<&Endpoint>, http: SharedHttpClient) -> Config {
    let timeouts = TimeoutConfig::builder().operation_timeout(TIMEOUT).connect_timeout(CONNECT_TIMEOUT).build();
    let mut config = aws_sdk_xray::config::Builder::from(aws)
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::disabled())
        .retry_partition(RetryPartition::new("spawn-telemetry"))
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(endpoint) = endpoint {
        config = config.endpoint_url(endpoint.as_url().as_str());
        if endpoint.xray_region().is_none() {
            config = config.credentials_provider(worthless());
        }
    }
    config.build()
}

/// What a receiver that is not AWS's gets to see. Daemons and emulators want a signature to tell service and region by,
/// and check none; the program's own would show a stranger its key id and session token.
fn worthless() -> Credentials {
    Credentials::new("spawn-unsigned", "worthless", None, None, "spawn-telemetry")
}
