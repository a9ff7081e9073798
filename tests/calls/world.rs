//! What the calls are made against: emulators with a table, a bucket, a queue, a function and an instance in them.

use crate::operations::{BUCKET, FUNCTION, Operation, QUEUE, TABLE};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use spawn_cloud::describe::AwsCalls;
use spawn_cloud::{Clients, Config};
use spawn_config::{Identity, Provider, SamplingRate};
use spawn_telemetry::testing::{self, Spans};
use spawn_telemetry::{SpanIdentity, Telemetry};
use spawn_test_support::{Aws, FaultProxy};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::OnceCell;

static AWS: OnceCell<Aws> = OnceCell::const_new();
/// A message can be deleted once, so each call takes the next one.
static NEXT_RECEIPT: AtomicUsize = AtomicUsize::new(0);
static FILLED: OnceCell<serde_json::Value> = OnceCell::const_new();

/// The instance that the calls come from.
pub(crate) const INSTANCE_ID: &str = "i-0abc0abc0abc0abc0";

const FILL: &str = r#"
import io, zipfile
dynamodb, s3, sqs, lambdas, ec2 = (boto3.client(name) for name in ('dynamodb', 's3', 'sqs', 'lambda', 'ec2'))
dynamodb.create_table(TableName='TABLE', BillingMode='PAY_PER_REQUEST', KeySchema=[{'AttributeName': 'PK', 'KeyType': 'HASH'}], AttributeDefinitions=[{'AttributeName': 'PK', 'AttributeType': 'S'}])
s3.create_bucket(Bucket='BUCKET')
s3.put_object(Bucket='BUCKET', Key='there', Body=b'text')
queue = sqs.create_queue(QueueName='QUEUE')['QueueUrl']
receipts = []
for _ in range(8):
    sqs.send_message(QueueUrl=queue, MessageBody='to delete')
    receipts.append(sqs.receive_message(QueueUrl=queue, VisibilityTimeout=600)['Messages'][0]['ReceiptHandle'])
code = io.BytesIO()
with zipfile.ZipFile(code, 'w') as archive: archive.writestr('index.py', 'def handler(event, context): return {"ok": True}')
function = lambdas.create_function(FunctionName='FUNCTION', Runtime='python3.11', Role='arn:aws:iam::123456789012:role/none', Handler='index.handler', Code={'ZipFile': code.getvalue()})['FunctionArn']
sqs.create_queue(QueueName='attributes-source')
instance = ec2.run_instances(ImageId='ami-12c6146b', MinCount=1, MaxCount=1)['Instances'][0]['InstanceId']
{'queue': queue, 'receipts': receipts, 'instance': instance, 'function': function}
"#;

pub(crate) async fn aws() -> &'static Aws {
    AWS.get_or_init(|| async { Aws::start().await.unwrap() }).await
}

/// The ids of what the emulators were filled with.
async fn filled() -> &'static serde_json::Value {
    FILLED
        .get_or_init(|| async {
            let code = FILL
                .replace("TABLE", TABLE)
                .replace("BUCKET", BUCKET)
                .replace("QUEUE", QUEUE)
                .replace("FUNCTION", FUNCTION);
            aws().await.boto3(&code).await.unwrap()
        })
        .await
}

pub(crate) async fn queue_url() -> String {
    filled().await["queue"].as_str().unwrap().to_owned()
}

pub(crate) async fn receipt() -> String {
    let next = NEXT_RECEIPT.fetch_add(1, Ordering::Relaxed);
    filled().await["receipts"][next].as_str().unwrap().to_owned()
}

/// The function's ARN.
pub(crate) async fn function() -> String {
    filled().await["function"].as_str().unwrap().to_owned()
}

pub(crate) async fn instance() -> String {
    filled().await["instance"].as_str().unwrap().to_owned()
}

/// A client behind a proxy, with a telemetry that keeps its spans.
pub(crate) struct Scene {
    pub(crate) proxy: FaultProxy,
    pub(crate) clients: Clients,
    pub(crate) spans: Spans,
    pub(crate) telemetry: Telemetry,
}

/// For calls of the operation's service; one call may take as long as `timeout`.
pub(crate) async fn scene(operation: &Operation, rate: SamplingRate, timeout: Duration) -> Scene {
    filled().await;
    let aws = aws().await;
    let upstream = if operation.service == "EC2" { aws.moto_url() } else { aws.ministack_url() };
    let proxy = FaultProxy::start(upstream).unwrap();
    let (telemetry, spans) = testing::recording(rate);
    let clients = Clients::new(&config(&proxy.url(), timeout), telemetry.interceptor(Arc::new(AwsCalls), identity()));
    Scene { proxy, clients, spans, telemetry }
}

pub(crate) fn identity() -> SpanIdentity {
    let mut identity = Identity::new(Provider::Ec2, INSTANCE_ID);
    identity.job_array = Some(spawn_config::JobArray { id: "align-1".to_owned(), name: None, index: Some(3) });
    SpanIdentity::of(&identity)
}

pub(crate) fn config(url: &str, timeout: Duration) -> Config {
    Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "secret",
            None,
            None,
            "test",
        )))
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .timeout_config(TimeoutConfig::builder().operation_timeout(timeout).build())
        .build()
}
