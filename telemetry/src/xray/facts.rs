//! What the attributes of a span say, read in one pass, under the names of today and of yesterday.

use std::borrow::Cow;

use opentelemetry::{KeyValue, Value};

use crate::attribute;

/// The attributes that X-Ray has a place for, and the rest.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    /// Whether the span says that it is a call to AWS.
    pub(super) aws_api: bool,
    pub(super) rpc_service: Option<Cow<'a, str>>,
    pub(super) aws_service: Option<Cow<'a, str>>,
    pub(super) rpc_method: Option<Cow<'a, str>>,
    pub(super) aws_operation: Option<Cow<'a, str>>,
    pub(super) aws_region: Option<Cow<'a, str>>,
    pub(super) cloud_region: Option<Cow<'a, str>>,
    pub(super) request_id: Option<Cow<'a, str>>,
    pub(super) extended_request_id: Option<Cow<'a, str>>,
    pub(super) attempts: Option<i64>,
    /// Whether the span is one attempt of a call.
    pub(super) is_attempt: bool,
    pub(super) error: Option<bool>,
    pub(super) error_type: Option<Cow<'a, str>>,
    pub(super) error_message: Option<Cow<'a, str>>,
    pub(super) throttled: bool,
    pub(super) status: Option<i64>,
    pub(super) content_length: Option<i64>,
    pub(super) method: Option<Cow<'a, str>>,
    pub(super) url: Option<Cow<'a, str>>,
    pub(super) user_agent: Option<Cow<'a, str>>,
    pub(super) client_ip: Option<Cow<'a, str>>,
    pub(super) user: Option<Cow<'a, str>>,
    pub(super) peer: Option<Cow<'a, str>>,
    /// What the call was about: the field of X-Ray's `aws` block and the value.
    pub(super) subjects: Vec<(&'static str, &'a Value)>,
    /// What is searched for: the name of the annotation and the value.
    pub(super) searched: Vec<(&'static str, &'a Value)>,
    /// Everything else.
    pub(super) rest: Vec<&'a KeyValue>,
}

impl<'a> Facts<'a> {
    /// Reads the attributes. Of two with one name, the later one holds.
    pub(super) fn read(attributes: &'a [KeyValue]) -> Self {
        let mut facts = Self::default();
        for pair in attributes {
            if !facts.note_call(pair) && !facts.note_http(pair) {
                facts.note_subject(pair);
            }
        }
        facts
    }

    fn note_call(&mut self, pair: &'a KeyValue) -> bool {
        let value = &pair.value;
        match pair.key.as_str() {
            attribute::RPC_SYSTEM | attribute::RPC_SYSTEM_NAME => {
                if value.as_str() != attribute::AWS_API {
                    return false;
                }
                self.aws_api = true;
            }
            attribute::RPC_SERVICE => self.rpc_service = Some(value.as_str()),
            attribute::RPC_METHOD => self.rpc_method = Some(value.as_str()),
            attribute::AWS_SERVICE => self.aws_service = Some(value.as_str()),
            attribute::AWS_OPERATION => self.aws_operation = Some(value.as_str()),
            attribute::AWS_REGION => self.aws_region = Some(value.as_str()),
            attribute::CLOUD_REGION => self.cloud_region = Some(value.as_str()),
            attribute::AWS_REQUEST_ID | "aws.requestId" | "aws.request.id" => self.request_id = Some(value.as_str()),
            attribute::AWS_EXTENDED_REQUEST_ID => self.extended_request_id = Some(value.as_str()),
            attribute::AWS_ATTEMPTS => self.attempts = whole(value),
            attribute::ERROR => self.error = flag(value),
            attribute::ERROR_TYPE => self.error_type = Some(value.as_str()),
            attribute::ERROR_MESSAGE => self.error_message = Some(value.as_str()),
            attribute::AWS_THROTTLED => self.throttled = flag(value) == Some(true),
            attribute::HTTP_REQUEST_RESEND_COUNT => {
                self.is_attempt = true;
                return false;
            }
            _ => return false,
        }
        true
    }

    fn note_http(&mut self, pair: &'a KeyValue) -> bool {
        let value = &pair.value;
        match pair.key.as_str() {
            attribute::HTTP_RESPONSE_STATUS_CODE | "http.status_code" => self.status = whole(value),
            "http.response.body.size" | "http.response_content_length" => self.content_length = whole(value),
            attribute::HTTP_REQUEST_METHOD | "http.method" => self.method = Some(value.as_str()),
            "url.full" | "http.url" => self.url = Some(value.as_str()),
            "user_agent.original" | "http.user_agent" => self.user_agent = Some(value.as_str()),
            "client.address" | "http.client_ip" => self.client_ip = Some(value.as_str()),
            "user.id" | "enduser.id" => self.user = Some(value.as_str()),
            "service.peer.name" | "peer.service" => self.peer = Some(value.as_str()),
            _ => return false,
        }
        true
    }

    fn note_subject(&mut self, pair: &'a KeyValue) {
        let field = match pair.key.as_str() {
            attribute::SPAWN_INSTANCE_ID => return self.searched.push(("spawn_instance_id", &pair.value)),
            attribute::SPAWN_JOB_ARRAY_ID => return self.searched.push(("spawn_job_array_id", &pair.value)),
            attribute::SPAWN_JOB_ARRAY_INDEX => return self.searched.push(("spawn_job_array_index", &pair.value)),
            attribute::SPAWN_JOB_ARRAY_NAME => return self.searched.push(("spawn_job_array_name", &pair.value)),
            attribute::TASK_ID => return self.searched.push(("task_id", &pair.value)),
            attribute::SPAWN_TASK_ATTEMPT => return self.searched.push(("spawn_task_attempt", &pair.value)),
            attribute::SPAWN_TASK_OUTCOME => return self.searched.push(("spawn_task_outcome", &pair.value)),
            attribute::SPAWN_COMMAND => return self.searched.push(("spawn_command", &pair.value)),
            "aws.dynamodb.table_names" => "table_names",
            "aws.table_name" | "aws.table.name" => "table_name",
            "aws.dynamodb.consumed_capacity" => "consumed_capacity",
            "aws.dynamodb.count" => "count",
            "aws.dynamodb.scanned_count" => "scanned_count",
            "aws.dynamodb.limit" => "limit",
            "aws.dynamodb.index_name" => "index_name",
            "aws.dynamodb.projection" => "projection",
            "aws.dynamodb.select" => "select",
            "aws.dynamodb.consistent_read" => "consistent_read",
            "aws.s3.bucket" => "bucket_name",
            "aws.s3.key" => "key",
            "aws.s3.copy_source" => "copy_source",
            "aws.s3.upload_id" => "upload_id",
            "aws.sqs.queue.url" | "aws.queue_url" | "aws.queue.url" | "messaging.url" => "queue_url",
            "aws.sns.topic.arn" => "topic_arn",
            "messaging.batch.message_count" => "message_count",
            "faas.invoked_name" => "function_name",
            "aws.lambda.invoked_arn"
            | "aws.kinesis.stream_name"
            | "aws.step_functions.state_machine.arn"
            | "aws.secretsmanager.secret.arn"
            | "aws.ec2.instance_ids" => "resource_names",
            _ => return self.rest.push(pair),
        };
        self.subjects.push((field, &pair.value));
    }

    /// Whether this is a call to AWS. The exporter of the OpenTelemetry collector asks for `rpc.system` alone; spans that
    /// carry only the current name are calls too.
    pub(super) fn is_aws_call(&self) -> bool {
        self.aws_api || self.aws_service.is_some()
    }

    /// The service as the SDK names it, for example `DynamoDB`.
    pub(super) fn service(&self) -> Option<&str> {
        let in_method =
            self.rpc_method.as_deref().and_then(|method| method.split_once('/')).map(|(service, _)| service);
        self.rpc_service.as_deref().or(in_method).or(self.aws_service.as_deref())
    }

    /// The operation, for example `GetItem`.
    pub(super) fn operation(&self) -> Option<&str> {
        let method =
            || self.rpc_method.as_deref().map(|method| method.rsplit_once('/').map_or(method, |(_, last)| last));
        self.aws_operation.as_deref().or_else(method)
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::I64(number) => Some(*number),
        other => other.as_str().parse().ok(),
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        other => other.as_str().parse().ok(),
    }
}
