//! EventBridge, on moto.

use super::{SECRET, Stage, client};
use crate::world::aws;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};

const BUS: (&str, &str) = ("aws.eventbridge.bus_name", "jobs");
const RULE: (&str, &str) = ("aws.eventbridge.rule_name", "ended");

fn event(bus: &str) -> PutEventsRequestEntry {
    let event = PutEventsRequestEntry::builder().source("spawn").detail_type("end");
    event.detail(format!(r#"{{"a":"{SECRET}"}}"#)).event_bus_name(bus).build()
}

fn sent<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let every = [
        ("messaging.system", "aws.eventbridge"),
        ("messaging.operation.name", "PutEvents"),
        ("messaging.operation.type", "send"),
        ("messaging.batch.message_count", "2"),
        ("aws.eventbridge.failed_count", "0"),
    ];
    [&every[..], more].concat()
}

#[tokio::test]
async fn buses_rules_and_events() {
    let stage = Stage::on(aws().await.moto_url());
    let events = client!(stage, aws_sdk_eventbridge);
    events.create_event_bus().name("jobs").send().await.unwrap();
    stage.tells("EventBridge.CreateEventBus", &[BUS]);
    let pattern = format!(r#"{{"source":["{SECRET}"]}}"#);
    events.put_rule().name("ended").event_bus_name("jobs").event_pattern(pattern).send().await.unwrap();
    stage.tells("EventBridge.PutRule", &[BUS, RULE]);
    let target = Target::builder().id("1").arn("arn:aws:sqs:us-east-1:123456789012:q").input(format!("\"{SECRET}\""));
    events.put_targets().rule("ended").event_bus_name("jobs").targets(target.build().unwrap()).send().await.unwrap();
    stage.tells("EventBridge.PutTargets", &[BUS, RULE]);
    events.put_events().entries(event("jobs")).entries(event("jobs")).send().await.unwrap();
    stage.tells("EventBridge.PutEvents", &sent(&[BUS, ("messaging.destination.name", "jobs")]));
    events.put_events().entries(event("jobs")).entries(event("default")).send().await.unwrap();
    stage.tells("EventBridge.PutEvents", &sent(&[]));
    let arn = "arn:aws:events:us-east-1:123456789012:event-bus/jobs";
    events.describe_rule().name("ended").event_bus_name(arn).send().await.ok();
    stage.tells("EventBridge.DescribeRule", &[BUS, RULE]);
    events.list_event_buses().send().await.unwrap();
    stage.tells("EventBridge.ListEventBuses", &[]);
}
