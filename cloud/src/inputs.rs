//! A look at the inputs of a job array before anything is launched for them.

use crate::error::{Error, Result};
use crate::staging::S3Url;
use aws_sdk_s3::Client;

/// Whether there is what a task would fetch from `place`: an object below it, or the object itself.
///
/// # Errors
/// If S3 refuses or does not answer, or there is no such bucket.
pub async fn any_object(client: &Client, place: &S3Url) -> Result<bool> {
    if first(client, place.bucket(), place.as_folder().key()).await?.is_some() {
        return Ok(true);
    }
    // Of the keys that begin so, the one that is no longer comes first.
    let single = !place.key().is_empty() && !place.key().ends_with('/');
    Ok(single && first(client, place.bucket(), place.key()).await?.as_deref() == Some(place.key()))
}

/// The first key that begins so.
async fn first(client: &Client, bucket: &str, prefix: &str) -> Result<Option<String>> {
    let call = client.list_objects_v2().bucket(bucket).prefix(prefix).max_keys(1);
    let answer = call.send().await.map_err(|error| Error::of("S3 ListObjectsV2", error))?;
    Ok(answer.contents.unwrap_or_default().into_iter().next().and_then(|object| object.key))
}
