//! Attributes as a JSON object, with nothing of them lost on the way.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use serde_json::{Map, Number, Value};

use crate::span::json_of;

/// The largest whole number that every reader of JSON has exactly: 2 to the power of 53.
const EXACT: i128 = 1 << 53;

/// These attributes, in the order in which they were said. A key that was said again has `#2`, `#3` and so on behind it.
pub(super) fn object(attributes: &[KeyValue]) -> Map<String, Value> {
    let mut object = Map::new();
    for KeyValue { key, value, .. } in attributes {
        let value = value.as_ref().and_then(|value| value.value.as_ref()).map(json_of).unwrap_or_default();
        let mut name = key.clone();
        let mut again = 1;
        while object.contains_key(&name) {
            again += 1;
            name = format!("{key}#{again}");
        }
        object.insert(name, exact(value));
    }
    object
}

/// Numbers that would be rounded become text. Lists and maps within are as deep as their writer made them, and protobuf
/// allows a hundred.
fn exact(value: Value) -> Value {
    match value {
        Value::Number(number) if rounded(&number) => Value::String(number.to_string()),
        Value::Array(values) => values.into_iter().map(exact).collect(),
        Value::Object(pairs) => Value::Object(pairs.into_iter().map(|(key, value)| (key, exact(value))).collect()),
        other => other,
    }
}

fn rounded(number: &Number) -> bool {
    number.as_i128().is_some_and(|number| !(-EXACT..=EXACT).contains(&number))
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::AnyValue;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use serde_json::json;

    use super::*;

    fn pair(key: &str, value: Any) -> KeyValue {
        KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
    }

    #[test]
    fn a_key_said_twice_is_there_twice() {
        let said = [pair("a", Any::IntValue(1)), pair("b", Any::BoolValue(true)), pair("a", Any::IntValue(2))];
        assert_eq!(Value::Object(object(&said)), json!({"a": 1, "b": true, "a#2": 2}));
    }

    #[test]
    fn a_number_that_a_reader_would_round_is_text() {
        let said = [pair("exact", Any::IntValue(1 << 53)), pair("large", Any::IntValue(i64::MAX))];
        let expected = json!({"exact": 9_007_199_254_740_992_i64, "large": "9223372036854775807"});
        assert_eq!(Value::Object(object(&said)), expected);
    }
}
