//! What callers asked of the emulators, and moto as the judge of what they may.

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::Request;
use serde::Deserialize;

use super::Aws;
use crate::http_call::{call, get_json};

/// A kind of call that an emulator was asked, as the emulator's side saw it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RecordedCall {
    /// The service of the signature: `ec2`, `s3`.
    pub service: String,
    /// The operation: `RunInstances`.
    pub operation: String,
    /// The access key that signed.
    pub access_key: String,
    /// How often.
    pub count: u64,
}

/// The key of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserKey {
    /// The user's name.
    pub name: String,
    /// Id of the access key.
    pub key: String,
    /// The key itself.
    pub secret: String,
}

impl Aws {
    /// Every kind of call that SDKs for Rust have made so far, in the order of their first arrival at each emulator.
    ///
    /// # Errors
    /// When an emulator does not answer.
    pub async fn calls(&self) -> Result<Vec<RecordedCall>> {
        let mut calls = Vec::new();
        for url in [&self.moto_url, &self.ministack_url] {
            let seen: Vec<RecordedCall> = serde_json::from_value(get_json(&format!("{url}/spawn-test/calls")).await?)?;
            calls.extend(seen);
        }
        Ok(calls)
    }

    /// From now on both emulators ask their IAM whether a caller may do what it asks. At moto actions alone count; at
    /// ministack, whose users (made there before) get these keys, resources and conditions do, too.
    ///
    /// # Errors
    /// When an emulator does not answer.
    pub async fn enforce_iam(&self, users: &[UserKey]) -> Result<()> {
        let users: Vec<[&str; 3]> =
            users.iter().map(|UserKey { name, key, secret }| [name, key, secret].map(String::as_str)).collect();
        let users = serde_json::to_vec(&users)?;
        let urls =
            [format!("{}/moto-api/reset-auth", self.moto_url), format!("{}/spawn-test/enforce", self.ministack_url)];
        for (url, body) in urls.into_iter().zip([Bytes::from_static(b"0"), users.into()]) {
            let response = call(Request::post(&url).body(body)?).await?;
            ensure!(response.status().is_success(), "enforce IAM by {url}: {}", response.status());
        }
        Ok(())
    }
}
