//! Which context counts, where a carrier has several.

use super::*;

const OWN: &str = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";
/// The same trace, a span further on.
const HEADER: &str = "Root=1-58406520-a006649127e371903a2de979;Parent=00000000000000b7;Sampled=1";
const ITS_SPAN: &str = "00-58406520a006649127e371903a2de979-00000000000000b7-01";
/// Another trace.
const OTHER: &str = "Root=1-11111111-111111111111111111111111;Parent=2222222222222222;Sampled=0";
const OTHERS_SPAN: &str = "00-11111111111111111111111111111111-2222222222222222-00";

fn message(attribute: Option<&str>, header: Option<&str>, body: &str) -> Option<String> {
    from_message(|name| attribute.filter(|_| name == "traceparent"), header, body).and_then(|it| traceparent(&it))
}

fn envelope() -> String {
    json!({ "MessageAttributes": { "traceparent": { "Type": "String", "Value": OWN } } }).to_string()
}

#[test]
fn a_messages_own_attributes_come_first_then_awss_header() {
    for header in [None, Some(HEADER), Some(OTHER), Some("nonsense")] {
        assert_eq!(message(Some(OWN), header, "").as_deref(), Some(OWN), "{header:?}");
    }
    for broken in [None, Some(""), Some("00-1")] {
        assert_eq!(message(broken, Some(HEADER), "").as_deref(), Some(ITS_SPAN), "{broken:?}");
    }
    assert_eq!(message(Some("00-1"), Some("Root=1"), "hi"), None);
    assert_eq!(message(None, Some(""), ""), None);
}

#[test]
fn an_envelope_counts_before_awss_header_of_the_same_trace() {
    let envelope = envelope();
    for header in [None, Some(HEADER), Some("nonsense")] {
        assert_eq!(message(None, header, &envelope).as_deref(), Some(OWN), "{header:?}");
    }
    assert_eq!(message(None, Some(OTHER), &envelope).as_deref(), Some(OTHERS_SPAN));
    assert_eq!(message(Some(OTHERS_SPAN), None, &envelope).as_deref(), Some(OTHERS_SPAN));
}

#[test]
fn what_an_event_is_about_counts_before_what_is_beside_it() {
    let event = json!({ "traceparent": OTHERS_SPAN, "detail": { "traceparent": OWN } }).to_string();
    assert_eq!(from_event(&event).and_then(|it| traceparent(&it)).as_deref(), Some(OWN));
    let event = json!({ "traceparent": OTHERS_SPAN, "detail": { "name": "traceparent" } }).to_string();
    assert_eq!(from_event(&event).and_then(|it| traceparent(&it)).as_deref(), Some(OTHERS_SPAN));
}

#[test]
fn what_has_another_shape_carries_nothing() {
    for body in [
        "traceparent",
        "[\"traceparent\"]",
        "{\"traceparent\"",
        "{\"traceparent\": 7}",
        "{\"detail\": \"traceparent\"}",
        "{\"detail\": {\"traceparent\": null}, \"traceparent\": []}",
        "{\"MessageAttributes\": \"traceparent\"}",
        "{\"MessageAttributes\": {\"traceparent\": \"00\"}}",
        "{\"MessageAttributes\": {\"traceparent\": {\"Value\": 7}}}",
    ] {
        assert_eq!(message(None, None, body), None, "{body}");
    }
    let deep = format!("{{\"traceparent\":{}", "[".repeat(100_000));
    assert_eq!(message(None, None, &deep), None);
    for context in ["", "{}", "e30=", "no base64!", "eyJjdXN0b20iOjd9", "{\"custom\":{\"traceparent\":7}}"] {
        assert!(from_client_context(context).is_none(), "{context}");
    }
}

#[test]
fn an_environment_falls_back_to_awss_form_and_a_function_knows_no_other() {
    let variables = BTreeMap::from([
        ("TRACEPARENT".to_owned(), OTHERS_SPAN.to_owned()),
        ("_X_AMZN_TRACE_ID".to_owned(), HEADER.to_owned()),
    ]);
    let read = |context: Option<Context>| context.and_then(|it| traceparent(&it));
    assert_eq!(read(from_environment(&variables)).as_deref(), Some(OTHERS_SPAN));
    assert_eq!(read(from_lambda_environment(&variables)).as_deref(), Some(ITS_SPAN));
}

#[test]
fn a_client_context_is_read_as_it_was_written() {
    let context = remote_context(OWN, Some("vendor=1")).unwrap();
    let read = from_client_context(&to_client_context(&context).unwrap()).unwrap();
    assert_eq!(written(read), (OWN.to_owned(), Some("vendor=1".to_owned())));
    assert_eq!((to_client_context(&Context::new()), to_item(&Context::new())), (None, BTreeMap::new()));
    let quotes = |count| "\"".repeat(count);
    let state = format!("a={},b={}", quotes(254), quotes(253));
    let longest = remote_context(OWN, Some(&state)).unwrap();
    assert_eq!(to_client_context(&longest).unwrap().len(), 1_492);
}
