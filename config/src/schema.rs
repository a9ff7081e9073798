//! The JSON schema of `local.yaml`, made from the key table, for editors and for `spored config schema`.

use serde_json::{Map, Value, json};

use crate::Grammar;
use crate::key::{Key, keys};

/// JSON Schema, draft 2020-12.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = group();
    for key in keys() {
        if let Some(path) = key.path {
            insert(&mut schema, path, leaf(key));
        }
    }
    let mut head = Map::new();
    head.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    head.insert("title".to_owned(), json!("local.yaml of spawn"));
    head.extend(schema);
    Value::Object(head)
}

/// An empty mapping that takes no unknown key.
fn group() -> Map<String, Value> {
    let mut group = Map::new();
    group.insert("type".to_owned(), json!(["object", "null"]));
    group.insert("additionalProperties".to_owned(), json!(false));
    group.insert("properties".to_owned(), json!({}));
    group
}

fn insert(group_at: &mut Map<String, Value>, path: &str, leaf: Value) {
    let properties = group_at.entry("properties").or_insert_with(|| json!({}));
    let Value::Object(properties) = properties else {
        return;
    };
    match path.split_once('.') {
        None => {
            properties.insert(path.to_owned(), leaf);
        }
        Some((step, rest)) => {
            if let Value::Object(inner) = properties.entry(step).or_insert_with(|| Value::Object(group())) {
                insert(inner, rest, leaf);
            }
        }
    }
}

fn leaf(key: &Key) -> Value {
    let Value::Object(mut leaf) = form(key.grammar) else {
        return Value::Null;
    };
    leaf.insert("description".to_owned(), json!(key.sentence));
    Value::Object(leaf)
}

fn form(grammar: Grammar) -> Value {
    let text = json!({ "type": ["string", "null"], "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$" });
    match grammar {
        Grammar::Truth => json!({ "type": ["boolean", "null"] }),
        Grammar::Share => json!({ "type": ["number", "null"], "minimum": 0, "maximum": 1 }),
        Grammar::Percent => json!({ "type": ["number", "null"], "minimum": 0, "maximum": 100 }),
        Grammar::Whole => json!({ "type": ["integer", "null"], "minimum": 0 }),
        Grammar::Slots => json!({ "type": ["integer", "null"], "minimum": 1, "maximum": 1024 }),
        Grammar::Word(words) => {
            let words: Vec<_> = words.iter().map(|word| json!(word)).chain([Value::Null]).collect();
            json!({ "enum": words })
        }
        Grammar::Endpoint => json!({ "type": ["string", "null"], "pattern": "^(https?://.+)?$" }),
        Grammar::Instant => json!({ "type": ["string", "null"], "format": "date-time" }),
        Grammar::Span => {
            json!({ "type": ["string", "null"], "pattern": r"^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$" })
        }
        Grammar::Timeout => {
            json!({ "type": ["string", "null"], "pattern": r"^[0-9]+ms$|^([0-9]+h)?([0-9]+m)?([0-9]+s)?$" })
        }
        Grammar::Text => text,
        // Accounts and the like are digits, which YAML reads as a number.
        Grammar::Auto => json!({ "type": ["string", "number", "null"] }),
        Grammar::Map | Grammar::Secrets => {
            json!({ "type": ["object", "null"], "additionalProperties": { "type": ["string", "number", "boolean"] } })
        }
        Grammar::List => {
            json!({ "type": ["array", "null"], "items": { "type": "string", "minLength": 1 } })
        }
    }
}
