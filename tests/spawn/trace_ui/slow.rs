//! A back end that does not answer keeps nobody from using what was read.

use super::{at_home, shown};
use crate::fixture::{aws, spawn};
use crate::trace_fixture::shop;
use spawn_test_support::Step::{End, Gone, Screen, Type, Wait};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, Terminal};
use std::time::Duration;

#[tokio::test]
async fn no_key_waits_for_a_reading_that_is_under_way() {
    let [_, _, failed] = shop(aws().await, "slow-shop").await;
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    // The first reading is answered, no other is.
    proxy.script([Rule::new(Action::Hang).path("/Traces").after(1)]);
    let program = at_home(spawn(aws().await)).env("AWS_ENDPOINT_URL", proxy.url()).args(["trace", "ui", &failed]);
    let steps = [
        Wait("DynamoDB"),
        Type("r"),
        Wait("reading"),
        Type("?"),
        Wait("Keys:"),
        Type("x3"),
        Wait("→ DynamoDB"),
        Type("2e\n"),
        Wait("the store is closed"),
        Screen("details"),
        Type("q"),
        End,
    ];
    let shown = shown(&Terminal::new(100, 30), &program, &steps).await;
    assert_eq!((shown.code, shown.is_given_back()), (Some(0), true), "{shown:?}");
    assert!(shown.screens["details"][0].contains("reading"), "{}", shown.screen("details"));
    let asked = proxy.requests().iter().filter(|request| request.path.starts_with("/Traces")).count();
    assert_eq!(asked, 2, "the second is the one that hangs");
}

#[tokio::test]
async fn who_waits_for_a_first_reading_is_told_for_what_and_can_end_it() {
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    proxy.script([Rule::new(Action::Hang).path("/TraceSummaries")]);
    for view in ["ui", "list"] {
        let program = at_home(spawn(aws().await)).env("AWS_ENDPOINT_URL", proxy.url()).args(["trace", view]);
        let steps = [Wait("asking X-Ray in us-east-1 (Ctrl-C ends it)"), Type("\u{3}"), End];
        let shown = shown(&Terminal::new(100, 30), &program, &steps).await;
        assert_eq!((shown.code, shown.is_given_back()), (Some(130), true), "{view}: {shown:?}");
    }
    // An answer takes its place.
    proxy.script([Rule::new(Action::Delay(Duration::from_secs(2))).path("/TraceSummaries").once()]);
    let program = at_home(spawn(aws().await)).env("AWS_ENDPOINT_URL", proxy.url()).args(["trace", "list"]);
    let steps = [Wait("asking X-Ray"), Gone("asking X-Ray"), End];
    assert_eq!(shown(&Terminal::new(100, 30), &program, &steps).await.code, Some(0));
}
