//! Many instances: few calls, each known by its tag.

use crate::fixture::{crowded_aws, json, spawn};
use spawn_test_support::FaultProxy;
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test]
async fn a_thousand_instances_are_launched_by_ten_calls() {
    let aws = crowded_aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let launched = spawn(aws)
        .args(["launch", "--instance-type", "t3.nano", "--count", "1000", "--no-agent", "-o", "json"])
        .args(["--region", "us-west-2"])
        .env("AWS_ENDPOINT_URL", proxy.url())
        .patience(Duration::from_secs(240))
        .run()
        .await
        .unwrap();
    let launched = json(&launched);
    let ids: BTreeSet<&str> = launched["instances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|instance| instance["instance_id"].as_str().unwrap())
        .collect();
    let orders = proxy.requests().iter().filter(|request| request.text().starts_with("Action=RunInstances")).count();
    assert_eq!((ids.len(), orders), (1000, 10));
}
