//! Takes the fields of a document one by one, so that what nobody took can be kept as it is.

use std::collections::HashSet;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use serde_json::{Map, Value as Json};

/// Before the names of fields that have no attribute.
pub(super) const PREFIX: &str = "aws.xray.";
/// The attribute that lists fields whose type is another than X-Ray's.
pub(crate) const MISREAD: &str = "aws.xray.misread";

/// An object of which fields are taken.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Where it is in its document, with a dot behind.
    path: &'static str,
    map: Map<String, Json>,
}

/// What has been made of fields.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) attributes: Vec<KeyValue>,
    /// The keys of the attributes: a document may have a hundred thousand.
    keys: HashSet<String>,
    /// Fields whose type is another than X-Ray's.
    pub(super) misread: Vec<String>,
}

impl Fields {
    pub(super) fn of(path: &'static str, map: Map<String, Json>) -> Self {
        Self { path, map }
    }

    /// Takes a field of a type; `wanted` makes of it what is wanted, or gives it back.
    pub(super) fn take<T>(
        &mut self,
        key: &str,
        read: &mut Read,
        wanted: impl FnOnce(Json) -> Result<T, Json>,
    ) -> Option<T> {
        match self.map.remove(key)? {
            Json::Null => None,
            value => match wanted(value) {
                Ok(wanted) => Some(wanted),
                Err(value) => {
                    read.misread.push(format!("{}{key}", self.path));
                    self.map.insert(key.to_owned(), value);
                    None
                }
            },
        }
    }

    pub(super) fn text(&mut self, key: &str, read: &mut Read) -> Option<String> {
        self.take(key, read, |value| if let Json::String(text) = value { Ok(text) } else { Err(value) })
    }

    pub(super) fn flag(&mut self, key: &str, read: &mut Read) -> bool {
        self.take(key, read, |value| value.as_bool().ok_or(value)).unwrap_or_default()
    }

    /// An instant, seconds since 1970; some writers quote it.
    pub(super) fn instant(&mut self, key: &str, read: &mut Read) -> Option<u64> {
        self.take(key, read, |value| instant(&value).ok_or(value))
    }

    pub(super) fn list(&mut self, key: &str, read: &mut Read) -> Vec<Json> {
        self.take(key, read, |value| if let Json::Array(list) = value { Ok(list) } else { Err(value) })
            .unwrap_or_default()
    }

    pub(super) fn object(&mut self, key: &str, path: &'static str, read: &mut Read) -> Self {
        let map = self.take(key, read, |value| if let Json::Object(map) = value { Ok(map) } else { Err(value) });
        Self { path, map: map.unwrap_or_default() }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        self.map.get(key)
    }

    /// Takes all that is left.
    pub(super) fn rest(&mut self) -> Map<String, Json> {
        std::mem::take(&mut self.map)
    }

    /// Takes a field as it is.
    pub(super) fn any(&mut self, key: &str) -> Option<Json> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    /// Keeps what is left under its own path.
    pub(super) fn keep_rest(&mut self, read: &mut Read) {
        for (key, value) in self.rest() {
            if !value.is_null() {
                read.say(&format!("{PREFIX}{}{key}", self.path), value);
            }
        }
    }
}

impl Read {
    /// Says an attribute, unless it was said.
    pub(super) fn say(&mut self, key: &str, value: impl Into<Json>) {
        if self.keys.insert(key.to_owned()) {
            self.attributes.push(pair(key, value.into()));
        }
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.attributes.iter().find(|pair| pair.key == key)?.value.as_ref()?.value.as_ref()? {
            Any::StringValue(text) => Some(text),
            _ => None,
        }
    }
}

/// An attribute.
pub(super) fn pair(key: &str, value: Json) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() }
}

/// JSON as a value of OTLP's; an integer beyond 64 bits is a text.
pub(super) fn any(value: Json) -> AnyValue {
    let value = match value {
        Json::Null => None,
        Json::Bool(truth) => Some(Any::BoolValue(truth)),
        Json::Number(number) => Some(match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Any::IntValue(number),
            (None, Some(double)) if !number.is_u64() => Any::DoubleValue(double),
            _ => Any::StringValue(number.to_string()),
        }),
        Json::String(text) => Some(Any::StringValue(text)),
        Json::Array(values) => Some(Any::ArrayValue(ArrayValue { values: values.into_iter().map(any).collect() })),
        Json::Object(map) => {
            let values = map.into_iter().map(|(key, value)| pair(&key, value)).collect();
            Some(Any::KvlistValue(KeyValueList { values }))
        }
    };
    AnyValue { value }
}

/// An instant to the microsecond, which is what a number of JSON can hold of one of our time.
pub(super) fn instant(value: &Json) -> Option<u64> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    let microseconds = (seconds * 1e6).round();
    (seconds.is_finite() && seconds >= 0.0).then(|| (microseconds as u64).saturating_mul(1000))
}
