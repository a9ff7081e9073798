//! What a ReceiveMessage asks for, beyond what the caller asks for.

use super::*;

fn asks(body: &str, expected: &str) {
    assert_eq!(put(Carrier::SqsReceive, Some(&own(None)), body), expected, "{body}");
    assert_eq!(put(Carrier::SqsReceive, None, body), expected, "the decision may be open");
    assert_eq!(put(Carrier::SqsReceive, None, expected), expected, "it is asked once");
}

#[test]
fn the_context_of_each_message_is_asked_for() {
    asks(
        r#"{"QueueUrl":"q"}"#,
        r#"{"QueueUrl":"q","MessageSystemAttributeNames":["AWSTraceHeader"],"MessageAttributeNames":["traceparent","tracestate"]}"#,
    );
    asks(
        r#"{"MessageSystemAttributeNames":["SenderId"],"MessageAttributeNames":[],"QueueUrl":"q"}"#,
        r#"{"MessageSystemAttributeNames":["SenderId","AWSTraceHeader"],"MessageAttributeNames":["traceparent","tracestate"],"QueueUrl":"q"}"#,
    );
}

#[test]
fn the_old_name_of_the_system_attributes_is_kept_by_those_who_use_it() {
    asks(
        r#"{"AttributeNames":["SenderId"],"MessageAttributeNames":["traceparent","color"]}"#,
        r#"{"AttributeNames":["SenderId","AWSTraceHeader"],"MessageAttributeNames":["traceparent","color","tracestate"]}"#,
    );
}

#[test]
fn what_the_caller_asks_for_anyway_is_not_asked_for_again() {
    for all in ["All", ".*"] {
        let body = format!(r#"{{"MessageSystemAttributeNames":["All"],"MessageAttributeNames":["{all}"]}}"#);
        asks(&body, &body);
    }
    let body = r#"{"AttributeNames":["AWSTraceHeader"],"MessageAttributeNames":["trace.*"]}"#;
    asks(body, body);
}
