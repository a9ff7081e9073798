//! Every reader against the W3C's cases of malformed contexts, and what else may come from outside.

mod order;

use std::collections::{BTreeMap, HashMap};

use aws_smithy_types::base64;
use opentelemetry::Context;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::*;

/// What is carried, and what is read of it: `traceparent` and `tracestate`, or nothing.
#[derive(Debug, Deserialize)]
struct Case {
    why: String,
    traceparent: String,
    tracestate: Option<String>,
    reads: Option<(String, Option<String>)>,
}

/// A header of AWS, what is read of it, and whether the decision is left to us.
#[derive(Debug, Deserialize)]
struct HeaderCase {
    why: String,
    header: String,
    reads: Option<String>,
    open: bool,
}

/// The headers of a request, and what is read of them.
#[derive(Debug, Deserialize)]
struct RequestCase {
    why: String,
    headers: Vec<(String, String)>,
    reads: Option<(String, Option<String>)>,
}

fn read_cases<'a, T: Deserialize<'a>>(lines: &'a str) -> Vec<T> {
    let cases: Vec<_> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() >= 20, "{}", cases.len());
    cases
}

fn cases() -> Vec<Case> {
    read_cases(include_str!("../../../tests/data/hostile/contexts.jsonl"))
}

fn written(context: Context) -> (String, Option<String>) {
    (traceparent(&context).unwrap(), tracestate(&context))
}

/// What each reader of the W3C's form makes of the two.
fn readers(traceparent: &str, tracestate: Option<&str>) -> Vec<(&'static str, Option<Context>)> {
    let pairs = || [Some(("traceparent", traceparent)), tracestate.map(|it| ("tracestate", it))].into_iter().flatten();
    let owned = || pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let variables: BTreeMap<_, _> = owned().map(|(name, value)| (name.to_uppercase(), value)).collect();
    let metadata: HashMap<_, _> = owned().collect();
    let lookup = |name: &str| pairs().find(|(own, _)| *own == name).map(|(_, value)| value);
    let detail = json!(owned().collect::<BTreeMap<_, _>>());
    let attributes: serde_json::Map<_, _> =
        owned().map(|(name, value)| (name, json!({ "Type": "String", "Value": value }))).collect();
    let envelope = json!({ "Type": "Notification", "Message": "hi", "MessageAttributes": attributes }).to_string();
    let mut event = json!({ "version": "0", "source": "s", "detail-type": "t", "detail": detail }).to_string();
    let cloud_event = detail.to_string();
    let client_context = json!({ "client": {}, "custom": detail, "env": null }).to_string();
    let mut all = vec![
        ("text", remote_context(traceparent, tracestate).ok()),
        ("headers", from_headers(pairs())),
        ("environment", from_environment(&variables)),
        ("metadata", from_metadata(&metadata)),
        ("item", from_item(lookup)),
        ("message", from_message(lookup, None, "{}")),
        ("envelope", from_message(|_| None, None, &envelope)),
        ("event in a message", from_message(|_| None, None, &event)),
        ("event", from_event(&event)),
        ("cloud event", from_event(&cloud_event)),
        ("client context", from_client_context(&base64::encode(&client_context))),
        ("client context as JSON", from_client_context(&client_context)),
    ];
    event.insert(0, ' ');
    all.push(("event behind a space", from_event(&event)));
    all
}

/// What each reader of AWS's form makes of it.
fn header_readers(header: &str) -> Vec<(&'static str, Option<Context>)> {
    let variables = BTreeMap::from([("_X_AMZN_TRACE_ID".to_owned(), header.to_owned())]);
    vec![
        ("text", from_xray_header(header).ok()),
        ("headers", from_headers([("X-Amzn-Trace-Id", header)])),
        ("environment", from_environment(&variables)),
        ("environment of a function", from_lambda_environment(&variables)),
        ("message", from_message(|_| None, Some(header), "hi")),
    ]
}

#[test]
fn every_reader_reads_what_is_sound_and_nothing_else() {
    for Case { why, traceparent, tracestate, reads } in cases() {
        for (reader, context) in readers(&traceparent, tracestate.as_deref()) {
            assert_eq!(context.map(written), reads, "{reader}: {why}");
        }
    }
}

#[test]
fn every_reader_of_awss_form_reads_what_is_sound_and_nothing_else() {
    let cases = include_str!("../../../tests/data/hostile/trace_headers.jsonl");
    for HeaderCase { why, header, reads, open } in read_cases(cases) {
        for (reader, context) in header_readers(&header) {
            let is_open = context.as_ref().is_some_and(|context| context.get::<Undecided>().is_some());
            assert_eq!((context.and_then(|it| traceparent(&it)), is_open), (reads.clone(), open), "{reader}: {why}");
        }
    }
}

#[test]
fn headers_are_read_together() {
    let cases = include_str!("../../../tests/data/hostile/headers.jsonl");
    for RequestCase { why, headers, reads } in read_cases(cases) {
        let context = from_headers(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        assert_eq!(context.map(written), reads, "{why}");
    }
}

#[test]
fn what_is_written_on_is_safe_in_a_header_a_variable_and_a_message() {
    for Case { why, traceparent, tracestate, .. } in cases() {
        let Ok(context) = remote_context(&traceparent, tracestate.as_deref()) else { continue };
        let carried = to_environment(&context).into_values().chain(to_metadata(&context).into_values());
        let carried = carried.chain(to_item(&context).into_values()).chain(to_client_context(&context));
        for value in carried.chain(xray_header(&context)) {
            assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{why}: {value:?}");
        }
    }
}

proptest! {
    #[test]
    fn all_readers_agree_on_any_text(
        traceparent in "(00|cc|ff)-[0-9a-f]{31,33}-[0-9a-f]{16}-0[0-3].{0,2}|.{0,60}",
        tracestate in proptest::option::of("([a-z@]{1,3}=[ -~]{0,6},?){0,4}|.{0,60}"),
    ) {
        let all = readers(&traceparent, tracestate.as_deref());
        let first = all[0].1.clone().map(written);
        for (reader, context) in all {
            prop_assert_eq!(context.map(written), first.clone(), "{}", reader);
        }
    }

    #[test]
    fn all_readers_of_awss_form_agree_on_any_text(header in "(Root=1-|Parent=|Sampled=|;|[0-9a-f]{8}|-|[01?]|.){0,24}") {
        let all = header_readers(&header);
        let first = all[0].1.clone().map(written);
        for (reader, context) in all {
            prop_assert_eq!(context.map(written), first.clone(), "{}", reader);
        }
    }

    #[test]
    fn no_body_makes_a_reader_panic(body in ".{0,200}", json in "[{}\\[\\]\":,a-zA-Z \\\\]{0,80}") {
        for text in [body, format!("{{\"traceparent\":{json}"), json] {
            let _read = (from_event(&text), from_client_context(&text), from_message(|_| None, None, &text));
        }
    }
}
