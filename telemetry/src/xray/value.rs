//! Attribute values as JSON.

use opentelemetry::{Array, Value};
use serde_json::Value as Json;

/// The value with its type kept; numbers that JSON lacks become text.
pub(super) fn json(value: &Value) -> Json {
    match value {
        Value::Bool(flag) => Json::Bool(*flag),
        Value::I64(number) => Json::from(*number),
        Value::F64(number) => float(*number),
        Value::String(text) => Json::from(text.as_str()),
        Value::Array(Array::Bool(items)) => items.iter().copied().map(Json::Bool).collect(),
        Value::Array(Array::I64(items)) => items.iter().copied().map(Json::from).collect(),
        Value::Array(Array::F64(items)) => items.iter().copied().map(float).collect(),
        Value::Array(Array::String(items)) => items.iter().map(|item| Json::from(item.as_str())).collect(),
        other => Json::from(other.to_string()),
    }
}

fn float(number: f64) -> Json {
    serde_json::Number::from_f64(number).map_or_else(|| Json::from(number.to_string()), Json::Number)
}

/// The text, cut at so many characters; a cut is marked.
pub(super) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
