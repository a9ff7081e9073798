//! Lambda, on ministack.

use super::{SECRET, Stage, client};
use crate::operations::FUNCTION;
use crate::world::{aws, function};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;

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
    let source = source.event_source_arn("arn:aws:sqs:us-east-1:123456789012:attributes-source").send().await;
    let told = [("aws.lambda.resource_mapping.id", "*")];
    match source {
        Ok(made) => {
            stage.tells("Lambda.CreateEventSourceMapping", &of(&told));
            let id = made.uuid.unwrap();
            lambda.get_event_source_mapping().uuid(&id).send().await.unwrap();
            stage.tells("Lambda.GetEventSourceMapping", &[("aws.lambda.resource_mapping.id", id.as_str())]);
        }
        Err(error) => panic!("{error:?}"),
    }
}
