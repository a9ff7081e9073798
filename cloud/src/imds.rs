//! Who an instance is, what its tags say and what EC2 announces, from the instance metadata service, version 2 only.

mod clock;
mod connection;
mod notice;

pub use clock::ImdsClock;
pub use notice::{SpotAction, SpotNotice};

use crate::error::{Error, Result, causes};
use aws_config::imds::client::Client;
use aws_config::imds::client::error::ImdsError;
use aws_config::provider_config::ProviderConfig;
use connection::{Connection, Heard};
use jiff::Timestamp;
use serde::Deserialize;
use spawn_config::{Identity, Provider, tags};
use spawn_telemetry::CredentialRequests;
use std::collections::BTreeMap;
use std::time::Duration;

/// The service is on the host itself: it answers in a millisecond or is not there.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Longest time for one attempt with its token, to the last byte of its answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest time for a question with all its attempts.
const ROUND_TIMEOUT: Duration = Duration::from_secs(4);
/// Most tags that are asked for one by one: EC2's own limit, and as many that AWS may have added.
const MOST_TAGS: usize = 2 * tags::MOST;
/// The agent asks again with its own back-off for as long as it lives, so one round is short.
const ATTEMPTS: u32 = 2;

/// Where the service tells who the instance is and when it was launched.
const IDENTITY: &str = "/latest/dynamic/instance-identity/document";

/// A client of the instance metadata service; clones share its connection and its session token.
#[derive(Clone, Debug)]
pub struct Imds {
    client: Client,
    heard: Heard,
}

/// The parts of the identity document that spawn uses.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    instance_id: String,
    region: String,
    account_id: Option<String>,
    availability_zone: Option<String>,
    instance_type: Option<String>,
    image_id: Option<String>,
    private_ip: Option<String>,
    pending_time: Option<String>,
}

impl Document {
    /// Ids and regions become parts of requests and of host names.
    fn is_plausible(&self) -> bool {
        let plain = |text: &str| {
            (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        plain(&self.instance_id) && plain(&self.region)
    }
}

impl Default for Imds {
    fn default() -> Self {
        Self::new()
    }
}

impl Imds {
    /// A client for 169.254.169.254, or for `AWS_EC2_METADATA_SERVICE_ENDPOINT` where that is set.
    pub fn new() -> Self {
        let heard = Heard::default();
        let connection = CredentialRequests::to_metadata(Connection::new(heard.clone()));
        let plain = ProviderConfig::without_region().with_http_client(connection);
        let client = Client::builder().configure(&plain).max_attempts(ATTEMPTS);
        let client = client.connect_timeout(TIMEOUT).read_timeout(TIMEOUT);
        let client = client.operation_attempt_timeout(ATTEMPT_TIMEOUT).operation_timeout(ROUND_TIMEOUT).build();
        Self { client, heard }
    }

    /// The SDK's client within, for what the SDK asks of the service by itself.
    pub(crate) fn into_client(self) -> Client {
        self.client
    }

    /// The time by the service's answers.
    pub fn clock(&self) -> &ImdsClock {
        &self.heard.clock
    }

    /// Bytes that asking has put on the network so far, about.
    pub fn traffic(&self) -> u64 {
        self.heard.bytes()
    }

    /// The instance's identity; the launch time is the document's `pendingTime`, which needs no permission to read.
    pub async fn identity(&self) -> Result<Identity> {
        let document = self.document().await?;
        Ok(Identity {
            provider: Provider::Ec2,
            hostname: self.optional("/latest/meta-data/local-hostname").await?,
            instance_id: document.instance_id,
            region: Some(document.region),
            account_id: document.account_id,
            availability_zone: document.availability_zone,
            instance_type: document.instance_type,
            image_id: document.image_id,
            private_ip: document.private_ip,
            launched_at: document.pending_time.and_then(|time| time.parse().ok()),
            job_array: None,
            fleet: None,
        })
    }

    /// The launch time; it is another one after each start of a stopped or hibernated instance.
    pub async fn launched_at(&self) -> Result<Option<Timestamp>> {
        Ok(self.document().await?.pending_time.and_then(|time| time.parse().ok()))
    }

    /// The instance's place among those of the same request, from 0.
    pub async fn launch_index(&self) -> Result<Option<u32>> {
        Ok(self.optional("/latest/meta-data/ami-launch-index").await?.and_then(|index| index.trim().parse().ok()))
    }

    async fn document(&self) -> Result<Document> {
        let text = self.required(IDENTITY).await?;
        let wrong = |reason: String| Error::Metadata { path: IDENTITY.to_owned(), reason };
        let document: Document = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if !document.is_plausible() {
            return Err(wrong(
                "not what an identity document says: does something else answer for the service?".to_owned(),
            ));
        }
        Ok(document)
    }

    /// The instance's tags; `None` where the instance was launched without `InstanceMetadataTags=enabled`.
    pub async fn tags(&self) -> Result<Option<BTreeMap<String, String>>> {
        self.tags_that(|_| true).await
    }

    /// As [`Imds::tags`], with a question for each key that is wanted only.
    pub async fn tags_that(&self, wanted: impl Fn(&str) -> bool) -> Result<Option<BTreeMap<String, String>>> {
        let folder = "/latest/meta-data/tags/instance";
        let Some(keys) = self.optional(folder).await? else { return Ok(None) };
        let mut tags = BTreeMap::new();
        for key in keys.lines().filter(|key| tags::is_shown_by_metadata(key) && wanted(key)).take(MOST_TAGS) {
            // A tag removed between the two questions is as good as never there.
            if let Some(value) = self.optional(&format!("{folder}/{key}")).await? {
                tags.insert(key.to_owned(), value);
            }
        }
        Ok(Some(tags))
    }

    async fn required(&self, path: &str) -> Result<String> {
        let missing = || Error::Metadata { path: path.to_owned(), reason: "not there".to_owned() };
        self.optional(path).await?.ok_or_else(missing)
    }

    /// The text at `path`; `None` when the service says there is nothing (404).
    async fn optional(&self, path: &str) -> Result<Option<String>> {
        match self.client.get(path).await {
            Ok(text) => Ok(Some(text.into())),
            Err(ImdsError::ErrorResponse(answer)) if answer.response().status().as_u16() == 404 => Ok(None),
            Err(error) => {
                let reason = causes(&error);
                Err(Error::Metadata { path: path.to_owned(), reason })
            }
        }
    }
}
