//! Who an instance is and what its tags say, from the instance metadata service, version 2 only.

use crate::error::{Error, Result, causes};
use aws_config::imds::client::Client;
use aws_config::imds::client::error::ImdsError;
use serde::Deserialize;
use spawn_config::{Identity, Provider};
use std::collections::BTreeMap;
use std::time::Duration;

/// The service is on the host itself: it answers in a millisecond or is not there.
const TIMEOUT: Duration = Duration::from_secs(1);
/// The agent asks again with its own back-off for as long as it lives, so one round is short.
const ATTEMPTS: u32 = 2;

/// A client of the instance metadata service.
#[derive(Clone, Debug)]
pub struct Imds {
    client: Client,
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

impl Default for Imds {
    fn default() -> Self {
        Self::new()
    }
}

impl Imds {
    /// A client for 169.254.169.254, or for `AWS_EC2_METADATA_SERVICE_ENDPOINT` where that is set.
    pub fn new() -> Self {
        let client = Client::builder().max_attempts(ATTEMPTS).connect_timeout(TIMEOUT).read_timeout(TIMEOUT).build();
        Self { client }
    }

    /// The instance's identity; the launch time is the document's `pendingTime`, which needs no permission to read.
    pub async fn identity(&self) -> Result<Identity> {
        let path = "/latest/dynamic/instance-identity/document";
        let text = self.required(path).await?;
        let document: Document = serde_json::from_str(&text)
            .map_err(|error| Error::Metadata { path: path.to_owned(), reason: error.to_string() })?;
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
        })
    }

    /// The instance's tags; `None` where the instance was launched without `InstanceMetadataTags=enabled`.
    pub async fn tags(&self) -> Result<Option<BTreeMap<String, String>>> {
        let folder = "/latest/meta-data/tags/instance";
        let Some(keys) = self.optional(folder).await? else { return Ok(None) };
        let mut tags = BTreeMap::new();
        for key in keys.lines().filter(|key| !key.is_empty()) {
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
