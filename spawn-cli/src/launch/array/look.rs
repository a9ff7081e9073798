//! A look at the inputs, once, before money is spent on instances that would find none.

use super::plan::NewArray;
use crate::exit::UsageError;
use crate::progress::Progress;
use crate::session::Session;
use anyhow::{Context, Result};
use spawn_cloud::staging::{BadS3Url, S3Url};

/// Refuses an array whose inputs are not there. What differs from task to task, each task looks for itself.
pub(in super::super) async fn look(session: &Session, array: &NewArray, progress: &Progress) -> Result<()> {
    let Some(input) = array.input.as_deref().filter(|_| !array.has_input_per_task()) else { return Ok(()) };
    progress.step(&format!("looking for inputs in {input}"));
    let place: S3Url = input.parse().map_err(|error: BadS3Url| UsageError::Other(format!("--input {error}")))?;
    let found = spawn_cloud::any_object(session.clients.s3(), &place).await;
    match found.with_context(|| format!("failed to look at --input {input}"))? {
        true => Ok(()),
        false => {
            let hint = format!("there is no object in {input}, nor is it one itself: see `aws s3 ls {input}`");
            Err(UsageError::Other(hint).into())
        }
    }
}
