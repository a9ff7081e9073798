//! A look at the inputs of a job array before anything is launched for them.

use crate::error::{Error, Result};
use aws_sdk_s3::Client;

/// Whether there is an object below `place`, `s3://BUCKET/PREFIX`. One page is asked for, and of it one object.
///
/// # Errors
/// If S3 refuses or does not answer, or there is no such bucket.
pub async fn any_object(client: &Client, place: &str) -> Result<bool> {
    let rest = place.strip_prefix("s3://").unwrap_or(place);
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let call = client.list_objects_v2().bucket(bucket).prefix(prefix).max_keys(1);
    let answer = call.send().await.map_err(|error| Error::of("S3 ListObjectsV2", error))?;
    Ok(!answer.contents.unwrap_or_default().is_empty())
}
