//! Holds a document against everything that X-Ray says of documents.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::*;
use crate::xray::limits::{ANNOTATION, ANNOTATIONS, DETAIL, DOCUMENT, EXCEPTIONS, FRAMES, MESSAGE, NAME, TEXT};

/// JSON in which no object has a key twice.
struct Strict(Json);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;
        impl<'de> Visitor<'de> for Values {
            type Value = Json;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("JSON")
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
                Ok(Json::from(flag))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
                Ok(Json::from(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
                Ok(Json::from(number))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
                Ok(Json::from(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::from(text))
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
                let mut list = Vec::new();
                while let Some(Strict(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(Json::Array(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
                let mut object = serde_json::Map::new();
                while let Some((key, Strict(value))) = fields.next_entry::<String, Strict>()? {
                    if object.insert(key.clone(), value).is_some() {
                        return Err(A::Error::custom(format!("{key:?} is there twice")));
                    }
                }
                Ok(Json::Object(object))
            }
        }
        deserializer.deserialize_any(Values).map(Self)
    }
}

/// Reads a document, and panics at the first thing that X-Ray would not take.
pub(super) fn checked(text: &str) -> Json {
    assert!(text.len() <= DOCUMENT, "{} bytes", text.len());
    let Strict(document) = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    segment(&document);
    assert!(is_trace_id(&document["trace_id"]), "{}", document["trace_id"]);
    match document.get("type") {
        None => {}
        Some(kind) => {
            assert_eq!(kind, "subsegment");
            assert!(is_id(&document["parent_id"]) && document.get("subsegments").is_none());
        }
    }
    for inner in document["subsegments"].as_array().into_iter().flatten() {
        segment(inner);
        assert!(["type", "trace_id", "parent_id"].iter().all(|field| inner.get(field).is_none()), "{inner}");
    }
    document
}

fn segment(part: &Json) {
    let name = part["name"].as_str().unwrap();
    assert!((1..=NAME).contains(&name.chars().count()) && !name.trim().is_empty(), "{name:?}");
    assert!(name.chars().all(|c| c.is_alphanumeric() || c == ' ' || "_.:/%&#=+-@".contains(c)), "{name:?}");
    assert!(is_id(&part["id"]), "{}", part["id"]);
    match (part["start_time"].as_f64().unwrap(), part["end_time"].as_f64(), part.get("in_progress")) {
        (start, Some(end), None) => assert!(0.0 <= start && start <= end),
        (start, None, Some(Json::Bool(true))) => assert!(0.0 <= start),
        other => panic!("{other:?}"),
    }
    for flag in ["error", "fault", "throttle"] {
        assert!(matches!(part.get(flag), None | Some(Json::Bool(true))), "{flag}");
    }
    assert!(matches!(part.get("namespace").map(|name| name.as_str().unwrap()), None | Some("aws" | "remote")));
    short(part.get("user"), TEXT);
    for block in ["http", "aws"] {
        short(part.get(block), DETAIL + 1);
    }
    short(part.get("sql"), MESSAGE + 1);
    annotations(part);
    cause(&part["cause"]);
    for link in part["links"].as_array().into_iter().flatten() {
        assert!(is_trace_id(&link["trace_id"]) && is_id(&link["id"]), "{link}");
    }
    for id in part["precursor_ids"].as_array().into_iter().flatten() {
        assert!(is_id(id), "{id}");
    }
    for (namespace, fields) in part["metadata"].as_object().into_iter().flatten() {
        assert!(!namespace.is_empty() && fields.is_object(), "{namespace}");
        assert!(namespace == "other" || fields.as_object().unwrap().keys().all(|key| !key.starts_with("AWS.")));
    }
    for block in ["aws", "http", "sql", "annotations", "cause"] {
        assert!(part.get(block).is_none_or(|block| *block != json!({})), "{block} is empty");
    }
}

fn annotations(part: &Json) {
    let Some(annotations) = part.get("annotations").map(|all| all.as_object().unwrap()) else { return };
    assert!(annotations.len() <= ANNOTATIONS);
    for (key, value) in annotations {
        assert!(!key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{key:?}");
        assert!(key.len() <= TEXT && !value.is_object() && !value.is_array() && !value.is_null(), "{key}: {value}");
        short(Some(value), ANNOTATION);
    }
}

fn cause(cause: &Json) {
    match cause {
        Json::Null => {}
        Json::String(_) => assert!(is_id(cause)),
        cause => {
            let exceptions = cause["exceptions"].as_array().unwrap();
            assert!((1..=EXCEPTIONS).contains(&exceptions.len()));
            let ids: BTreeSet<&str> = exceptions.iter().map(|exception| exception["id"].as_str().unwrap()).collect();
            assert!(ids.len() == exceptions.len() && exceptions.iter().all(|exception| is_id(&exception["id"])));
            for (number, exception) in exceptions.iter().enumerate() {
                short(Some(exception), MESSAGE + 1);
                assert!(exception["stack"].as_array().is_none_or(|frames| frames.len() <= FRAMES));
                // A cause is one of those behind it, so there are no loops.
                let behind = exceptions[number + 1..].iter().any(|other| other["id"] == exception["cause"]);
                assert!(exception.get("cause").is_none() || behind, "{cause}");
            }
        }
    }
}

/// All texts have at most so many characters.
fn short(value: Option<&Json>, longest: usize) {
    match value {
        Some(Json::String(text)) => assert!(text.chars().count() <= longest, "{text}"),
        Some(Json::Array(items)) => items.iter().for_each(|item| short(Some(item), longest)),
        Some(Json::Object(fields)) => fields.values().for_each(|field| short(Some(field), longest)),
        _ => {}
    }
}

fn is_id(value: &Json) -> bool {
    let is_hex = |id: &str| id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    value.as_str().is_some_and(|id| is_hex(id) && id != "0000000000000000")
}

fn is_trace_id(value: &Json) -> bool {
    let parts: Vec<&str> = value.as_str().unwrap_or_default().split('-').collect();
    let ["1", time, rest] = parts[..] else { return false };
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    time.len() == 8 && rest.len() == 24 && is_hex(time) && is_hex(rest)
}
