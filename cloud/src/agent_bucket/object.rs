//! Agents in the bucket: whether one is there, bringing it there, and a link for instances without credentials.

use super::{AgentBucket, AgentObject, BucketError, status};
use crate::error::Error;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::timeout::TimeoutConfig;
use spawn_telemetry::ExpectErrors;
use std::path::Path;
use std::time::Duration;

/// The agent has some 30 MB; over a slow line that takes longer than any other call may.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Whether an upload was needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uploaded {
    /// The object was brought now.
    Now,
    /// It was there already.
    Before,
}

impl AgentBucket {
    /// Whether the bucket has an object of this key.
    ///
    /// # Errors
    /// If the bucket is another account's, or AWS does not answer.
    pub async fn has(&self, key: &str) -> Result<bool, BucketError> {
        let call = self.client.head_object().bucket(&self.name).key(key).expected_bucket_owner(&self.account);
        match call.customize().interceptor(ExpectErrors(&["NotFound", "NoSuchBucket"])).send().await {
            Ok(_) => Ok(true),
            Err(error) if status(&error) == Some(404) => Ok(false),
            Err(error) => Err(self.failed("S3 HeadObject", error)),
        }
    }

    /// Brings the file to its key unless it is there. S3 refuses it if its checksum is not the one of `agent`.
    ///
    /// # Errors
    /// If the file cannot be read, the bucket is another account's, or AWS refuses or does not answer.
    pub async fn upload(&self, agent: &AgentObject, file: &Path) -> Result<Uploaded, BucketError> {
        const CALL: &str = "S3 PutObject";
        if self.has(&agent.key).await? {
            return Ok(Uploaded::Before);
        }
        let body = ByteStream::from_path(file).await.map_err(|error| BucketError::File {
            path: file.display().to_string(),
            reason: crate::error::causes(&error),
        })?;
        let checksum = base64_of_hex(&agent.sha256)
            .ok_or_else(|| Error::Unexpected { call: CALL, reason: format!("{} is no checksum", agent.sha256) })?;
        let call = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(&agent.key)
            .expected_bucket_owner(&self.account)
            .if_none_match("*")
            .checksum_sha256(checksum)
            .content_type("application/x-executable")
            .body(body);
        let patient = aws_sdk_s3::config::Config::builder()
            .timeout_config(TimeoutConfig::builder().operation_timeout(UPLOAD_TIMEOUT).build());
        let call = call.customize().config_override(patient).interceptor(ExpectErrors(&["PreconditionFailed"]));
        match call.send().await {
            Ok(_) => Ok(Uploaded::Now),
            // Another launch brought it between the question and the order.
            Err(error) if status(&error) == Some(412) => Ok(Uploaded::Before),
            Err(error) => Err(self.failed(CALL, error)),
        }
    }

    /// A link that lets whoever has it read this one object for a while: for instances without credentials.
    ///
    /// # Errors
    /// If there are no credentials to sign with.
    pub async fn link(&self, key: &str, valid: Duration) -> Result<String, BucketError> {
        const CALL: &str = "S3 GetObject";
        let config = PresigningConfig::expires_in(valid)
            .map_err(|error| Error::Unexpected { call: CALL, reason: error.to_string() })?;
        let call = self.client.get_object().bucket(&self.name).key(key);
        let signed = call.presigned(config).await.map_err(|error| self.failed(CALL, error))?;
        Ok(signed.uri().to_owned())
    }
}

/// S3 wants the checksum's bytes in base64.
fn base64_of_hex(hex: &str) -> Option<String> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> =
        hex.as_bytes().chunks(2).map(|pair| Some((digit(pair.first()?)? << 4) | digit(pair.get(1)?)?)).collect();
    bytes.filter(|bytes| bytes.len() == 32).map(aws_smithy_types::base64::encode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_becomes_its_bytes_in_base64() {
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(base64_of_hex(of_nothing).as_deref(), Some("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
        for wrong in ["", "e3b", "zz", &of_nothing[2..]] {
            assert_eq!(base64_of_hex(wrong), None, "{wrong}");
        }
    }
}
