//! The objects below a prefix, a page at a time.

use super::error::StagingError;
use super::url::S3Url;
use crate::error::Error;
use aws_sdk_s3::Client;

/// One object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) size: u64,
    /// Tells this content of it from any other.
    pub(super) tag: Option<String>,
}

/// A list that is read on as it is asked for.
#[derive(Debug)]
pub(super) struct Pages {
    s3: Client,
    from: S3Url,
    /// Only keys behind this one, in S3's order.
    after: Option<String>,
    token: Option<String>,
    done: bool,
}

impl Pages {
    /// All objects whose keys begin with the URL's.
    pub(super) fn of(s3: &Client, from: &S3Url) -> Self {
        Self { s3: s3.clone(), from: from.clone(), after: None, token: None, done: false }
    }

    pub(super) fn after(self, key: String) -> Self {
        Self { after: Some(key), ..self }
    }

    /// Up to 1,000 more; none when all have been read.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Object>>, StagingError> {
        if self.done {
            return Ok(None);
        }
        let call = self
            .s3
            .list_objects_v2()
            .bucket(self.from.bucket())
            .prefix(self.from.key())
            .set_start_after(self.after.clone())
            .set_continuation_token(self.token.take());
        let answer =
            call.send().await.map_err(|error| StagingError::call(&self.from, Error::of("S3 ListObjectsV2", error)))?;
        self.token = answer.next_continuation_token;
        self.done = answer.is_truncated != Some(true) || self.token.is_none();
        Ok(Some(answer.contents.unwrap_or_default().into_iter().filter_map(object).collect()))
    }
}

/// The object whose key is the URL's, if there is one: S3 lists in the order of keys, so it would be the first of all that
/// begin so. Asked in this way because a HEAD tells nothing of why it fails.
pub(super) async fn single(s3: &Client, url: &S3Url) -> Result<Option<Object>, StagingError> {
    let call = s3.list_objects_v2().bucket(url.bucket()).prefix(url.key()).max_keys(1);
    let answer = call.send().await.map_err(|error| StagingError::call(url, Error::of("S3 ListObjectsV2", error)))?;
    Ok(answer.contents.unwrap_or_default().into_iter().filter_map(object).find(|object| object.key == url.key()))
}

fn object(object: aws_sdk_s3::types::Object) -> Option<Object> {
    let size = u64::try_from(object.size.unwrap_or_default()).unwrap_or_default();
    Some(Object { key: object.key?, size, tag: object.e_tag })
}
