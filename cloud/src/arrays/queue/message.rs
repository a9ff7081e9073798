//! A message as it leaves, and what is made of one that comes: it names a task, and carries its sender's context.

use super::Delivery;
use crate::arrays::MOST_TASKS;
use crate::error::{Error, Result};
use aws_sdk_sqs::types::{
    Message, MessageAttributeValue, MessageSystemAttributeName, MessageSystemAttributeNameForSends,
    MessageSystemAttributeValue, SendMessageBatchRequestEntry,
};
use opentelemetry::Context;
use spawn_telemetry::propagation;
use std::collections::HashMap;

/// The message of one task. Its body names the task alone: the queue is one array's.
pub(super) fn entry(index: u32, context: &Context) -> Result<SendMessageBatchRequestEntry> {
    let incomplete = |error: aws_sdk_sqs::error::BuildError| Error::Unexpected {
        call: "SQS SendMessageBatch",
        reason: error.to_string(),
    };
    let text = |value: String| MessageAttributeValue::builder().data_type("String").string_value(value).build();
    let mut attributes = HashMap::new();
    for (name, value) in
        [("traceparent", propagation::traceparent(context)), ("tracestate", propagation::tracestate(context))]
    {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), text(value).map_err(incomplete)?);
        }
    }
    let header = propagation::xray_header(context).map(|header| {
        MessageSystemAttributeValue::builder().data_type("String").string_value(header).build().map_err(incomplete)
    });
    let mut entry = SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(format!("{{\"index\":{index}}}"))
        .set_message_attributes(Some(attributes));
    if let Some(header) = header {
        entry = entry.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, header?);
    }
    entry.build().map_err(incomplete)
}

pub(super) fn delivery(message: &Message) -> Option<Delivery> {
    #[derive(serde::Deserialize)]
    struct Body {
        index: u32,
    }
    let Body { index } = serde_json::from_str(message.body.as_deref()?).ok()?;
    let system = |name| message.attributes.as_ref().and_then(|attributes| attributes.get(&name)).map(String::as_str);
    let received = system(MessageSystemAttributeName::ApproximateReceiveCount).and_then(|count| count.parse().ok());
    Some(Delivery {
        index: Some(index).filter(|index| *index < MOST_TASKS)?,
        receipt: message.receipt_handle.clone()?,
        received: received.unwrap_or(1),
        context: carried(message, system(MessageSystemAttributeName::AwsTraceHeader)),
    })
}

/// The sender's context; an empty one without it.
fn carried(message: &Message, header: Option<&str>) -> Context {
    let attribute = |name: &str| {
        let value = message.message_attributes.as_ref().and_then(|attributes| attributes.get(name));
        value.and_then(|value| value.string_value.as_deref())
    };
    // Nobody puts our messages into an envelope, and their body is no place for a context.
    propagation::from_message(attribute, header, "").unwrap_or_default()
}
