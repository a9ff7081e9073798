//! `setup.json`: which agents the bucket holds, and the instance profile that agents get.

use super::{AgentBucket, BucketError};
use crate::error::Error;
use crate::instances::Architecture;
use serde::{Deserialize, Serialize};
use spawn_telemetry::ExpectErrors;
use std::collections::BTreeMap;

/// Its key in the bucket.
const KEY: &str = "setup.json";
/// Far more than every version of a century.
const MOST_BYTES: usize = 1024 * 1024;
/// Times that a change is tried again because somebody else changed the file meanwhile.
const TRIES: u32 = 5;

/// What `spawn setup` has set up in this account and region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Agents by version and architecture.
    #[serde(default)]
    pub agents: BTreeMap<String, BTreeMap<Architecture, AgentObject>>,
    /// Name of the instance profile that launches use where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profile: Option<String>,
}

/// One agent in the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentObject {
    /// `spored/VERSION/ARCHITECTURE/SHA256`.
    pub key: String,
    /// Checksum of the program, 64 hexadecimal digits.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
}

impl AgentObject {
    /// The agent with this checksum; its key follows from the three.
    pub fn new(version: &str, architecture: Architecture, sha256: &str, size: u64) -> Self {
        Self { key: format!("spored/{version}/{architecture}/{sha256}"), sha256: sha256.to_owned(), size }
    }
}

impl Setup {
    /// The agent of this version and architecture.
    pub fn agent(&self, version: &str, architecture: Architecture) -> Option<&AgentObject> {
        self.agents.get(version)?.get(&architecture)
    }

    /// Notes an agent.
    pub fn note(&mut self, version: &str, architecture: Architecture, agent: AgentObject) {
        self.agents.entry(version.to_owned()).or_default().insert(architecture, agent);
    }
}

impl AgentBucket {
    /// What is set up; nothing where there is no bucket or no such file.
    ///
    /// # Errors
    /// If the bucket is another account's, the file is broken, or AWS does not answer.
    pub async fn setup(&self) -> Result<Setup, BucketError> {
        Ok(self.read_setup().await?.map(|(setup, _)| setup).unwrap_or_default())
    }

    /// Changes what `setup.json` says. A change that somebody else made meanwhile is kept.
    ///
    /// # Errors
    /// As [`Self::setup`], or if the file changes faster than it can be written.
    pub async fn change_setup(&self, change: impl Fn(&mut Setup)) -> Result<Setup, BucketError> {
        const CALL: &str = "S3 PutObject";
        for _ in 0..TRIES {
            let before = self.read_setup().await?;
            let mut setup = before.as_ref().map(|(setup, _)| setup.clone()).unwrap_or_default();
            change(&mut setup);
            if before.as_ref().is_some_and(|(before, _)| *before == setup) {
                return Ok(setup);
            }
            let text = serde_json::to_vec_pretty(&setup)
                .map_err(|error| Error::Unexpected { call: CALL, reason: error.to_string() })?;
            let call = self.client.put_object().bucket(&self.name).key(KEY).expected_bucket_owner(&self.account);
            let call = call.content_type("application/json").body(text.into());
            let call = match before {
                Some((_, tag)) => call.set_if_match(tag),
                None => call.if_none_match("*"),
            };
            let expected = ExpectErrors(&["PreconditionFailed", "ConditionalRequestConflict"]);
            match call.customize().interceptor(expected).send().await {
                Ok(_) => return Ok(setup),
                Err(error) if matches!(super::status(&error), Some(409 | 412)) => {}
                Err(error) => return Err(self.failed(CALL, error)),
            }
        }
        let reason = format!("{}/{KEY} changes all the time: run the command again", self.name);
        Err(Error::Unexpected { call: CALL, reason }.into())
    }

    /// The file and its entity tag.
    async fn read_setup(&self) -> Result<Option<(Setup, Option<String>)>, BucketError> {
        const CALL: &str = "S3 GetObject";
        let call = self.client.get_object().bucket(&self.name).key(KEY).expected_bucket_owner(&self.account);
        let answer = match call.customize().interceptor(ExpectErrors(&["NoSuchKey", "NoSuchBucket"])).send().await {
            Ok(answer) => answer,
            Err(error) if super::status(&error) == Some(404) => return Ok(None),
            Err(error) => return Err(self.failed(CALL, error)),
        };
        let broken = |reason: String| BucketError::Setup { bucket: self.name.clone(), reason };
        let tag = answer.e_tag;
        let mut body = answer.body;
        let mut text = Vec::new();
        while let Some(chunk) = body.next().await {
            let chunk =
                chunk.map_err(|error| Error::Unanswered { call: CALL, reason: crate::error::causes(&error) })?;
            text.extend_from_slice(&chunk);
            if text.len() > MOST_BYTES {
                return Err(broken(format!("it has more than {MOST_BYTES} bytes")));
            }
        }
        let setup = serde_json::from_slice(&text).map_err(|error| broken(error.to_string()))?;
        Ok(Some((setup, tag)))
    }
}
