//! Names, numbers and headers that nobody should send: the call goes on as it would, and its span says what was cut.

use super::{Stage, client};
use crate::world::aws;
use opentelemetry::{Array, KeyValue, Value};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;

fn told(stage: &Stage) -> BTreeMap<String, Value> {
    let mut spans = stage.spans.take();
    assert_eq!(spans.len(), 1, "{spans:#?}");
    let attributes = spans.remove(0).attributes.into_iter();
    attributes.map(|KeyValue { key, value, .. }| (key.to_string(), value)).collect()
}

fn list(values: &[&'static str]) -> Value {
    Value::Array(Array::String(values.iter().map(|&value| value.into()).collect()))
}

#[tokio::test]
async fn names_of_ten_thousand_characters_are_cut_and_named() {
    let stage = Stage::on(aws().await.ministack_url());
    let (dynamodb, long) = (client!(stage, aws_sdk_dynamodb), "ü".repeat(10_000));
    dynamodb.scan().table_name(&long).limit(i32::MIN).segment(-1).total_segments(i32::MAX).send().await.unwrap_err();
    let told = told(&stage);
    let name = told["db.collection.name"].as_str().into_owned();
    assert_eq!(name, format!("{}…", "ü".repeat(2046)));
    assert_eq!(told["aws.dynamodb.table_names"], Value::Array(Array::String(vec![name.into()])));
    assert_eq!(told["spawn.cut"], list(&["aws.dynamodb.table_names", "db.collection.name"]));
    assert_eq!(told["aws.dynamodb.limit"], Value::I64(i64::from(i32::MIN)));
    assert_eq!(told["aws.dynamodb.total_segments"], Value::I64(i64::from(i32::MAX)));
    assert_eq!(told["error"], Value::Bool(true));
}

#[tokio::test]
async fn an_arn_that_is_none_and_a_queue_without_a_name_are_told_as_they_are() {
    let stage = Stage::on(aws().await.moto_url());
    let states = client!(stage, aws_sdk_sfn);
    states.describe_execution().execution_arn("arn:aws:states").send().await.unwrap_err();
    assert!(!told(&stage).contains_key("aws.step_functions.state_machine.arn"));
    let sqs = client!(stage, aws_sdk_sqs);
    sqs.delete_message().queue_url("///").receipt_handle("r").send().await.unwrap_err();
    assert_eq!(told(&stage)["messaging.destination.name"].as_str(), "///");
}

#[tokio::test]
async fn a_header_that_is_no_text_is_left_out() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let answer = b"HTTP/1.1 200 OK\r\nx-amzn-requestid: \xff\xfe\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    std::thread::spawn(move || {
        while let Ok((mut caller, _)) = server.accept() {
            let mut request = [0; 4096];
            if caller.read(&mut request).is_ok() {
                caller.write_all(answer).ok();
            }
        }
    });
    let stage = Stage::on(&url);
    let dynamodb = client!(stage, aws_sdk_dynamodb);
    dynamodb.get_item().table_name("jobs").send().await.unwrap();
    let told = told(&stage);
    assert_eq!(told["error"], Value::Bool(false));
    assert_eq!(told["db.collection.name"].as_str(), "jobs");
    assert_eq!(told["aws.attempts"], Value::I64(1));
    assert!(!told.contains_key("aws.request_id"), "{told:#?}");
}
