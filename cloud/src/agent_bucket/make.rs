//! Makes the bucket where it is absent, and keeps it private, encrypted and TLS-only in any case.

use super::{AgentBucket, BucketError, BucketState, status};
use crate::error::Error;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use spawn_telemetry::ExpectErrors;

const CREATE: &str = "S3 CreateBucket";
/// The only region that must not be named when a bucket is made there.
const FIRST_REGION: &str = "us-east-1";

impl AgentBucket {
    /// Whether the bucket is there and this account's.
    ///
    /// # Errors
    /// If it is another account's, or AWS does not answer.
    pub async fn exists(&self) -> Result<bool, BucketError> {
        let call = self.client.head_bucket().bucket(&self.name).expected_bucket_owner(&self.account);
        match call.customize().interceptor(ExpectErrors(&["NotFound"])).send().await {
            Ok(_) => Ok(true),
            Err(error) if status(&error) == Some(404) => Ok(false),
            Err(error) => Err(self.failed("S3 HeadBucket", error)),
        }
    }

    /// Makes the bucket where it is absent, and puts its rules in force.
    ///
    /// # Errors
    /// If it is another account's, or AWS refuses or does not answer.
    pub async fn ensure(&self) -> Result<BucketState, BucketError> {
        let state = if self.exists().await? { BucketState::Present } else { self.create().await? };
        self.block_public_access().await?;
        self.let_the_bucket_own_its_objects().await?;
        self.encrypt().await?;
        self.refuse_plain_http().await?;
        Ok(state)
    }

    async fn create(&self) -> Result<BucketState, BucketError> {
        let place = (self.region != FIRST_REGION).then(|| {
            let region = BucketLocationConstraint::from(self.region.as_str());
            CreateBucketConfiguration::builder().location_constraint(region).build()
        });
        let call = self.client.create_bucket().bucket(&self.name).set_create_bucket_configuration(place);
        match call.customize().interceptor(ExpectErrors(&["BucketAlreadyOwnedByYou"])).send().await {
            Ok(_) => Ok(BucketState::Created),
            // Another launch made it between the question and the order.
            Err(error) if error.as_service_error().is_some_and(|error| error.is_bucket_already_owned_by_you()) => {
                Ok(BucketState::Present)
            }
            Err(error) => Err(self.failed(CREATE, error)),
        }
    }

    async fn block_public_access(&self) -> Result<(), BucketError> {
        let block = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let call = self.client.put_public_access_block().bucket(&self.name).expected_bucket_owner(&self.account);
        let sent = call.public_access_block_configuration(block).send().await;
        sent.map(drop).map_err(|error| self.failed("S3 PutPublicAccessBlock", error))
    }

    async fn let_the_bucket_own_its_objects(&self) -> Result<(), BucketError> {
        const CALL: &str = "S3 PutBucketOwnershipControls";
        let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced).build();
        let controls = OwnershipControls::builder().rules(rule.map_err(|error| incomplete(CALL, &error))?).build();
        let controls = controls.map_err(|error| incomplete(CALL, &error))?;
        let call = self.client.put_bucket_ownership_controls().bucket(&self.name).expected_bucket_owner(&self.account);
        let sent = call.ownership_controls(controls).send().await;
        sent.map(drop).map_err(|error| self.failed(CALL, error))
    }

    async fn encrypt(&self) -> Result<(), BucketError> {
        const CALL: &str = "S3 PutBucketEncryption";
        let by_default = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build();
        let by_default = by_default.map_err(|error| incomplete(CALL, &error))?;
        let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by_default).build();
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build();
        let rules = rules.map_err(|error| incomplete(CALL, &error))?;
        let call = self.client.put_bucket_encryption().bucket(&self.name).expected_bucket_owner(&self.account);
        let sent = call.server_side_encryption_configuration(rules).send().await;
        sent.map(drop).map_err(|error| self.failed(CALL, error))
    }

    async fn refuse_plain_http(&self) -> Result<(), BucketError> {
        let arn = format!("arn:{}:s3:::{}", self.partition, self.name);
        let policy = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn.clone(), format!("{arn}/*")],
                "Condition": { "Bool": { "aws:SecureTransport": "false" } },
            }],
        });
        let call = self.client.put_bucket_policy().bucket(&self.name).expected_bucket_owner(&self.account);
        let sent = call.policy(policy.to_string()).send().await;
        sent.map(drop).map_err(|error| self.failed("S3 PutBucketPolicy", error))
    }
}

fn incomplete(call: &'static str, error: &BuildError) -> BucketError {
    Error::Unexpected { call, reason: error.to_string() }.into()
}
