//! The emulators answer boto3, and what X-Ray took is read back whole.

use serde_json::{Value, json};
use spawn_test_support::Aws;

const DOCUMENT: &str = r#"{"trace_id":"1-65a1b2c3-0123456789abcdef01234567","id":"53995c3f42cd8ad8","name":"spored","start_time":1705100000.25,"end_time":1705100000.75}"#;

#[tokio::test]
async fn every_service_answers_at_its_endpoint() {
    let aws = Aws::start().await.unwrap();
    let seen = aws
        .boto3(
            r#"
s3 = boto3.client("s3")
s3.create_bucket(Bucket="bucket")
s3.put_object(Bucket="bucket", Key="key", Body=b"body")
db = boto3.client("dynamodb")
db.create_table(TableName="table", BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}], KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}])
db.put_item(TableName="table", Item={"PK": {"S": "one"}})
queue = boto3.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
boto3.client("sqs").send_message(QueueUrl=queue, MessageBody="hello")
{
    "account": boto3.client("sts").get_caller_identity()["Account"],
    "object": s3.get_object(Bucket="bucket", Key="key")["Body"].read().decode(),
    "item": db.get_item(TableName="table", Key={"PK": {"S": "one"}})["Item"],
    "message": boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"],
    "functions": boto3.client("lambda").list_functions()["Functions"],
    "roles": boto3.client("iam").list_roles()["Roles"],
    "subnets": len(boto3.client("ec2").describe_subnets()["Subnets"]),
}
"#,
        )
        .await
        .unwrap();
    let expected = json!({
        "account": "123456789012",
        "object": "body",
        "item": {"PK": {"S": "one"}},
        "message": "hello",
        "functions": [],
        "roles": [],
        "subnets": 6,
    });
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn documents_that_xray_took_are_read_back_both_ways_until_the_reset() {
    let aws = Aws::start().await.unwrap();
    let put = format!(
        "boto3.client('xray').put_trace_segments(TraceSegmentDocuments=[{DOCUMENT:?}])['UnprocessedTraceSegments']"
    );
    assert_eq!(aws.boto3(&put).await.unwrap(), json!([]));

    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    assert_eq!(aws.xray_documents().await.unwrap(), std::slice::from_ref(&document));
    let trace = json!({
        "Id": "1-65a1b2c3-0123456789abcdef01234567",
        "Duration": 0.0,
        "Segments": [{"Id": "53995c3f42cd8ad8", "Document": document}],
    });
    assert_eq!(aws.traces(&[]).await.unwrap(), [trace]);

    aws.reset().await.unwrap();
    assert_eq!(aws.xray_documents().await.unwrap(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_check_that_raises_shows_its_traceback() {
    let aws = Aws::start().await.unwrap();
    let error = aws.boto3("raise ValueError('seen')").await.unwrap_err().to_string();
    assert!(error.starts_with("run a check with boto3: it ended with 1\n"), "{error}");
    assert!(error.ends_with("ValueError: seen\n"), "{error}");
}
