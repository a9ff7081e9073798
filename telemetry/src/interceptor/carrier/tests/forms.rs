//! Messages of SNS, which speaks in forms.

use super::*;

const ENCODED: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";

fn added(prefix: &str, number: usize, name: &str, value: &str) -> String {
    let attribute = format!("{prefix}MessageAttributes.entry.{number}");
    format!("&{attribute}.Name={name}&{attribute}.Value.DataType=String&{attribute}.Value.StringValue={value}")
}

/// Attributes of a message as the SDK writes them.
fn attributes(prefix: &str, count: usize) -> String {
    (1..=count).map(|number| added(prefix, number, &format!("a{number}"), "x")).collect()
}

#[test]
fn a_message_gets_the_attributes_of_the_w3c() {
    let body = "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws&Message=a%26b+c";
    let expected =
        format!("{body}{}{}", added("", 1, "traceparent", ENCODED), added("", 2, "tracestate", "v%3D%22%20a"));
    assert_eq!(put(Carrier::SnsMessage, Some(&own(Some("v=\" a"))), body), expected);
    assert_eq!(put(Carrier::SnsMessage, Some(&own(Some("v=\" a"))), &expected), expected);
}

#[test]
fn ten_attributes_are_all_there_are() {
    for (theirs, expected) in [(8, 2), (9, 1), (10, 0), (11, 0)] {
        let body = format!("TopicArn=arn&Message=a{}", attributes("", theirs));
        let mut whole = body.clone();
        if expected > 0 {
            whole += &added("", theirs + 1, "traceparent", ENCODED);
        }
        if expected > 1 {
            whole += &added("", theirs + 2, "tracestate", "v%3D1");
        }
        assert_eq!(put(Carrier::SnsMessage, Some(&own(Some("v=1"))), &body), whole);
    }
}

#[test]
fn each_message_of_a_batch_gets_its_own_and_keeps_what_it_has() {
    let entry = |number: usize| format!("PublishBatchRequestEntries.member.{number}.");
    let theirs = added(&entry(2), 1, "traceparent", "theirs");
    let body = format!(
        "Action=PublishBatch&TopicArn=arn&{}Id=1&{}Message=a{}&{}Id=2{theirs}",
        entry(1),
        entry(1),
        attributes(&entry(1), 3),
        entry(2),
    );
    let expected = format!("{body}{}", added(&entry(1), 4, "traceparent", ENCODED));
    assert_eq!(put(Carrier::SnsBatch, Some(&own(None)), &body), expected);
}

#[test]
fn a_message_that_fills_its_topic_to_the_last_byte_is_not_refused_for_the_trace() {
    for (spare, grows) in [(72, true), (71, false)] {
        let attribute = "&MessageAttributes.entry.1.Name=b&MessageAttributes.entry.1.Value.DataType=Binary&MessageAttributes.entry.1.Value.BinaryValue=AAAAAA%3D%3D";
        // The attribute weighs a name of 1, a type of 6 and 4 bytes.
        let message = 262_144 - spare - 11;
        let message = format!("{}{}", "%C3%A4".repeat(message / 2), "a".repeat(message % 2));
        let body = format!("TargetArn=arn&Message={message}{attribute}");
        assert_eq!(put(Carrier::SnsMessage, Some(&own(None)), &body).len() > body.len(), grows, "{spare}");
    }
}

#[test]
fn a_text_message_to_a_telephone_stays_as_it_is() {
    let body = "Action=Publish&PhoneNumber=%2B49&Message=a";
    assert_eq!(put(Carrier::SnsMessage, Some(&own(None)), body), body);
}
