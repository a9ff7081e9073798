//! What the calls of each service were about: attributes from the SDK's typed inputs and outputs.
//!
//! The telemetry crate sees for itself what the SDK captures, what headers say and what a few small bodies say; most
//! lists, numbers and answers need the types, and these are known here. Payloads are never read.

mod dynamodb;
mod ec2;
mod s3;
mod sqs;

use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use aws_smithy_types::byte_stream::ByteStream;
use opentelemetry::{Array, StringValue, Value};
use spawn_telemetry::{Attributes, CallName, DescribeCall};

/// Describes the calls of the services in [`crate::Clients`].
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsCalls;

impl DescribeCall for AwsCalls {
    fn input(&self, call: &CallName<'_>, input: &Input, into: &mut Attributes) {
        match call.service {
            "EC2" => ec2::input(call.operation, input, into),
            "DynamoDB" => dynamodb::input(call.operation, input, into),
            "S3" => s3::input(call.operation, input, into),
            "SQS" => sqs::input(call.operation, input, into),
            _ => {}
        }
    }

    fn output(&self, call: &CallName<'_>, output: &Output, into: &mut Attributes) {
        match call.service {
            "EC2" => ec2::output(call.operation, output, into),
            "DynamoDB" => dynamodb::output(call.operation, output, into),
            "S3" => s3::output(call.operation, output, into),
            "SQS" => sqs::output(call.operation, output, into),
            _ => {}
        }
    }

    fn body<'a>(&self, call: &CallName<'_>, output: &'a mut Output) -> Option<&'a mut ByteStream> {
        if call.service == "S3" { s3::body(call.operation, output) } else { None }
    }

    fn is_empty_poll(&self, call: &CallName<'_>, output: &Output) -> bool {
        call.service == "SQS" && sqs::is_empty_poll(output)
    }
}

/// The input or output as the type of its operation; nothing is told of what is another.
macro_rules! as_type {
    ($erased:ident: $type:ty) => {
        let Some($erased) = $erased.downcast_ref::<$type>() else { return };
    };
}
use as_type;

/// A list of texts as one attribute value.
fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> Value {
    Value::Array(Array::String(values.into_iter().map(|text| StringValue::from(text.to_owned())).collect()))
}

/// Sets the attribute where there is a value.
fn set<V: Into<Value>>(into: &mut Attributes, key: &'static str, value: Option<V>) {
    if let Some(value) = value {
        into.set(key, value);
    }
}

/// Lengths are reported as the conventions' 64-bit integers; no list here comes near their end.
fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
