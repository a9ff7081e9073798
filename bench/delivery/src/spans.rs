//! The spans that everybody is measured with: an AWS call with ten attributes, below a root of its own trace every fifty.

use opentelemetry::KeyValue;

/// Spans of one trace, its root included.
pub(crate) const OF_A_TRACE: u32 = 50;

/// The attributes of the span with this number.
pub(crate) fn attributes(number: u32) -> Vec<KeyValue> {
    vec![
        KeyValue::new("rpc.system", "aws-api"),
        KeyValue::new("rpc.service", "DynamoDB"),
        KeyValue::new("rpc.method", "GetItem"),
        KeyValue::new("aws.region", "us-east-1"),
        KeyValue::new("aws.request_id", format!("4KBNVRGD25RG1KEO9UT4V3FQDJVV4K{number:08}")),
        KeyValue::new("http.response.status_code", 200),
        KeyValue::new("server.address", "dynamodb.us-east-1.amazonaws.com"),
        KeyValue::new("server.port", 443),
        KeyValue::new("error", false),
        KeyValue::new("spawn.job_array_index", i64::from(number % 1000)),
    ]
}
