//! Lambda, on ministack.

use super::{SECRET, Stage, client};
use crate::operations::FUNCTION;
use crate::world::{aws, function};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};

fn of<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let every =
        [("faas.invoked_name", FUNCTION), ("faas.invoked_provider", "aws"), ("faas.invoked_region", "us-east-1")];
    [&every[..], more].concat()
}

#[tokio::test]
async fn functions_and_how_they_were_invoked() {
    let arn = function().await;
    let stage = Stage::on(aws().await.ministack_url());
    let lambda = client!(stage, aws_sdk_lambda);
    let payload = || Blob::new(format!(r#"{{"a":"{SECRET}"}}"#));
    lambda.invoke().function_name(FUNCTION).payload(payload()).client_context(SECRET).send().await.unwrap();
    let version = ("aws.lambda.executed_version", "$LATEST");
    let waited = ("aws.lambda.invocation_type", "RequestResponse");
    stage.tells("Lambda.Invoke", &of(&[waited, version]));
    let event = lambda.invoke().function_name(&arn).invocation_type(InvocationType::Event).payload(payload());
    event.send().await.unwrap();
    let told = [("aws.lambda.invocation_type", "Event"), ("aws.lambda.invoked_arn", arn.as_str()), version];
    stage.tells("Lambda.Invoke", &of(&told));
    lambda.get_function().function_name(FUNCTION).send().await.unwrap();
    stage.tells("Lambda.GetFunction", &of(&[]));
    let source = lambda.create_event_source_mapping().function_name(FUNCTION);
    let made = source.event_source_arn("arn:aws:sqs:us-east-1:123456789012:attributes-source").send().await.unwrap();
    stage.tells("Lambda.CreateEventSourceMapping", &of(&[("aws.lambda.resource_mapping.id", "*")]));
    let id = made.uuid.unwrap();
    lambda.get_event_source_mapping().uuid(&id).send().await.unwrap();
    stage.tells("Lambda.GetEventSourceMapping", &[("aws.lambda.resource_mapping.id", id.as_str())]);
}

#[tokio::test]
async fn a_function_that_failed_is_told_though_the_call_succeeded() {
    let proxy = FaultProxy::start(aws().await.ministack_url()).unwrap();
    let headers = [("x-amz-function-error", "Unhandled"), ("x-amz-executed-version", "7")];
    proxy.script([Rule::new(Action::respond(200, &headers, SECRET))]);
    let stage = Stage::on(&proxy.url());
    client!(stage, aws_sdk_lambda).invoke().function_name(FUNCTION).send().await.unwrap();
    let told = [
        ("aws.lambda.invocation_type", "RequestResponse"),
        ("aws.lambda.function_error", "Unhandled"),
        ("aws.lambda.executed_version", "7"),
    ];
    stage.tells("Lambda.Invoke", &of(&told));
}
