//! The reference against what is done.

use super::*;
use crate::interceptor::carrier::size::{MOST_ATTRIBUTES, MOST_BYTES};

const REFERENCE: &str = include_str!("../../../../../docs/reference/propagation.md");

/// Cells of the rows of a table.
fn rows(name: &str) -> Vec<Vec<&'static str>> {
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let table = REFERENCE.split_once(&begin).unwrap().1.split_once(&end).unwrap().0;
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// What stands between backticks.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// What a call of this kind sends, with the trace in it.
fn with_trace(carrier: Carrier) -> String {
    let body = match carrier {
        Carrier::SnsMessage => "TopicArn=a&Message=b",
        Carrier::SnsBatch => "PublishBatchRequestEntries.member.1.Message=b",
        _ => r#"{"Entries":[{}]}"#,
    };
    let mut request = request(body, &[]);
    carrier.put(Some(&own(Some("v=1"))), &mut request);
    let context = request.headers().get("x-amz-client-context").map(|it| aws_smithy_types::base64::decode(it).unwrap());
    sent(&request) + &String::from_utf8(context.unwrap_or_default()).unwrap()
}

#[test]
fn the_reference_lists_what_is_added_to_which_call_and_the_limits() {
    let all = ["AWSTraceHeader", "traceparent", "tracestate", "TraceHeader", "traceHeader", "custom"];
    let mut carriers = Vec::new();
    for row in rows("sending") {
        let [service, operations, added, room] = row[..] else { panic!("{row:?}") };
        let service = if service == "Step Functions" { "SFN" } else { service };
        for operation in names(operations) {
            let carrier = Carrier::of(service, operation).unwrap();
            let sent = with_trace(carrier);
            let is_sent =
                |name: &&str| sent.contains(&format!("\"{name}\"")) || sent.contains(&format!("Name={name}&"));
            let mut listed = names(added);
            let mut found: Vec<_> = all.into_iter().filter(is_sent).collect();
            listed.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, listed, "{service} {operation}");
            carriers.push(carrier);
        }
        let limits = match service {
            "SQS" | "SNS" => vec![format!("{MOST_ATTRIBUTES} attributes"), grouped(MOST_BYTES)],
            "Lambda" => vec![grouped(lambda::MOST_BYTES)],
            _ => vec!["counts for no limit".to_owned()],
        };
        assert!(limits.iter().all(|limit| room.contains(limit)), "{service}: {limits:?}");
    }
    carriers.push(Carrier::SqsReceive);
    carriers.dedup();
    assert_eq!(carriers.len(), 8, "each carrier has a row");
}

#[test]
fn the_reference_says_what_an_attribute_weighs() {
    let weight = |name: &str, value: &str| name.len() + "String".len() + value.len();
    let said = format!(
        "{} bytes for\n`traceparent`, and {} and its length for `tracestate`",
        weight("traceparent", TRACEPARENT),
        weight("tracestate", "")
    );
    assert!(REFERENCE.contains(&said), "the reference lacks {said}");
    assert!(REFERENCE.contains(&format!("from {}\non", grouped(size::LEAST_LIMIT))));
}

/// `1048576` as `1,048,576`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let groups = digits.as_bytes()[first..].chunks(3).map(|group| std::str::from_utf8(group).unwrap());
    let all: Vec<_> = Some(&digits[..first]).filter(|it| !it.is_empty()).into_iter().chain(groups).collect();
    all.join(",")
}

#[test]
fn the_reference_lists_every_function_that_reads_or_writes() {
    let source = include_str!("../../../propagation.rs");
    let public = source
        .lines()
        .filter(|line| line.starts_with("pub use "))
        .flat_map(|line| line.split(|c: char| !(c.is_ascii_lowercase() || c == '_')));
    let mut public: Vec<_> = public.filter(|word| word.starts_with("from_") || word.starts_with("to_")).collect();
    let mut listed: Vec<_> = rows("reading").iter().flat_map(|row| names(row[0])).collect();
    public.sort_unstable();
    listed.sort_unstable();
    assert_eq!(public, listed);
}
