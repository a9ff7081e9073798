//! The guide's operations, each as one call of a client.

use spawn_cloud::Clients;
use std::pin::Pin;

/// The answer of a call: whether it succeeded, and its error in words.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// An operation of the guide's list.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    /// Service id, as the SDK writes it.
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    /// An attribute that tells what the call was about, and its value as text.
    pub(crate) about: (&'static str, &'static str),
    pub(crate) call: fn(Clients) -> Answer,
}

macro_rules! operation {
    ($service:literal $name:literal, $about:literal = $value:literal, |$clients:ident| $call:expr) => {
        Operation {
            service: $service,
            name: $name,
            about: ($about, $value),
            call: |$clients| {
                Box::pin(async move { $call.send().await.map(drop).map_err(|error| format!("{error:?}")) })
            },
        }
    };
}

/// The instance that the emulator has; see [`crate::world`].
pub(crate) const TABLE: &str = "calls";
pub(crate) const BUCKET: &str = "calls-bucket";
pub(crate) const QUEUE: &str = "calls-queue";
pub(crate) const FUNCTION: &str = "calls-function";

/// All of them.
pub(crate) const OPERATIONS: [Operation; 14] = [
    operation!("EC2" "DescribeInstances", "aws.ec2.result_count" = "0", |clients| clients
        .ec2()
        .describe_instances()
        .filters(aws_sdk_ec2::types::Filter::builder().name("tag:nobody").values("has").build())),
    operation!("EC2" "RunInstances", "aws.ec2.instance_type" = "t3.micro", |clients| clients
        .ec2()
        .run_instances()
        .image_id("ami-12c6146b")
        .instance_type(aws_sdk_ec2::types::InstanceType::T3Micro)
        .min_count(1)
        .max_count(1)),
    operation!("EC2" "TerminateInstances", "aws.ec2.instance_ids" = "[\"i-INSTANCE\"]", |clients| clients
        .ec2()
        .terminate_instances()
        .instance_ids(crate::world::instance().await)),
    operation!("DynamoDB" "GetItem", "aws.dynamodb.table_names" = "[\"calls\"]", |clients| clients
        .dynamodb()
        .get_item()
        .table_name(TABLE)
        .key("PK", aws_sdk_dynamodb::types::AttributeValue::S("a".to_owned()))),
    operation!("DynamoDB" "PutItem", "aws.dynamodb.table_names" = "[\"calls\"]", |clients| clients
        .dynamodb()
        .put_item()
        .table_name(TABLE)
        .item("PK", aws_sdk_dynamodb::types::AttributeValue::S("a".to_owned()))),
    operation!("DynamoDB" "Query", "aws.dynamodb.table_names" = "[\"calls\"]", |clients| clients
        .dynamodb()
        .query()
        .table_name(TABLE)
        .key_condition_expression("PK = :pk")
        .expression_attribute_values(":pk", aws_sdk_dynamodb::types::AttributeValue::S("a".to_owned()))),
    operation!("DynamoDB" "UpdateItem", "aws.dynamodb.table_names" = "[\"calls\"]", |clients| clients
        .dynamodb()
        .update_item()
        .table_name(TABLE)
        .key("PK", aws_sdk_dynamodb::types::AttributeValue::S("a".to_owned()))
        .update_expression("SET seen = :seen")
        .expression_attribute_values(":seen", aws_sdk_dynamodb::types::AttributeValue::Bool(true))),
    operation!("S3" "GetObject", "aws.s3.bucket" = "calls-bucket", |clients| clients.s3().get_object().bucket(BUCKET).key("there")),
    operation!("S3" "PutObject", "aws.s3.key" = "new", |clients| clients
        .s3()
        .put_object()
        .bucket(BUCKET)
        .key("new")
        .body(aws_sdk_s3::primitives::ByteStream::from_static(b"text"))),
    operation!("S3" "ListObjects", "aws.s3.bucket" = "calls-bucket", |clients| clients.s3().list_objects().bucket(BUCKET)),
    operation!("SQS" "SendMessage", "messaging.destination.name" = "calls-queue", |clients| clients
        .sqs()
        .send_message()
        .queue_url(crate::world::queue_url().await)
        .message_body("hello")),
    operation!("SQS" "ReceiveMessage", "messaging.destination.name" = "calls-queue", |clients| clients
        .sqs()
        .receive_message()
        .queue_url(crate::world::queue_url().await)),
    operation!("SQS" "DeleteMessage", "messaging.destination.name" = "calls-queue", |clients| clients
        .sqs()
        .delete_message()
        .queue_url(crate::world::queue_url().await)
        .receipt_handle(crate::world::receipt().await)),
    operation!("Lambda" "Invoke", "faas.invoked_name" = "calls-function", |clients| clients
        .lambda()
        .invoke()
        .function_name(FUNCTION)
        .payload(aws_sdk_lambda::primitives::Blob::new(b"{}".to_vec()))),
];
