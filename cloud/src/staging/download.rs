//! Brings one object to disk, in parts if it is big, and from where it broke off if it breaks off.

use super::error::StagingError;
use super::file::{PIECE, Target};
use super::list::Object;
use super::transfer::Transfer;
use super::{BIG, PART};
use crate::error::Error;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::TraceContextExt;
use spawn_telemetry::propagation;
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often an object, or a part of one, is begun.
const MOST_TRIES: u32 = 5;
/// The first wait before it is begun again; each is twice as long as the one before.
const WAIT: Duration = Duration::from_millis(200);

/// Why a part did not arrive.
enum Failed {
    /// The connection ended early; bytes up to here have arrived.
    Broken { reached: u64, reason: String },
    /// To begin again would not help.
    ForGood(StagingError),
}

impl From<StagingError> for Failed {
    fn from(error: StagingError) -> Self {
        Self::ForGood(error)
    }
}

impl Transfer {
    /// Brings the object to this path, in a span of its own, and says how long it is.
    pub(super) async fn download(self, object: Object, path: PathBuf) -> Result<u64, StagingError> {
        let (transfer, object) = (self, Arc::new(object));
        let work = async {
            let target = Target::create(path.clone()).await;
            let target = target.map_err(|error| transfer.file_error(&object.key, &path, &error))?;
            if object.size > BIG {
                transfer.in_parts(&object, &target).await?;
            } else {
                transfer.part(&object, 0..object.size, &target).await?;
            }
            Ok(object.size)
        };
        transfer.in_span(&object.key, work).await
    }

    async fn in_parts(&self, object: &Arc<Object>, target: &Target) -> Result<(), StagingError> {
        let mut parts = JoinSet::new();
        let mut from = 0;
        while from < object.size || !parts.is_empty() {
            // Not more at once than requests may be: each holds a piece in memory.
            if from < object.size && parts.len() < super::AT_ONCE {
                let (transfer, object, target) = (self.clone(), object.clone(), target.clone());
                let range = from..object.size.min(from + PART);
                from = range.end;
                let part = async move { transfer.part(&object, range, &target).await };
                parts.spawn(part.with_context(Context::current()));
            } else if let Some(ended) = parts.join_next().await {
                ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
            }
        }
        Ok(())
    }

    /// Brings these bytes, with as many tries as may be.
    async fn part(&self, object: &Object, range: Range<u64>, target: &Target) -> Result<(), StagingError> {
        let mut left = range.clone();
        for times in 1.. {
            let permit = self.permit().await;
            let failed = self.read(object, left.clone(), target).await;
            drop(permit);
            match failed {
                Ok(()) => break,
                Err(Failed::ForGood(error)) => return Err(error),
                Err(Failed::Broken { reason, .. }) if times == MOST_TRIES => {
                    return Err(StagingError::Broken { object: self.url(&object.key), times, reason });
                }
                Err(Failed::Broken { reached, reason }) => {
                    tracing::debug!(key = object.key, reached, reason, "an object breaks off and is read on");
                    // All is there and yet something is wrong with it, such as its checksum: all of it anew.
                    left.start = if reached == range.end { range.start } else { reached };
                    let most = WAIT * 2_u32.pow(times - 1);
                    tokio::time::sleep(most.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
                }
            }
        }
        Ok(())
    }

    /// Brings these bytes, with one request.
    async fn read(&self, object: &Object, range: Range<u64>, target: &Target) -> Result<(), Failed> {
        let whole = range == (0..object.size);
        let header = (!whole).then(|| format!("bytes={}-{}", range.start, range.end - 1));
        let call = self
            .s3
            .get_object()
            .bucket(&*self.bucket)
            .key(&object.key)
            .set_if_match(object.tag.clone())
            .set_range(header);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let url = self.url(&object.key);
                let status = error.raw_response().map(|response| response.status().as_u16());
                return Err(Failed::ForGood(match status {
                    // Another content, none, or a shorter one.
                    Some(404 | 412 | 416) => StagingError::Changed(url),
                    _ => StagingError::call(&url, Error::of("S3 GetObject", error)),
                }));
            }
        };
        if range.start == 0 {
            link(answer.metadata.as_ref());
        }
        self.take(object, range, answer, target).await
    }

    /// Writes the body to its place, a piece at a time.
    async fn take(
        &self,
        object: &Object,
        range: Range<u64>,
        answer: GetObjectOutput,
        target: &Target,
    ) -> Result<(), Failed> {
        let mut body = answer.body;
        let mut written = range.start;
        let mut piece = Vec::new();
        let broken = loop {
            let chunk = match body.next().await {
                None => break None,
                Some(Err(error)) => break Some(crate::error::causes(&error)),
                Some(Ok(chunk)) => chunk,
            };
            if written + (piece.len() + chunk.len()) as u64 > range.end {
                return Err(StagingError::Changed(self.url(&object.key)).into());
            }
            piece.extend_from_slice(&chunk);
            if piece.len() >= PIECE {
                let length = piece.len() as u64;
                piece = target.write(written, piece).await?;
                written += length;
            }
        };
        let length = piece.len() as u64;
        if length > 0 {
            target.write(written, piece).await?;
            written += length;
        }
        match broken {
            Some(reason) => Err(Failed::Broken { reached: written, reason }),
            None if written < range.end => {
                let reason = format!("{} of {} bytes came", written - range.start, range.end - range.start);
                Err(Failed::Broken { reached: written, reason })
            }
            None => Ok(()),
        }
    }

    /// An error of the file that an object was to become: the object is to blame if it cannot be beside the others.
    pub(super) fn file_error(&self, key: &str, path: &Path, error: &io::Error) -> StagingError {
        match error.kind() {
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory => StagingError::Name {
                object: self.url(key),
                reason: "it would be both a file and a folder, or stands twice",
            },
            _ => StagingError::file(path, error),
        }
    }
}

/// Links the object's span to the one that wrote it, if its metadata say which that was.
fn link(metadata: Option<&HashMap<String, String>>) {
    let Some(writer) = metadata.and_then(propagation::from_metadata) else { return };
    Context::current().span().add_link(writer.span().span_context().clone(), Vec::new());
}
