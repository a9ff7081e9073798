//! Errors, faults and throttles, and what is none.

use super::*;

#[test]
fn a_status_of_400_is_the_callers_error_and_its_message_is_kept() {
    let call = failing(400, "ValidationException", "no such key");
    assert_eq!(read(&call), failed(400, &["error"], "ValidationException", "no such key"));
}

#[test]
fn a_throttle_is_known_by_its_code_under_status_400() {
    let call = failing(400, "ProvisionedThroughputExceededException", "slow down");
    let expected = failed(400, &["error", "throttle"], "ProvisionedThroughputExceededException", "slow down");
    assert_eq!(read(&call), expected);
}

#[test]
fn a_status_of_503_is_a_fault() {
    let call = failing(503, "ServiceUnavailable", "try later");
    assert_eq!(read(&call), failed(503, &["fault"], "ServiceUnavailable", "try later"));
}

#[test]
fn no_answer_is_a_fault_that_was_noticed_here() {
    let mut call = failing(503, "timeout", "no answer in time");
    call.attributes.retain(|pair| pair.key.as_str() != "http.response.status_code");
    let mut expected = failed(503, &["fault"], "timeout", "no answer in time");
    expected.as_object_mut().unwrap().remove("http");
    expected["cause"]["exceptions"][0].as_object_mut().unwrap().remove("remote");
    expected["annotations"]["error_type"] = json!("timeout");
    let mut read = read(&call);
    assert_eq!(read["error"], Json::Null);
    assert_eq!(read["cause"].take(), expected["cause"].take());
    assert_eq!(read, expected);
}

#[test]
fn an_outcome_that_was_planned_for_flags_nothing() {
    let mut call = get_item(404);
    call.attributes.retain(|pair| pair.key.as_str() != "error");
    call.attributes.push(KeyValue::new("error", false));
    call.attributes.push(KeyValue::new("error.type", "NotFound"));
    let expected =
        with(get_item_document(), json!({"/http/response/status": 404, "/annotations/error_type": "NotFound"}));
    assert_eq!(read(&call), expected);
}

#[test]
fn recorded_exceptions_are_the_cause_and_other_events_are_metadata() {
    let mut task = child("run", SpanKind::Internal);
    let exception = vec![
        KeyValue::new("exception.type", "io::Error"),
        KeyValue::new("exception.message", "disk full"),
        KeyValue::new("exception.stacktrace", "0: main\n   at ./main.rs:3:1"),
    ];
    task.events.events = vec![
        Event::new("exception", at(10), exception, 0),
        Event::new("stage out", at(20), vec![KeyValue::new("files", 2)], 0),
    ];
    task.status = Status::error("disk full");
    let read = read(&task);
    let exceptions = json!({"exceptions": [{
        "id": EXCEPTION,
        "type": "io::Error",
        "message": "disk full",
        "stack": [{"path": "./main.rs", "line": 3, "label": "main"}],
    }]});
    let events = json!([{"name": "stage out", "time": 1795236024.00002, "attributes": {"files": 2}}]);
    assert_eq!(
        json!([read["fault"], read["cause"], read["metadata"]["spawn"]["events"]]),
        json!([true, exceptions, events])
    );
}
