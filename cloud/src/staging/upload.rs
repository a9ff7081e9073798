//! Brings one file to S3, in parts if it is big. Its metadata say in which span it was written.

use super::error::StagingError;
use super::transfer::{Transfer, patient};
use super::walk::Found;
use super::{AT_ONCE, BIG, MIB, PART};
use crate::error::Error;
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_telemetry::propagation;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Parts that an object may have (Amazon S3 User Guide, "Amazon S3 multipart upload limits").
const MOST_PARTS: u64 = 10_000;
/// Bytes that are read at once.
const READ: usize = 64 * 1_024;

/// An upload in parts, under way.
#[derive(Debug)]
struct Upload {
    key: String,
    id: String,
    found: Found,
}

impl Transfer {
    /// Brings the file to this key, in a span of its own, and says how long it is.
    pub(super) async fn upload(self, found: Found, key: String) -> Result<u64, StagingError> {
        let size = found.size;
        let work = async {
            if size > BIG {
                self.upload_in_parts(found, key.clone()).await
            } else {
                self.upload_whole(&found, &key).await
            }
        };
        self.in_span(&key, work).await.map(|()| size)
    }

    async fn upload_whole(&self, found: &Found, key: &str) -> Result<(), StagingError> {
        let _permit = self.permit().await;
        let body = body(&found.path, 0..found.size).await?;
        let call = self.s3.put_object().bucket(&*self.bucket).key(key).set_metadata(Some(carried())).body(body);
        let sent = call.customize().config_override(patient()).send().await;
        sent.map(drop).map_err(|error| StagingError::call(&self.url(key), Error::of("S3 PutObject", error)))
    }

    async fn upload_in_parts(&self, found: Found, key: String) -> Result<(), StagingError> {
        const CALL: &str = "S3 CreateMultipartUpload";
        let failed = |error| StagingError::call(&self.url(&key), error);
        let call = self.s3.create_multipart_upload().bucket(&*self.bucket).key(&key).set_metadata(Some(carried()));
        let answer = call.send().await.map_err(|error| failed(Error::of(CALL, error)))?;
        let no_id = || failed(Error::Unexpected { call: CALL, reason: "the answer has no upload id".to_owned() });
        let id = answer.upload_id.ok_or_else(no_id)?;
        let upload = Arc::new(Upload { key, id, found });
        let done = match self.parts(&upload).await {
            Ok(parts) => self.complete(&upload, parts).await,
            Err(error) => Err(error),
        };
        if done.is_err() {
            self.abort(&upload).await;
        }
        done
    }

    async fn parts(&self, upload: &Arc<Upload>) -> Result<Vec<CompletedPart>, StagingError> {
        let size = upload.found.size;
        let length = part_length(size);
        let mut under_way = JoinSet::new();
        let mut parts = Vec::new();
        let mut from = 0;
        let mut number = 0;
        while from < size || !under_way.is_empty() {
            if from < size && under_way.len() < AT_ONCE {
                number += 1;
                let (transfer, upload, range) = (self.clone(), upload.clone(), from..size.min(from + length));
                from = range.end;
                let part = async move { transfer.part_of(&upload, number, range).await };
                under_way.spawn(part.with_context(Context::current()));
            } else if let Some(ended) = under_way.join_next().await {
                parts.push(ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?);
            }
        }
        parts.sort_by_key(|part| part.part_number);
        Ok(parts)
    }

    async fn part_of(&self, upload: &Upload, number: i32, range: Range<u64>) -> Result<CompletedPart, StagingError> {
        let _permit = self.permit().await;
        let body = body(&upload.found.path, range).await?;
        let call = self
            .s3
            .upload_part()
            .bucket(&*self.bucket)
            .key(&upload.key)
            .upload_id(&upload.id)
            .part_number(number)
            .body(body);
        let sent = call.customize().config_override(patient()).send().await;
        let answer =
            sent.map_err(|error| StagingError::call(&self.url(&upload.key), Error::of("S3 UploadPart", error)))?;
        // Whichever checksum the SDK chose: S3 wants to see it again.
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag)
            .set_checksum_crc32(answer.checksum_crc32)
            .set_checksum_crc32_c(answer.checksum_crc32_c)
            .set_checksum_crc64_nvme(answer.checksum_crc64_nvme)
            .set_checksum_sha1(answer.checksum_sha1)
            .set_checksum_sha256(answer.checksum_sha256)
            .build())
    }

    async fn complete(&self, upload: &Upload, parts: Vec<CompletedPart>) -> Result<(), StagingError> {
        let call = self
            .s3
            .complete_multipart_upload()
            .bucket(&*self.bucket)
            .key(&upload.key)
            .upload_id(&upload.id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build());
        let sent = call.customize().config_override(patient()).send().await;
        sent.map(drop)
            .map_err(|error| StagingError::call(&self.url(&upload.key), Error::of("S3 CompleteMultipartUpload", error)))
    }

    /// What was sent of it would cost money for ever.
    async fn abort(&self, upload: &Upload) {
        let call = self.s3.abort_multipart_upload().bucket(&*self.bucket).key(&upload.key).upload_id(&upload.id);
        if let Err(error) = call.send().await {
            let error = Error::of("S3 AbortMultipartUpload", error);
            tracing::warn!(key = upload.key, %error, "parts of an upload that failed are still there");
        }
    }
}

/// A piece of a file, read as it is sent.
pub(super) async fn body(path: &Path, range: Range<u64>) -> Result<ByteStream, StagingError> {
    let body = ByteStream::read_from()
        .path(path)
        .buffer_size(READ)
        .offset(range.start)
        .length(Length::Exact(range.end - range.start))
        .build();
    body.await.map_err(|error| StagingError::File { path: path.to_owned(), reason: crate::error::causes(&error) })
}

/// The current context, as an object's metadata carry it.
pub(super) fn carried() -> HashMap<String, String> {
    let carried = propagation::to_metadata(&Context::current()).into_iter();
    carried.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Whole mebibytes, as few as keep the number of parts in bounds.
fn part_length(size: u64) -> u64 {
    PART.max(size.div_ceil(MOST_PARTS).next_multiple_of(MIB))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_never_too_many() {
        for (size, length) in [(BIG + 1, PART), (PART * MOST_PARTS, PART), (PART * MOST_PARTS + 1, 9 * MIB)] {
            assert_eq!(part_length(size), length, "{size}");
        }
        // The largest object that there may be.
        let largest = 5 * 1_024 * 1_024 * MIB;
        assert!(largest.div_ceil(part_length(largest)) <= MOST_PARTS);
    }
}
