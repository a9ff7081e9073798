//! The reference lists what these tests see, and they see what it lists.

use std::collections::BTreeMap;

/// Services as the reference calls them and as the SDKs do, and what tests them. The SDK of Systems Manager takes longer to
/// compile than all the others of these tests together; its members are tested in the telemetry crate.
const TESTED: [(&str, &str, &str); 13] = [
    ("DynamoDB", "DynamoDB", include_str!("databases.rs")),
    ("S3", "S3", include_str!("objects.rs")),
    ("SQS", "SQS", include_str!("queues.rs")),
    ("SNS", "SNS", include_str!("topics.rs")),
    ("Lambda", "Lambda", include_str!("functions.rs")),
    ("EC2", "EC2", include_str!("instances.rs")),
    ("Kinesis", "Kinesis", include_str!("records.rs")),
    ("Step Functions", "SFN", include_str!("state_machines.rs")),
    ("Secrets Manager", "Secrets Manager", include_str!("secrets.rs")),
    ("EventBridge", "EventBridge", include_str!("events.rs")),
    ("STS", "STS", include_str!("identities.rs")),
    ("CloudWatch Logs", "CloudWatch Logs", include_str!("logs.rs")),
    ("IAM", "IAM", include_str!("identities.rs")),
];

/// One row of the table of typed descriptions or of what is read of every call: service, operations, attributes.
struct Row {
    service: &'static str,
    operations: Option<Vec<&'static str>>,
    keys: Vec<&'static str>,
}

fn quoted(cell: &'static str) -> Vec<&'static str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The cells of a table's rows.
fn table(name: &str) -> impl Iterator<Item = [&'static str; 3]> + use<> {
    let reference = include_str!("../../../docs/reference/spans.md");
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let lines = reference.split_once(&begin).unwrap().1.split_once(&end).unwrap().0.trim().lines().skip(2);
    lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>().try_into().unwrap())
}

/// The services of the table of what is read of every call, and where each row is read from.
pub(super) fn read_from() -> impl Iterator<Item = (&'static str, &'static str)> {
    table("services").map(|[service, _, source]| (service, source))
}

fn rows() -> Vec<Row> {
    let read = table("services").map(|[service, keys, _]| Row { service, operations: None, keys: quoted(keys) });
    let typed = table("typed").map(|[service, operations, keys]| Row {
        service,
        operations: Some(quoted(operations)),
        keys: quoted(keys),
    });
    read.chain(typed).collect()
}

/// Every attribute of the span of this name is in a row of its service, and of its operation where the row names some.
#[track_caller]
pub(super) fn lists<'a>(span: &str, told: impl Iterator<Item = &'a str>) {
    let (id, operation) = span.split_once('.').unwrap();
    let title = TESTED.iter().find(|(_, known, _)| *known == id).unwrap().0;
    let rows: Vec<Row> = rows().into_iter().filter(|row| row.service == title).collect();
    for key in told {
        let lists = |row: &Row| {
            row.keys.contains(&key) && row.operations.as_ref().is_none_or(|operations| operations.contains(&operation))
        };
        assert!(rows.iter().any(lists), "docs/reference/spans.md does not list {key} for {span}");
    }
}

#[test]
fn every_attribute_of_the_reference_is_seen_in_a_real_call() {
    let tests: BTreeMap<&str, &str> = TESTED.iter().map(|(title, _, test)| (*title, *test)).collect();
    for Row { service, operations, keys } in rows() {
        let Some(test) = tests.get(service) else {
            assert_eq!(service, "Systems Manager");
            continue;
        };
        for text in keys.into_iter().chain(operations.into_iter().flatten()) {
            assert!(test.contains(text), "no test of {service} sees {text}");
        }
    }
}
