//! The trace's context in a task: whoever traces what it starts, and whatever its carriers say.

use crate::array::{Array, BUCKET, bucket, worker};
use crate::fixture::{attribute, aws, named, spans, stop};
use serde_json::{Value, json};
use spawn_cloud::arrays::TaskState;
use spawn_test_support::OtlpReceiver;
use spawn_test_support::otlp::sdk_child;

#[tokio::test]
async fn what_a_task_starts_hangs_below_the_task_whoever_traces_it() {
    let aws = aws().await;
    let receiver = OtlpReceiver::start().await.unwrap();
    let [python, script] = sdk_child().await.unwrap().map(|part| part.display().to_string());
    let spored = env!("CARGO_BIN_EXE_spored");
    let command = format!("{python} {script} directly && $SPORED exec -- {python} {script} by-exec");
    let array = Array::seed_with(aws, "joins", 1, &command, |array| {
        array.env.insert("SPORED".to_owned(), spored.to_owned());
    })
    .await;
    let host = worker(aws, &array, 1)
        .env("OTEL_TRACES_EXPORTER", "otlp")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    // Where the agent of a user's own has its socket: a task knows nothing of the variable that says another place.
    let runtime = host.path("runtime");
    std::fs::create_dir_all(runtime.join("spored")).unwrap();
    let socket = runtime.join("spored/control.sock").display().to_string();
    let host = host.env("SPORED_SOCKET", socket).env("XDG_RUNTIME_DIR", runtime.display().to_string());
    let agent = host.run(&[]).await;
    array.ended().await;
    stop(agent).await;
    let spans = receiver.spans().unwrap();
    let (task, run) = (named(&spans, "task joins[0]"), named(&spans, "run"));
    let chain = [task, run, named(&spans, "directly")];
    for pair in chain.windows(2) {
        assert_eq!((&pair[1]["traceId"], &pair[1]["parentSpanId"]), (&pair[0]["traceId"], &pair[0]["spanId"]));
    }
    let exec = named(&spans, "exec python");
    let chain = [run, exec, named(&spans, "by-exec")];
    for pair in chain.windows(2) {
        assert_eq!((&pair[1]["traceId"], &pair[1]["parentSpanId"]), (&pair[0]["traceId"], &pair[0]["spanId"]));
    }
    assert_eq!(attribute(exec, "spawn.job_array_id"), Some(&json!(array.id())), "{exec:#}");
    assert_eq!(attribute(exec, "spawn.job_array_index"), Some(&json!("0")), "{exec:#}");
}

/// What would steer a terminal, a log or a call, if it were passed on.
const HOSTILE: &str = "00-$(reboot)\u{1b}[2J-53995c3f42cd8ad8-01";

#[tokio::test]
async fn a_hostile_context_in_every_carrier_costs_the_trace_and_nothing_else() {
    let aws = aws().await;
    bucket(aws).await;
    let hostile = serde_json::to_string(HOSTILE).unwrap();
    let put = format!(
        "boto3.client('s3').put_object(Bucket='{BUCKET}', Key='hostile/word', Body=b'word', \
         Metadata={{'traceparent': '00-$(reboot)', 'tracestate': 'x' * 1500}})['ETag']"
    );
    aws.boto3(&put).await.unwrap();
    let array = Array::seed_with(aws, "hostile", 2, "cat word", |array| {
        array.traceparent = Some(HOSTILE.to_owned());
        array.launch_traceparent = Some("00-".repeat(10_000));
        array.tracestate = Some("a=\u{1}".to_owned());
        array.input = Some(format!("s3://{BUCKET}/hostile/"));
    })
    .await;
    // Task 1 was taken by a host that is gone; its message came twice, once from somebody else.
    let seed = format!(
        "boto3.client('dynamodb').update_item(TableName='spawn-job-arrays', \
         Key={{'PK': {{'S': '{id}#1'}}, 'SK': {{'S': 'task#000001'}}}}, \
         UpdateExpression='SET #s = :r, attempt = :n, version = :n, #o = :o, lease_until = :n, started_at = :n, traceparent = :t, tracestate = :t', \
         ExpressionAttributeNames={{'#s': 'state', '#o': 'owner'}}, \
         ExpressionAttributeValues={{':r': {{'S': 'running'}}, ':n': {{'N': '1'}}, ':o': {{'S': 'i-0/0'}}, ':t': {{'S': {hostile}}}}})\n\
         boto3.client('sqs').send_message(QueueUrl='{queue}', MessageBody='{{\"index\": 1}}', MessageAttributes={{\
         'traceparent': {{'DataType': 'String', 'StringValue': '00-$(reboot)'}}, \
         'tracestate': {{'DataType': 'Binary', 'BinaryValue': b'\\0'}}}})['MessageId']",
        id = array.id(),
        queue = array.queue.url()
    );
    aws.boto3(&seed).await.unwrap();
    let agent = worker(aws, &array, 1).run(&[]).await;
    array.ended().await;
    let tasks = array.tasks().await;
    let told = tasks.iter().map(|task| (task.state, task.attempt)).collect::<Vec<_>>();
    assert_eq!(told, [(TaskState::Succeeded, 1), (TaskState::Succeeded, 2)]);
    let log = stop(agent).await;
    assert!(log.contains("of an item is of no use and left out"), "{log}");
    assert!(log.contains("of an object is of no use and left out"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
    // Each attempt began a trace of its own, and none was made up for the host that is gone.
    let spans = spans(&log);
    let attempts: Vec<&Value> = spans
        .iter()
        .filter(|span| span["name"].as_str().is_some_and(|name| name.starts_with("task hostile[")))
        .collect();
    assert_eq!(attempts.len(), 2, "{attempts:#?}");
    assert!(attempts.iter().all(|span| attribute(span, "spawn.task.outcome") == Some(&json!("succeeded"))));
}
