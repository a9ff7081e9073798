//! The `aws` block of a call: what was asked of which service, and under which id.

use opentelemetry::{Array, Value};
use serde_json::{Map, Value as Json};

use super::facts::Facts;
use super::value::{cut, json};

/// Longest text in the block, in characters; the longest S3 key fits.
const LONGEST: usize = 1024;
/// Most items of a list in the block.
const MOST: usize = 100;

/// The block, in X-Ray's field names.
pub(super) fn block(facts: &Facts<'_>) -> Map<String, Json> {
    let mut block = Map::new();
    let texts = [
        ("operation", facts.operation()),
        ("region", facts.aws_region.as_deref().or(facts.cloud_region.as_deref())),
        ("request_id", facts.request_id.as_deref()),
        ("id_2", facts.extended_request_id.as_deref()),
    ];
    for (field, text) in texts {
        if let Some(text) = text {
            block.insert(field.to_owned(), Json::from(cut(text, LONGEST)));
        }
    }
    if let Some(attempts) = facts.attempts {
        block.insert("retries".to_owned(), Json::from(attempts.saturating_sub(1).max(0)));
    }
    for (field, value) in &facts.subjects {
        let (field, value) = subject(field, value);
        match (block.get_mut(field), value) {
            // Several attributes name resources; all of them count.
            (Some(Json::Array(known)), Json::Array(more)) => known.extend(more),
            (_, value) => drop(block.insert(field.to_owned(), value)),
        }
    }
    block
}

fn subject(field: &'static str, value: &Value) -> (&'static str, Json) {
    match (field, value) {
        ("table_names", Value::Array(Array::String(names))) if names.len() == 1 => {
            ("table_name", Json::from(cut(names[0].as_str(), LONGEST)))
        }
        ("table_names", Value::String(name)) => ("table_name", Json::from(cut(name.as_str(), LONGEST))),
        ("resource_names", Value::String(name)) => (field, Json::from(vec![cut(name.as_str(), LONGEST)])),
        _ => (field, short(json(value))),
    }
}

fn short(value: Json) -> Json {
    match value {
        Json::String(text) => Json::from(cut(&text, LONGEST)),
        Json::Array(items) => items.into_iter().take(MOST).map(short).collect(),
        other => other,
    }
}
