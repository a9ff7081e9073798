//! Annotations: the few values that traces are searched by. X-Ray indexes 50 a trace, so there are no others.

use opentelemetry::Value;
use serde_json::{Map, Value as Json};

use super::facts::Facts;
use super::value::{cut, json};

/// Longest text that X-Ray takes as an annotation, in characters, less one for the mark of a cut.
const LONGEST: usize = 999;

/// Who: instance, array, command.
pub(super) fn of_host(facts: &Facts<'_>) -> Map<String, Json> {
    facts.searched.iter().map(|(name, value)| ((*name).to_owned(), scalar(value))).collect()
}

/// What: service, operation, error.
pub(super) fn of_call(facts: &Facts<'_>) -> Map<String, Json> {
    let service = facts.aws_service.as_deref().map(str::to_owned);
    let service = service.or_else(|| facts.service().map(|name| name.to_lowercase().replace(' ', "")));
    let call = facts.is_aws_call();
    let texts = [
        ("aws_service", service.filter(|_| call)),
        ("aws_operation", facts.operation().filter(|_| call).map(str::to_owned)),
        ("error_type", facts.error_type.as_deref().map(str::to_owned)),
    ];
    let known = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Json::from(cut(&text?, LONGEST)))));
    known.collect()
}

/// Annotations are text, numbers and booleans; a list becomes text.
fn scalar(value: &Value) -> Json {
    match value {
        Value::String(text) => Json::from(cut(text.as_str(), LONGEST)),
        Value::Array(_) => Json::from(cut(&value.to_string(), LONGEST)),
        other => json(other),
    }
}
