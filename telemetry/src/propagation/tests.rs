//! Every reader against the cases of the W3C's own test suite, and what else may come from outside.

use std::collections::{BTreeMap, HashMap};

use opentelemetry::Context;
use serde::Deserialize;

use super::*;

/// What is carried, and what is read of it: `traceparent` and `tracestate`, or nothing.
#[derive(Debug, Deserialize)]
struct Case {
    why: String,
    traceparent: String,
    tracestate: Option<String>,
    reads: Option<(String, Option<String>)>,
}

fn cases() -> Vec<Case> {
    let cases = include_str!("../../../tests/data/hostile/contexts.jsonl");
    cases.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn written(context: Context) -> (String, Option<String>) {
    (traceparent(&context).unwrap(), tracestate(&context))
}

#[test]
fn every_reader_reads_what_is_sound_and_nothing_else() {
    let cases = cases();
    assert!(cases.len() > 50, "{}", cases.len());
    for Case { why, traceparent, tracestate, reads } in cases {
        let carried = [Some(("traceparent", &traceparent)), tracestate.as_ref().map(|state| ("tracestate", state))];
        let carried = || carried.into_iter().flatten().map(|(name, value)| (name.to_owned(), value.clone()));
        let variables: BTreeMap<_, _> = carried().map(|(name, value)| (name.to_uppercase(), value)).collect();
        let metadata: HashMap<_, _> = carried().collect();
        let readers = [
            ("headers", remote_context(&traceparent, tracestate.as_deref()).ok()),
            ("environment", from_environment(&variables)),
            ("metadata", from_metadata(&metadata)),
        ];
        for (reader, context) in readers {
            assert_eq!(context.map(written), reads, "{reader}: {why}");
        }
    }
}

#[test]
fn what_is_written_on_is_safe_in_a_header_a_variable_and_a_message() {
    for Case { why, traceparent, tracestate, .. } in cases() {
        let Ok(context) = remote_context(&traceparent, tracestate.as_deref()) else { continue };
        let carried = to_environment(&context).into_values().chain(to_metadata(&context).into_values());
        for value in carried.chain(xray_header(&context)) {
            assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{why}: {value:?}");
        }
    }
}
