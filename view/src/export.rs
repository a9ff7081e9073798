//! Spans as OTLP's JSON, for collectors and other viewers.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, TracesData};

use crate::otlp::to_resource_spans;
use crate::span::Span;

/// Values within values that are looked into. OTLP's own readers take fewer.
const DEEP: usize = 64;

/// One object, as OTLP's file format has it: ids in hexadecimal, 64-bit integers as texts. A number that is none, which JSON has
/// no form for, becomes the text `NaN`, `inf` or `-inf`.
///
/// # Panics
/// Never: every message has a form.
pub fn otlp_json<'a>(spans: impl IntoIterator<Item = &'a Span>) -> String {
    let mut resource_spans = to_resource_spans(spans);
    resource_spans.iter_mut().for_each(each);
    serde_json::to_string(&TracesData { resource_spans }).expect("maps have texts as keys, and numbers are finite")
}

fn each(message: &mut ResourceSpans) {
    let pairs = |pairs: &mut Vec<KeyValue>| {
        pairs.iter_mut().filter_map(|pair| pair.value.as_mut()).for_each(|value| finite(value, DEEP))
    };
    if let Some(resource) = &mut message.resource {
        pairs(&mut resource.attributes);
    }
    for scope in &mut message.scope_spans {
        if let Some(scope) = &mut scope.scope {
            pairs(&mut scope.attributes);
        }
        for span in &mut scope.spans {
            pairs(&mut span.attributes);
            span.events.iter_mut().for_each(|event| pairs(&mut event.attributes));
            span.links.iter_mut().for_each(|link| pairs(&mut link.attributes));
        }
    }
}

fn finite(value: &mut AnyValue, deep: usize) {
    match &mut value.value {
        Some(Value::DoubleValue(number)) if !number.is_finite() => {
            value.value = Some(Value::StringValue(number.to_string()));
        }
        // What is deeper than anybody reads is told as such.
        Some(Value::ArrayValue(_) | Value::KvlistValue(_)) if deep == 0 => {
            value.value = Some(Value::StringValue("(nested too deeply)".to_owned()));
        }
        Some(Value::ArrayValue(list)) => list.values.iter_mut().for_each(|value| finite(value, deep - 1)),
        Some(Value::KvlistValue(map)) => {
            map.values.iter_mut().filter_map(|pair| pair.value.as_mut()).for_each(|value| finite(value, deep - 1));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::read_bytes;

    #[test]
    fn what_is_written_is_read_again_as_it_was_and_no_number_is_lost() {
        let line = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
            "scopeSpans":[{"scope":{"name":"lib"},"spans":[{"traceId":"6b021b310123456789abcdef01234567","spanId":"0123456789abcdef",
            "name":"pay","kind":3,"startTimeUnixNano":"1795302001000000001","endTimeUnixNano":"1795302001000000002",
            "attributes":[{"key":"n","value":{"intValue":"9007199254740993"}},{"key":"b","value":{"bytesValue":"AAEC"}}]}]}]}]}"#;
        let mut read = read_bytes("test", line.as_bytes());
        assert_eq!(read.problems, Vec::<String>::new());
        assert_eq!(read_bytes("again", otlp_json(&read.spans).as_bytes()).spans, read.spans);
        let number = |value| KeyValue {
            key: "x".to_owned(),
            value: Some(AnyValue { value: Some(Value::DoubleValue(value)) }),
            ..KeyValue::default()
        };
        read.spans[0].attributes = vec![number(f64::NAN), number(f64::INFINITY)];
        let text = otlp_json(&read.spans);
        assert!(text.contains("\"NaN\"") && text.contains("\"inf\"") && !text.contains("null"), "{text}");
    }
}
