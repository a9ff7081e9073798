//! AWS Lambda: how the function was invoked and whether it failed on its own account.

use super::set;
use aws_sdk_lambda::operation::invoke::{InvokeInput, InvokeOutput};
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use spawn_telemetry::Attributes;

const INVOCATION_TYPE: &str = "aws.lambda.invocation_type";
/// `Handled` or `Unhandled`: the call succeeded, the function did not.
const FUNCTION_ERROR: &str = "aws.lambda.function_error";
const EXECUTED_VERSION: &str = "aws.lambda.executed_version";

pub(super) fn input(operation: &str, input: &Input, into: &mut Attributes) {
    if operation != "Invoke" {
        return;
    }
    let Some(input) = input.downcast_ref::<InvokeInput>() else { return };
    let kind = input.invocation_type().map_or("RequestResponse", |kind| kind.as_str());
    into.set(INVOCATION_TYPE, kind.to_owned());
}

pub(super) fn output(operation: &str, output: &Output, into: &mut Attributes) {
    if operation != "Invoke" {
        return;
    }
    let Some(output) = output.downcast_ref::<InvokeOutput>() else { return };
    set(into, FUNCTION_ERROR, output.function_error().map(str::to_owned));
    set(into, EXECUTED_VERSION, output.executed_version().map(str::to_owned));
}
