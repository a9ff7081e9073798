//! The queue of an array: a message for each task that waits. What a message says is a hint; the table decides.

mod left;
mod message;

use super::id::ArrayId;
use crate::error::{Error, NO_QUEUE, Result};
use crate::spans;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageSystemAttributeName,
    QueueAttributeName,
};
use message::{delivery, entry};
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_telemetry::ExpectErrors;
use std::time::Duration;
use tokio::task::JoinSet;

/// Messages of one call (Amazon SQS Developer Guide, "Message quotas").
const BATCH: usize = 10;
/// Calls under way at once.
const AT_ONCE: usize = 16;
/// How long a message waits for an agent: as long as SQS keeps any.
const RETENTION_SECONDS: u32 = 14 * 24 * 60 * 60;
/// What is left unsent is sent again this often.
const MOST_TRIES: u32 = 8;

/// The queue of one array.
#[derive(Clone, Debug)]
pub struct TaskQueue {
    client: Client,
    url: String,
}

/// A message that was received; nobody else receives it until its time is over.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The task that it is about.
    pub index: u32,
    /// What to settle it with.
    pub receipt: String,
    /// How often it was received, this time included, as far as SQS knows.
    pub received: u32,
    /// Context of whoever sent it; without one, or with a malformed one, an empty context.
    pub context: Context,
}

impl TaskQueue {
    /// The queue at this URL. No call is made.
    #[must_use]
    pub const fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes the queue of the array's round, encrypted; one that is there already is taken.
    ///
    /// # Errors
    /// If SQS refuses or does not answer.
    pub async fn create(client: Client, id: &ArrayId, round: u32, visibility: Duration) -> Result<Self> {
        let call = client
            .create_queue()
            .queue_name(format!("spawn-{id}-{round}"))
            .attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION_SECONDS.to_string())
            .attributes(QueueAttributeName::VisibilityTimeout, visibility.as_secs().to_string())
            .attributes(QueueAttributeName::SqsManagedSseEnabled, "true");
        let answer = call.send().await.map_err(|error| Error::of("SQS CreateQueue", error))?;
        let url = answer.queue_url.ok_or_else(|| Error::Unexpected {
            call: "SQS CreateQueue",
            reason: "the answer has no queue URL".to_owned(),
        })?;
        Ok(Self::new(client, url))
    }

    /// Removes the queue; one that is gone is no error.
    ///
    /// # Errors
    /// If SQS refuses or does not answer.
    pub async fn delete(&self) -> Result<()> {
        let call = self.client.delete_queue().queue_url(&self.url).customize();
        match call.interceptor(ExpectErrors(&NO_QUEUE)).send().await {
            Ok(_) => Ok(()),
            Err(error) => unless_gone(Error::of("SQS DeleteQueue", error)),
        }
    }

    /// Dispatches these tasks. The messages carry `context`, in the W3C's form and in AWS's.
    ///
    /// # Errors
    /// If SQS refuses or does not answer; some may have been sent, which does no harm.
    pub async fn send(&self, indices: &[u32], context: &Context, sent: impl Fn(usize)) -> Result<()> {
        let mut under_way = JoinSet::new();
        let mut done = 0;
        for (number, batch) in indices.chunks(BATCH).enumerate() {
            if under_way.len() == AT_ONCE {
                done += joined(under_way.join_next().await)?;
                sent(done);
            }
            let (queue, batch, carried) = (self.clone(), batch.to_vec(), context.clone());
            let own = spans::context_for(number);
            under_way.spawn(async move { queue.send_batch(batch, &carried).await }.with_context(own));
        }
        while let Some(batch) = under_way.join_next().await {
            done += joined(Some(batch))?;
            sent(done);
        }
        Ok(())
    }

    async fn send_batch(&self, indices: Vec<u32>, context: &Context) -> Result<usize> {
        const CALL: &str = "SQS SendMessageBatch";
        let count = indices.len();
        let mut left = indices;
        for tries in 0..MOST_TRIES {
            let entries: Result<Vec<_>> = left.iter().map(|index| entry(*index, context)).collect();
            let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries?));
            let answer = call.send().await.map_err(|error| Error::of(CALL, error))?;
            if let Some(failed) = answer.failed.iter().find(|failed| failed.sender_fault) {
                let said = failed.message.as_deref().unwrap_or_default();
                return Err(Error::Unexpected { call: CALL, reason: format!("{}: {said}", failed.code) });
            }
            left = answer.failed.iter().filter_map(|failed| failed.id.parse().ok()).collect();
            if left.is_empty() {
                return Ok(count);
            }
            tokio::time::sleep(Duration::from_millis(50 * 2_u64.pow(tries)).mul_f64(fastrand::f64())).await;
        }
        Err(Error::Unexpected { call: CALL, reason: format!("{} messages stay unsent", left.len()) })
    }

    /// Takes up to `most` messages, waiting up to `wait` for the first. Nobody else sees them for `visibility`. What is
    /// no message of ours is removed with a warning.
    ///
    /// # Errors
    /// If SQS refuses or does not answer, or the queue is gone.
    pub async fn receive(&self, most: u16, wait: Duration, visibility: Duration) -> Result<Vec<Delivery>> {
        let seconds = |time: Duration| i32::try_from(time.as_secs()).unwrap_or(i32::MAX);
        let call = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::from(most.clamp(1, 10)))
            .wait_time_seconds(seconds(wait).min(20))
            .visibility_timeout(seconds(visibility))
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let answer = call.send().await.map_err(|error| Error::of("SQS ReceiveMessage", error))?;
        let mut deliveries = Vec::new();
        for message in answer.messages.unwrap_or_default() {
            match delivery(&message) {
                Some(delivery) => deliveries.push(delivery),
                None => {
                    tracing::warn!(
                        message_id = message.message_id,
                        queue = self.url,
                        "a message that names no task is removed"
                    );
                    if let Some(receipt) = &message.receipt_handle
                        && let Err(error) = self.remove(receipt).await
                    {
                        tracing::warn!(%error, "the message stays for now");
                    }
                }
            }
        }
        Ok(deliveries)
    }

    /// Removes a message: its task has ended.
    ///
    /// # Errors
    /// If SQS refuses or does not answer.
    pub async fn remove(&self, receipt: &str) -> Result<()> {
        let call = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt);
        call.send().await.map(drop).map_err(|error| Error::of("SQS DeleteMessage", error))
    }

    /// Removes several messages, ten in a call; those that are gone are none of its errors.
    ///
    /// # Errors
    /// As of [`TaskQueue::remove`].
    pub async fn remove_all(&self, receipts: &[String]) -> Result<()> {
        const CALL: &str = "SQS DeleteMessageBatch";
        for batch in receipts.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(number, receipt)| {
                DeleteMessageBatchRequestEntry::builder().id(number.to_string()).receipt_handle(receipt).build()
            });
            let entries = entries.collect::<std::result::Result<Vec<_>, _>>();
            let entries = entries.map_err(|error| Error::Unexpected { call: CALL, reason: error.to_string() })?;
            let call = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries));
            call.send().await.map_err(|error| Error::of(CALL, error))?;
        }
        Ok(())
    }

    /// Hides a message for this long, counted from now; nothing shows it to the next agent at once.
    ///
    /// # Errors
    /// If SQS refuses or does not answer.
    pub async fn hide(&self, receipt: &str, visibility: Duration) -> Result<()> {
        let seconds = hidden_for(visibility);
        let call = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let call = call.visibility_timeout(seconds);
        call.send().await.map(drop).map_err(|error| Error::of("SQS ChangeMessageVisibility", error))
    }

    /// Hides several messages for this long, in one call; those that are gone are none of its errors.
    ///
    /// # Errors
    /// If SQS refuses or does not answer.
    pub async fn hide_all(&self, receipts: &[String], visibility: Duration) -> Result<()> {
        const CALL: &str = "SQS ChangeMessageVisibilityBatch";
        let seconds = hidden_for(visibility);
        for batch in receipts.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(number, receipt)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(number.to_string());
                entry.receipt_handle(receipt).visibility_timeout(seconds).build()
            });
            let entries = entries.collect::<std::result::Result<Vec<_>, _>>();
            let entries = entries.map_err(|error| Error::Unexpected { call: CALL, reason: error.to_string() })?;
            let call = self.client.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries));
            call.send().await.map_err(|error| Error::of(CALL, error))?;
        }
        Ok(())
    }
}

/// Most seconds that SQS hides a message for: 12 hours.
const MOST_HIDDEN: i32 = 43_200;

/// Whole seconds, rather too long than too short.
fn hidden_for(visibility: Duration) -> i32 {
    i32::try_from(visibility.as_millis().div_ceil(1_000)).unwrap_or(i32::MAX).min(MOST_HIDDEN)
}

fn unless_gone(error: Error) -> Result<()> {
    if error.is_queue_gone() { Ok(()) } else { Err(error) }
}

fn joined(batch: Option<std::result::Result<Result<usize>, tokio::task::JoinError>>) -> Result<usize> {
    match batch {
        None => Ok(0),
        Some(Ok(sent)) => sent,
        Some(Err(panic)) => Err(Error::Unexpected { call: "SQS SendMessageBatch", reason: panic.to_string() }),
    }
}
