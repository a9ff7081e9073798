//! Brings the files of a folder to S3.

use super::error::StagingError;
use super::transfer::{Crowd, Transfer};
use super::url::S3Url;
use super::walk::Walk;
use aws_sdk_s3::Client;
use spawn_telemetry::Telemetry;
use std::path::Path;

/// What was brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Objects.
    pub objects: u64,
    /// Bytes in them.
    pub bytes: u64,
}

/// Brings every regular file below `folder` to `to`: `x/y` becomes `s3://b/out/x/y`, over whatever is there. Links that
/// lead out of the folder, and what is no regular file, are left out with a warning. An empty folder is fine, and so is
/// one that is not there.
///
/// # Errors
/// If a file cannot be read, or S3 refuses or does not answer. What has been brought by then stays.
pub async fn deliver(s3: &Client, telemetry: &Telemetry, folder: &Path, to: &S3Url) -> Result<Delivered, StagingError> {
    let transfer = Transfer::new(s3, telemetry, to.bucket());
    let mut crowd = Crowd::new();
    let mut delivered = Delivered::default();
    for found in Walk::of(folder)? {
        let found = found?;
        let (transfer, key) = (transfer.clone(), to.join(&found.name).key().to_owned());
        crowd.add(async move { transfer.upload(found, key).await }, |bytes| delivered.add(bytes)).await?;
    }
    crowd.finish(|bytes| delivered.add(bytes)).await?;
    Ok(delivered)
}

impl Delivered {
    fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes += bytes;
    }
}
