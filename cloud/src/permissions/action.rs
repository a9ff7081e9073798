//! From an SDK operation to the IAM action that AWS asks for. Most are spelled alike; these are the others.

/// The IAM actions of an operation. A transaction has none of its own: AWS asks for that of each write in it, and ours
/// put a task or an array and count it.
#[must_use]
pub fn actions_of(call: &str) -> Vec<String> {
    let counted = (call.eq_ignore_ascii_case("DynamoDB TransactWriteItems")).then(|| "dynamodb:UpdateItem".to_owned());
    action_of(call).into_iter().chain(counted).collect()
}

/// The IAM action of an operation: service and operation as errors name them, `S3 HeadObject` for example. Of several,
/// the first of [`actions_of`].
#[must_use]
pub fn action_of(call: &str) -> Option<String> {
    let (service, operation) = call.split_once(' ')?;
    Some(match (service, operation) {
        ("S3", "HeadObject") => "s3:GetObject".to_owned(),
        ("S3", "HeadBucket" | "ListObjects" | "ListObjectsV2") => "s3:ListBucket".to_owned(),
        ("S3", "PutPublicAccessBlock") => "s3:PutBucketPublicAccessBlock".to_owned(),
        ("S3", "PutBucketEncryption") => "s3:PutEncryptionConfiguration".to_owned(),
        ("S3", "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload") => "s3:PutObject".to_owned(),
        (service, "TransactWriteItems") => format!("{}:PutItem", prefix(service)),
        (service, "SendMessageBatch") => format!("{}:SendMessage", prefix(service)),
        (service, "DeleteMessageBatch") => format!("{}:DeleteMessage", prefix(service)),
        (service, "ChangeMessageVisibilityBatch") => format!("{}:ChangeMessageVisibility", prefix(service)),
        (service, "Invoke") if service.eq_ignore_ascii_case("lambda") => "lambda:InvokeFunction".to_owned(),
        (service, operation) => format!("{}:{operation}", prefix(service)),
    })
}

/// The service's prefix in actions.
fn prefix(service: &str) -> String {
    match service {
        "X-Ray" => "xray".to_owned(),
        service => service.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_that_are_not_named_like_their_action_are_known() {
        let action = |call| action_of(call).unwrap();
        assert_eq!(action("EC2 RunInstances"), "ec2:RunInstances");
        assert_eq!(action("S3 HeadObject"), "s3:GetObject");
        assert_eq!(action("S3 HeadBucket"), "s3:ListBucket");
        assert_eq!(action("X-Ray PutTraceSegments"), "xray:PutTraceSegments");
        assert_eq!(action("Lambda Invoke"), "lambda:InvokeFunction");
        assert_eq!(action("SQS SendMessageBatch"), "sqs:SendMessage");
        assert_eq!(action_of("nonsense"), None);
    }

    #[test]
    fn a_transaction_is_the_writes_in_it() {
        assert_eq!(actions_of("DynamoDB TransactWriteItems"), ["dynamodb:PutItem", "dynamodb:UpdateItem"]);
        assert_eq!(actions_of("DynamoDB PutItem"), ["dynamodb:PutItem"]);
        assert_eq!(actions_of("nonsense"), Vec::<String>::new());
    }
}
