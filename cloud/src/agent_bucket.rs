//! The account's private bucket, which holds the agent's programs and says in `setup.json` what is there.
//!
//! Every call names the account that must own the bucket, so that a bucket of this name that somebody else made first
//! is refused instead of trusted.

mod make;
mod object;
mod setup_file;

pub use object::Uploaded;
pub use setup_file::{AgentObject, Setup};

use crate::account::Caller;
use crate::error::Error;
use aws_sdk_s3::Client;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// The bucket of one account in one region.
#[derive(Clone, Debug)]
pub struct AgentBucket {
    client: Client,
    name: String,
    account: String,
    partition: String,
    region: String,
}

/// Whether the bucket was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketState {
    /// It was there.
    Present,
    /// It was made now.
    Created,
}

/// Why the bucket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// It is another account's, or this identity has no access to it; S3 answers both alike.
    #[error(
        "bucket {bucket} is not for account {account} to use: either another account owns a bucket of that name, and \
         nothing may be fetched from it, or this identity lacks s3:ListBucket on arn:aws:s3:::{bucket}"
    )]
    Forbidden {
        /// The bucket.
        bucket: String,
        /// The account that must own it.
        account: String,
    },
    /// `setup.json` cannot be read by this version.
    #[error("{bucket}/setup.json is not what `spawn setup` writes ({reason}): delete the object and run `spawn setup`")]
    Setup {
        /// The bucket.
        bucket: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of this machine.
    #[error("{path} cannot be read: {reason}")]
    File {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// Anything else.
    #[error(transparent)]
    Aws(#[from] Error),
}

impl AgentBucket {
    /// The bucket for the agents of this caller's account in `region`. No call is made.
    pub fn new(client: Client, caller: &Caller, region: &str) -> Self {
        Self {
            client,
            name: format!("spawn-{}-{region}", caller.account),
            account: caller.account.clone(),
            partition: caller.partition().to_owned(),
            region: region.to_owned(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The account that must own it.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Where an instance of the same region finds an object, unsigned.
    pub fn url(&self, key: &str) -> String {
        format!("https://{}.s3.{}.{}/{key}", self.name, self.region, dns_suffix(&self.partition))
    }

    /// Turns an error of `call` into ours: S3 says 403 both to strangers and to those who lack a permission.
    fn failed<E>(&self, call: &'static str, error: SdkError<E, HttpResponse>) -> BucketError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        // A bare 403 is the answer of HEAD, and of any call to a bucket whose owner is another than the one expected.
        let bare = status(&error) == Some(403) && error.as_service_error().is_some_and(|error| error.code().is_none());
        let taken = error.as_service_error().is_some_and(|error| error.code() == Some("BucketAlreadyExists"));
        if bare || taken {
            return BucketError::Forbidden { bucket: self.name.clone(), account: self.account.clone() };
        }
        Error::of(call, error).into()
    }
}

/// The status of the last answer, if there was one.
fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// What the names of a partition's endpoints end in (AWS's `partitions.json`).
fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_addressed_in_their_own_partition() {
        for (partition, host) in [
            ("aws", "spawn-123456789012-x-1.s3.x-1.amazonaws.com"),
            ("aws-us-gov", "spawn-123456789012-x-1.s3.x-1.amazonaws.com"),
            ("aws-cn", "spawn-123456789012-x-1.s3.x-1.amazonaws.com.cn"),
        ] {
            let caller = Caller {
                account: "123456789012".to_owned(),
                arn: format!("arn:{partition}:iam::123456789012:user/kim"),
            };
            let config =
                aws_types::SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::v2026_01_12()).build();
            let clients = crate::Clients::new(&config, None);
            let bucket = AgentBucket::new(clients.s3().clone(), &caller, "x-1");
            assert_eq!(bucket.url("spored/a"), format!("https://{host}/spored/a"));
        }
    }
}
