//! Reads back what [`super::LogShipper`] has sent.

use super::error::StagingError;
use super::list::Pages;
use super::logs;
use super::url::S3Url;
use crate::error::Error;
use aws_sdk_s3::Client;

/// The chunks of one stream of one attempt.
#[derive(Clone, Debug)]
pub struct LogReader {
    s3: Client,
    at: S3Url,
}

/// One chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// From 1, without gaps.
    pub number: u32,
    /// Its bytes.
    pub size: u64,
}

impl LogReader {
    /// The chunks at this place ([`super::TaskPlace::logs`]). No call is made.
    #[must_use]
    pub fn new(s3: &Client, at: &S3Url) -> Self {
        Self { s3: s3.clone(), at: at.as_folder() }
    }

    /// The chunks behind number `after`, in their order; all for 0. What was not written by us is left out.
    ///
    /// # Errors
    /// If S3 refuses or does not answer.
    pub async fn chunks(&self, after: u32) -> Result<Vec<Chunk>, StagingError> {
        let mut pages = Pages::of(&self.s3, &self.at);
        if after > 0 {
            pages = pages.after(self.key(after));
        }
        let mut chunks = Vec::new();
        while let Some(page) = pages.next().await? {
            chunks.extend(page.into_iter().filter_map(|object| {
                let number = object.key.strip_prefix(self.at.key())?.parse().ok()?;
                Some(Chunk { number, size: object.size })
            }));
        }
        chunks.sort_by_key(|chunk| chunk.number);
        Ok(chunks)
    }

    /// The bytes of a chunk. A line may begin in one and end in the next.
    ///
    /// # Errors
    /// If S3 refuses or does not answer, or the chunk is larger than any of ours.
    pub async fn read(&self, number: u32) -> Result<Vec<u8>, StagingError> {
        const CALL: &str = "S3 GetObject";
        let object = S3Url::of(self.at.bucket(), &self.key(number));
        let call = self.s3.get_object().bucket(object.bucket()).key(object.key());
        let answer = call.send().await.map_err(|error| StagingError::call(&object, Error::of(CALL, error)))?;
        let mut body = answer.body;
        let mut bytes = Vec::new();
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| {
                let reason = crate::error::causes(&error);
                StagingError::call(&object, Error::Unanswered { call: CALL, reason })
            })?;
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > logs::MOST {
                let reason = format!("it has more than {} bytes, as no chunk of spored's has", logs::MOST);
                return Err(StagingError::call(&object, Error::Unexpected { call: CALL, reason }));
            }
        }
        Ok(bytes)
    }

    fn key(&self, number: u32) -> String {
        format!("{}{number:06}", self.at.key())
    }
}
