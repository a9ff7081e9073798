//! How many messages a queue still has.

use super::TaskQueue;
use crate::error::{Error, Result};
use aws_sdk_sqs::types::QueueAttributeName;

/// Those that can be received, those that somebody has received and not removed, and those that are not to be had yet.
const COUNTS: [QueueAttributeName; 3] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    QueueAttributeName::ApproximateNumberOfMessagesDelayed,
];

impl TaskQueue {
    /// How many messages the queue has, those included that somebody has received. SQS counts approximately: what was removed
    /// a moment ago may still be counted.
    ///
    /// # Errors
    /// If SQS refuses or does not answer, or the queue is gone.
    pub async fn left(&self) -> Result<u64> {
        let call = self.client.get_queue_attributes().queue_url(&self.url);
        let call = call.set_attribute_names(Some(COUNTS.to_vec()));
        let answer = call.send().await.map_err(|error| Error::of("SQS GetQueueAttributes", error))?;
        let counts = answer.attributes.unwrap_or_default();
        Ok(COUNTS.iter().filter_map(|name| counts.get(name)?.parse::<u64>().ok()).sum())
    }
}
