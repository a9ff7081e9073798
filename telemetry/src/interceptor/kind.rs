//! What all calls of one operation in one region have in common, put together once.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use opentelemetry::trace::SpanKind;
use opentelemetry::{KeyValue, StringValue, Value};
use opentelemetry_semantic_conventions::attribute as semconv;

use super::answered::{self, Answered};
use super::capture::{self, Member};
use super::sent::{self, Sent};
use super::server::Server;
use crate::attribute;
use crate::describe::{Attributes, CallName};

/// Kinds that are remembered. All of AWS has some ten thousand operations, a program calls a few dozen.
const MOST_REMEMBERED: usize = 1024;

/// Method, server, request id, status, attempts and `error`: what nearly every span gets beside those of its kind.
const ATTRIBUTES_OF_AN_ANSWER: usize = 7;

/// One operation of one service in one region.
#[derive(Debug)]
pub(super) struct CallKind {
    service: Arc<str>,
    operation: Arc<str>,
    region: Arc<str>,
    /// `DynamoDB.GetItem`.
    pub(super) span_name: String,
    pub(super) span_kind: SpanKind,
    /// What every span of this kind begins with. Cloning them copies no text.
    attributes: Vec<KeyValue>,
    /// The part of `attributes` that the attempts carry too. Those of a remote call are not among it, so that no
    /// service map counts an attempt as a call.
    pub(super) attempt_attributes: Vec<KeyValue>,
    /// Members of the input that describe the call.
    pub(super) members: Vec<&'static Member>,
    /// What its requests are looked through for.
    pub(super) sent: Option<Sent>,
    /// What its answers are looked through for.
    pub(super) answered: &'static [Answered],
    /// The most attributes that a span of this kind had, so that the next one's need not grow.
    most_attributes: AtomicUsize,
    /// The server of the first call; only buckets have one each.
    server: OnceLock<Server>,
    /// Whether the caller sends a body whose size says what the call takes.
    pub(super) uploads: bool,
    /// Whether callers get the body of an answer unread: [`UNKNOWN`] before the first answer.
    streams: AtomicU8,
}

const UNKNOWN: u8 = 0;
const STREAMS: u8 = 1;
const IS_READ: u8 = 2;

/// The kinds of calls that were made so far.
#[derive(Debug, Default)]
pub(super) struct CallKinds(RwLock<Vec<Arc<CallKind>>>);

impl CallKinds {
    pub(super) fn of(&self, service: &str, operation: &str, region: &str, identity: &[KeyValue]) -> Arc<CallKind> {
        let known = {
            let kinds = self.0.read().unwrap_or_else(PoisonError::into_inner);
            kinds.iter().find(|kind| kind.is(service, operation, region)).cloned()
        };
        known.unwrap_or_else(|| {
            let kind = Arc::new(CallKind::new(service, operation, region, identity));
            let mut kinds = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if kinds.len() < MOST_REMEMBERED {
                kinds.push(kind.clone());
            }
            kind
        })
    }
}

impl CallKind {
    fn new(service: &str, operation: &str, region: &str, identity: &[KeyValue]) -> Self {
        let [service, operation, region] = [service, operation, region].map(Arc::<str>::from);
        let text = |text: &Arc<str>| Value::String(StringValue::from(text.clone()));
        let lower_case = service.to_lowercase().replace(' ', "");
        let mut attempt_attributes = vec![
            KeyValue::new(attribute::AWS_SERVICE, Arc::<str>::from(lower_case)),
            KeyValue::new(attribute::AWS_OPERATION, text(&operation)),
        ];
        if !region.is_empty() {
            attempt_attributes.push(KeyValue::new(attribute::AWS_REGION, text(&region)));
            attempt_attributes.push(KeyValue::new(attribute::CLOUD_REGION, text(&region)));
        }
        attempt_attributes.extend_from_slice(identity);
        let mut attributes = attempt_attributes.clone();
        attributes.extend([
            KeyValue::new(attribute::RPC_SYSTEM, attribute::AWS_API),
            KeyValue::new(attribute::RPC_SYSTEM_NAME, attribute::AWS_API),
            KeyValue::new(attribute::RPC_SERVICE, text(&service)),
            KeyValue::new(attribute::RPC_METHOD, text(&operation)),
        ]);
        attributes.extend(conventional(&service, &operation));
        Self {
            span_name: format!("{service}.{operation}"),
            span_kind: span_kind(&service, &operation),
            members: capture::members(&service, &operation),
            sent: sent::of(&service, &operation),
            answered: answered::of(&service, &operation),
            server: OnceLock::new(),
            uploads: uploads(&service, &operation),
            streams: AtomicU8::new(UNKNOWN),
            most_attributes: AtomicUsize::new(attributes.len() + ATTRIBUTES_OF_AN_ANSWER),
            attributes,
            attempt_attributes,
            service,
            operation,
            region,
        }
    }

    pub(super) fn name(&self) -> CallName<'_> {
        CallName { service: &self.service, operation: &self.operation }
    }

    /// What a span of this kind begins with, with room for the rest.
    pub(super) fn begin_attributes(&self) -> Attributes {
        let mut attributes = Attributes::with_capacity(self.most_attributes.load(Ordering::Relaxed));
        attributes.extend(&self.attributes);
        attributes
    }

    /// What a call is described with of which few become spans: [`CallKind::whole`] puts the rest before it.
    pub(super) fn own_attributes(&self) -> Attributes {
        Attributes::with_capacity(self.most_attributes.load(Ordering::Relaxed) - self.attributes.len())
    }

    /// What a span of this kind begins with, and these.
    pub(super) fn whole(&self, own: Attributes) -> Attributes {
        let mut attributes = self.begin_attributes();
        attributes.set_all(own);
        attributes
    }

    /// Learns how many attributes a span of this kind had.
    pub(super) fn had_attributes(&self, count: usize) {
        if count > self.most_attributes.load(Ordering::Relaxed) {
            self.most_attributes.store(count, Ordering::Relaxed);
        }
    }

    /// Whether a caller may get the body of an answer unread.
    pub(super) fn may_stream(&self) -> bool {
        self.streams.load(Ordering::Relaxed) != IS_READ
    }

    /// Learns from an answer whether callers get its body unread; one that was ever a stream may be one again.
    pub(super) fn streams(&self, does: bool) {
        if does {
            self.streams.store(STREAMS, Ordering::Relaxed);
        } else if self.streams.load(Ordering::Relaxed) == UNKNOWN {
            self.streams.store(IS_READ, Ordering::Relaxed);
        }
    }

    pub(super) fn region(&self) -> &Arc<str> {
        &self.region
    }

    /// The server that a URL names.
    pub(super) fn server(&self, url: &str) -> Option<Cow<'_, Server>> {
        match self.server.get() {
            Some(server) if server.serves(url) => Some(Cow::Borrowed(server)),
            _ => {
                let server = Server::of(url)?;
                // The first one is remembered.
                self.server.get_or_init(|| server.clone());
                Some(Cow::Owned(server))
            }
        }
    }

    fn is(&self, service: &str, operation: &str, region: &str) -> bool {
        *self.operation == *operation && *self.service == *service && *self.region == *region
    }
}

/// Whoever sends a message produces it; all else asks and is answered.
fn span_kind(service: &str, operation: &str) -> SpanKind {
    match (service, operation) {
        ("SQS", "SendMessage" | "SendMessageBatch") | ("SNS", "Publish" | "PublishBatch") => SpanKind::Producer,
        _ => SpanKind::Client,
    }
}

/// Calls whose request is an object or a part of one.
fn uploads(service: &str, operation: &str) -> bool {
    matches!(
        (service, operation),
        ("S3", "PutObject" | "UploadPart" | "WriteGetObjectResponse")
            | ("Glacier", "UploadArchive" | "UploadMultipartPart")
            | ("EBS", "PutSnapshotBlock")
            | ("MediaStore Data", "PutObject")
            | ("codeartifact", "PublishPackageVersion")
            | ("Omics", "UploadReadSetPart")
    )
}

/// What the conventions of databases, messaging and functions say of every call of a service.
fn conventional(service: &str, operation: &Arc<str>) -> Vec<KeyValue> {
    let messaging = |system: &'static str| {
        let kind = match &**operation {
            "SendMessage" | "SendMessageBatch" | "Publish" | "PublishBatch" | "PutEvents" => Some("send"),
            "ReceiveMessage" => Some("receive"),
            "DeleteMessage" | "DeleteMessageBatch" | "ChangeMessageVisibility" | "ChangeMessageVisibilityBatch" => {
                Some("settle")
            }
            _ => None,
        };
        let mut attributes = vec![
            KeyValue::new(semconv::MESSAGING_SYSTEM, system),
            KeyValue::new(semconv::MESSAGING_OPERATION_NAME, operation.clone()),
        ];
        attributes.extend(kind.map(|kind| KeyValue::new(semconv::MESSAGING_OPERATION_TYPE, kind)));
        attributes
    };
    match service {
        "DynamoDB" => vec![
            KeyValue::new(semconv::DB_SYSTEM_NAME, "aws.dynamodb"),
            KeyValue::new(semconv::DB_OPERATION_NAME, operation.clone()),
        ],
        "SQS" => messaging("aws_sqs"),
        "SNS" => messaging("aws.sns"),
        // The conventions have no name for EventBridge; only this operation is about messages.
        "EventBridge" | "CloudWatch Events" if &**operation == "PutEvents" => messaging("aws.eventbridge"),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_put_together_once() {
        let kinds = CallKinds::default();
        let first =
            kinds.of("Secrets Manager", "GetSecretValue", "eu-west-1", &[KeyValue::new("spawn.provider", "ec2")]);
        let again = kinds.of("Secrets Manager", "GetSecretValue", "eu-west-1", &[]);
        assert!(Arc::ptr_eq(&first, &again));
        assert!(!Arc::ptr_eq(&first, &kinds.of("Secrets Manager", "GetSecretValue", "eu-west-2", &[])));
        assert_eq!(first.span_name, "Secrets Manager.GetSecretValue");
        assert_eq!(
            first.attributes,
            [
                KeyValue::new("aws.service", "secretsmanager"),
                KeyValue::new("aws.operation", "GetSecretValue"),
                KeyValue::new("aws.region", "eu-west-1"),
                KeyValue::new("cloud.region", "eu-west-1"),
                KeyValue::new("spawn.provider", "ec2"),
                KeyValue::new("rpc.system", "aws-api"),
                KeyValue::new("rpc.system.name", "aws-api"),
                KeyValue::new("rpc.service", "Secrets Manager"),
                KeyValue::new("rpc.method", "GetSecretValue"),
            ]
        );
        assert_eq!(first.attempt_attributes, first.attributes[..5]);
    }

    #[test]
    fn senders_of_messages_are_producers() {
        let kind = |service, operation| span_kind(service, operation);
        assert_eq!(kind("SQS", "SendMessage"), SpanKind::Producer);
        assert_eq!(kind("SNS", "Publish"), SpanKind::Producer);
        assert_eq!(kind("SQS", "ReceiveMessage"), SpanKind::Client);
        assert_eq!(kind("DynamoDB", "GetItem"), SpanKind::Client);
    }
}
