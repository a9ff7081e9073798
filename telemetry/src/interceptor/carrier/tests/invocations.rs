//! The client context of an invocation.

use aws_smithy_types::base64;

use super::*;

/// The client context that leaves with an invocation of this kind, given the caller's.
fn invoked(kind: Option<&str>, callers: Option<String>, own: &SpanContext) -> Option<String> {
    let headers =
        [kind.map(|kind| ("x-amz-invocation-type", kind.to_owned())), callers.map(|it| ("x-amz-client-context", it))];
    let headers: Vec<_> = headers.into_iter().flatten().collect();
    let mut request = request("payload", &headers);
    Carrier::Invocation.put(Some(own), &mut request);
    assert_eq!(sent(&request), "payload");
    request.headers().get("x-amz-client-context").map(str::to_owned)
}

fn decoded(context: Option<String>) -> String {
    String::from_utf8(base64::decode(context.unwrap()).unwrap()).unwrap()
}

#[test]
fn a_synchronous_invocation_carries_the_context() {
    let expected = format!(r#"{{"custom":{{"traceparent":"{TRACEPARENT}","tracestate":"v=\""}}}}"#);
    for kind in [None, Some("RequestResponse")] {
        assert_eq!(decoded(invoked(kind, None, &own(Some("v=\"")))), expected);
    }
    for kind in ["Event", "DryRun"] {
        assert_eq!(invoked(Some(kind), None, &own(None)), None);
    }
}

#[test]
fn what_the_caller_says_in_it_stays() {
    let ours = format!(r#""traceparent":"{TRACEPARENT}""#);
    for (callers, expected) in [
        ("{}", format!(r#"{{"custom":{{{ours}}}}}"#)),
        (r#"{"client": {"a": 1.10}}"#, format!(r#"{{"client": {{"a": 1.10}},"custom":{{{ours}}}}}"#)),
        (r#"{"custom":{"a":"b"} , "env":null}"#, format!(r#"{{"custom":{{"a":"b",{ours}}} , "env":null}}"#)),
    ] {
        let context = invoked(None, Some(base64::encode(callers)), &own(None));
        assert_eq!(decoded(context.clone()), expected);
        assert_eq!(invoked(None, context.clone(), &own(None)), context, "once is enough");
    }
}

#[test]
fn a_client_context_that_is_set_odd_or_full_stays_as_it_is() {
    let full = format!(r#"{{"a":"{}"}}"#, "x".repeat(2_600));
    for callers in [
        r#"{"custom":{"tracestate":"a=1"}}"#,
        r#"{"custom":{"traceparent":"mine"}}"#,
        r#"{"custom":7}"#,
        "[]",
        "",
        &full,
    ] {
        let callers = base64::encode(callers);
        assert_eq!(invoked(None, Some(callers.clone()), &own(None)), Some(callers));
    }
    assert_eq!(invoked(None, Some("no base64!".to_owned()), &own(None)).as_deref(), Some("no base64!"));
}

#[test]
fn a_client_context_holds_3583_bytes_and_the_traceparent_goes_first() {
    let state = format!("v={}", "x".repeat(250));
    for (filling, has_state) in [(2_200, true), (2_400, false)] {
        let context =
            invoked(None, Some(base64::encode(format!(r#"{{"a":"{}"}}"#, "x".repeat(filling)))), &own(Some(&state)));
        let context = context.unwrap();
        assert!(context.len() <= 3_583, "{}", context.len());
        let custom: Value = serde_json::from_str(&decoded(Some(context))).unwrap();
        assert_eq!(custom["custom"]["traceparent"], TRACEPARENT);
        assert_eq!(custom["custom"]["tracestate"].is_string(), has_state);
    }
}
