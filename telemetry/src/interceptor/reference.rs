//! The reference lists what a service's spans say and where each value comes from, and lists nothing else.

use super::answered::{ANSWERS, From};
use super::capture::ALL_SERVICES;
use super::kind::CallKinds;
use super::sent::tests::{SAMPLES, described};

/// Operations that stand for the ways in which the conventions describe the calls of a service.
const CONVENTIONAL: [(&str, &str, &str); 4] = [
    ("DynamoDB", "GetItem", "every call"),
    ("SQS", "SendMessage", "every call; the type where messages are sent, received or settled"),
    ("SNS", "Publish", "every call; the type where messages are sent"),
    ("EventBridge", "PutEvents", "`PutEvents`"),
];

/// Names as AWS's documentation has them, and the service ids of the SDKs.
const SERVICES: [(&str, &str); 14] = [
    ("DynamoDB", "DynamoDB"),
    ("S3", "S3"),
    ("SQS", "SQS"),
    ("SNS", "SNS"),
    ("Lambda", "Lambda"),
    ("EC2", "EC2"),
    ("Kinesis", "Kinesis"),
    ("Step Functions", "SFN"),
    ("Secrets Manager", "Secrets Manager"),
    ("EventBridge", "EventBridge"),
    ("STS", "STS"),
    ("Systems Manager", "SSM"),
    ("CloudWatch Logs", "CloudWatch Logs"),
    ("IAM", "IAM"),
];

/// What a call begins with whatever its service.
const COMMON: usize = 8;

fn row(title: &str, keys: &[&str], source: &str) -> String {
    let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    format!("| {title} | {} | {source} |", keys.join(", "))
}

/// The rows of one service: what the conventions say of it, its requests' members, the rest of them, and its answers.
fn rows(title: &str, id: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for (_, operation, source) in CONVENTIONAL.into_iter().filter(|(service, ..)| *service == id) {
        let all = CallKinds::default().of(id, operation, "eu-west-1", &[]).begin_attributes().into_vec();
        let keys: Vec<&str> = all[COMMON..].iter().map(|attribute| attribute.key.as_str()).collect();
        rows.push(row(title, &keys, source));
    }
    let mut by_keys: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
    for member in ALL_SERVICES.iter().find(|service| service.ids[0] == id).unwrap().members {
        let operations: Vec<String> = member.operations.iter().map(|end| format!("`…{end}`")).collect();
        let of = if operations.is_empty() { String::new() } else { format!(" of {}", operations.join(", ")) };
        let (keys, source) = (member.rule.keys(), format!("`{}`{of}", member.name));
        match by_keys.iter_mut().find(|(known, _)| *known == keys) {
            Some((_, sources)) => sources.push(source),
            None => by_keys.push((keys, vec![source])),
        }
    }
    rows.extend(by_keys.iter().map(|(keys, sources)| row(title, keys, &format!("request {}", sources.join(", ")))));
    let mut sent: Vec<(&str, Vec<String>)> = Vec::new();
    for (_, operation, body) in SAMPLES.into_iter().filter(|(service, ..)| *service == id) {
        let source = super::sent::of(id, operation).unwrap().source();
        if sent.last().is_none_or(|(last, _)| *last != source) {
            sent.push((source, Vec::new()));
        }
        let keys = &mut sent.last_mut().unwrap().1;
        for attribute in described(id, operation, body) {
            let key = attribute.key.to_string();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    rows.extend(
        sent.iter().map(|(source, keys)| row(title, &keys.iter().map(String::as_str).collect::<Vec<_>>(), source)),
    );
    for (_, operation, answered) in ANSWERS.iter().filter(|(service, ..)| *service == id) {
        let of = if *operation == "*" { "every operation".to_owned() } else { format!("`{operation}`") };
        rows.extend(answered.iter().map(|answered| {
            let source = match answered.from {
                From::Header(name) => format!("response header `{name}` of {of}"),
                From::Member(name) | From::Element(name) => format!("response `{name}` of {of}"),
            };
            row(title, &[answered.key], &source)
        }));
    }
    rows
}

#[test]
fn the_reference_lists_what_a_service_adds_and_where_it_comes_from() {
    let reference = include_str!("../../../docs/reference/spans.md");
    let table = reference.split_once("<!-- services:begin -->").unwrap().1;
    let table = table.split_once("<!-- services:end -->").unwrap().0.trim();
    assert_eq!(SERVICES.map(|(_, id)| id), ALL_SERVICES.each_ref().map(|service| service.ids[0]));
    let rows: Vec<String> = SERVICES.iter().flat_map(|(title, id)| rows(title, id)).collect();
    let expected = format!("| service | attributes | read from |\n|---|---|---|\n{}", rows.join("\n"));
    assert!(table == expected, "the reference's table should be\n{expected}");
}
