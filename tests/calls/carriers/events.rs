//! Events of EventBridge and executions of Step Functions: the emulators take what leaves, and keep no trace header, so that
//! the request is what is looked at.

use super::{caller, carried, desk};
use crate::world::aws;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use opentelemetry::context::FutureExt;
use serde_json::json;

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "spawn calls no EventBridge; the interceptor is in it")]
async fn each_event_leaves_with_the_header_and_is_taken() {
    let desk = desk().await;
    let config = aws_sdk_eventbridge::config::Builder::from(&desk.config).interceptor(desk.interceptor.clone());
    let events = aws_sdk_eventbridge::Client::from_conf(config.build());
    let event = || PutEventsRequestEntry::builder().source("s").detail_type("t").detail("{\"x\": 1.10}");
    let theirs = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
    let call = events.put_events().entries(event().build()).entries(event().trace_header(theirs).build());
    let answer = call.send().with_context(caller()).await.unwrap();
    assert_eq!((answer.failed_entry_count, answer.entries().len()), (0, 2));
    let (_, header) = carried(&desk.spans.take_one().span_context);
    let sent =
        |header: &str| json!({ "Source": "s", "DetailType": "t", "Detail": "{\"x\": 1.10}", "TraceHeader": header });
    assert_eq!(desk.sent()["Entries"], json!([sent(&header), sent(theirs)]));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "spawn calls no Step Functions; the interceptor is in it")]
async fn an_execution_leaves_with_the_header_and_starts() {
    let desk = desk().await;
    let code = r#"
definition = json.dumps({'StartAt': 'a', 'States': {'a': {'Type': 'Pass', 'End': True}}})
boto3.client('stepfunctions').create_state_machine(name='carriers-NUMBER', definition=definition, roleArn='arn:aws:iam::123456789012:role/none')['stateMachineArn']
"#;
    let made = aws().await.boto3(&code.replace("NUMBER", &fastrand::u32(..).to_string())).await.unwrap();
    let machine = made.as_str().unwrap();
    let config = aws_sdk_sfn::config::Builder::from(&desk.config).interceptor(desk.interceptor.clone());
    let executions = aws_sdk_sfn::Client::from_conf(config.build());
    let start = || executions.start_execution().state_machine_arn(machine).input("{\"x\": 1.10}");
    start().send().with_context(caller()).await.unwrap();
    let (_, header) = carried(&desk.spans.take_one().span_context);
    let sent = |header: &str| json!({ "stateMachineArn": machine, "input": "{\"x\": 1.10}", "traceHeader": header });
    assert_eq!(desk.sent(), sent(&header));
    start().trace_header("Root=mine").send().with_context(caller()).await.unwrap();
    assert_eq!(desk.sent(), sent("Root=mine"));
}
