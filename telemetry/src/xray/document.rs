//! The segment document, field by field, in the order in which it is written.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};

/// A segment, a subsegment with a document of its own, or a subsegment within a segment.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent_id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    pub(super) start_time: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_time: Option<f64>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) in_progress: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service: Option<ServiceVersion>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) error: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) fault: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) throttle: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<Cause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) http: Option<Http>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) aws: Map<String, Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) links: Vec<Link>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) annotations: Map<String, Json>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) metadata: BTreeMap<&'static str, Map<String, Json>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) subsegments: Vec<Document>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ServiceVersion {
    pub(super) version: String,
}

/// Why it failed: told here, or, by its id, in the subsegment where it happened.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Cause {
    Told { exceptions: Vec<Exception> },
    Elsewhere(String),
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Exception {
    pub(super) id: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) remote: bool,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) truncated: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) stack: Vec<Frame>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Frame {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u32>,
    pub(super) label: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Http {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<Request>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<Response>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Request {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_ip: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_length: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Link {
    pub(super) trace_id: String,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) attributes: Map<String, Json>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}
