//! The function that is told of an array's end.

use super::array;
use crate::operations::FUNCTION;
use crate::world::{self, aws};
use aws_smithy_types::base64;
use opentelemetry::context::FutureExt;
use serde_json::{Value, json};
use spawn_cloud::Clients;
use spawn_cloud::arrays::{Counts, HookOutcome, invoke_hook};
use spawn_telemetry::propagation;
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};
use std::time::Duration;

const TRACEPARENT: &str = "00-6900000000000000000000000000000a-00000000000000b7-01";

#[tokio::test]
async fn a_hook_is_told_what_became_of_the_array_and_may_take_its_time() {
    world::queue_url().await; // The function is made with the queue.
    let proxy = FaultProxy::start(aws().await.ministack_url()).unwrap();
    // Other calls would have given up by then.
    let clients = Clients::new(&world::config(&proxy.url(), Duration::from_secs(1)), None);
    proxy.script([Rule::new(Action::Delay(Duration::from_secs(2)))]);
    let (array, counts) = (array(3), Counts { succeeded: 2, failed: 1, cancelled: 0 });
    let context = propagation::remote_context(TRACEPARENT, None).unwrap();
    let told = invoke_hook(clients.lambda(), &array, FUNCTION, counts).with_context(context).await.unwrap();
    assert_eq!(told, HookOutcome::Returned);

    let [call] = proxy.requests().try_into().unwrap();
    let expected = json!({
        "array_id": array.id.as_str(), "name": "align", "size": 3, "succeeded": 2, "failed": 1, "cancelled": 0,
        "output": array.output,
    });
    assert_eq!(serde_json::from_str::<Value>(&call.text()).unwrap(), expected);
    let carried = base64::decode(call.header("x-amz-client-context").unwrap()).unwrap();
    let carried: Value = serde_json::from_slice(&carried).unwrap();
    assert_eq!(carried, json!({ "custom": { "traceparent": TRACEPARENT } }));
}

#[tokio::test]
async fn the_words_of_a_function_that_raises_are_told_and_cut() {
    let proxy = FaultProxy::start(aws().await.ministack_url()).unwrap();
    let clients = Clients::new(&world::config(&proxy.url(), Duration::from_secs(5)), None);
    let raised = |body: String| Rule::new(Action::respond(200, &[("x-amz-function-error", "Unhandled")], body)).once();
    let long = json!({ "errorMessage": "ä".repeat(1_000) }).to_string();
    proxy.script([raised(long), raised("no JSON".to_owned())]);
    let array = array(1);
    let hook = async || invoke_hook(clients.lambda(), &array, FUNCTION, Counts::default()).await.unwrap();
    assert_eq!(hook().await, HookOutcome::Raised(format!("Unhandled: {}", "ä".repeat(300))));
    assert_eq!(hook().await, HookOutcome::Raised("Unhandled".to_owned()));
}
