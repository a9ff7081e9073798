//! What a request says of its call where the SDK captures nothing: lists, enums and what stands beside a secret.
//!
//! It is read from the first request as it is sent, and only for the few operations that are named here. A body that is
//! too large to be looked through in passing is left alone.

#[cfg(test)]
pub(super) mod tests;

use std::borrow::Cow;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use opentelemetry::{Array, StringValue, Value};
use opentelemetry_semantic_conventions::attribute as semconv;
use serde::Deserialize;

use crate::attribute;
use crate::describe::Attributes;

/// Largest body that is looked through: a quarter of a millisecond.
const LARGEST_BODY: usize = 256 * 1024;
/// Where events go that name no bus.
const DEFAULT_BUS: &str = "default";
const SECRET: &str = "SecureString";

/// What is looked for in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// How a function is invoked: a header.
    InvocationType,
    /// The buses of events, and how many events there are.
    Events,
    /// How many messages are published.
    Publications,
    /// The names of parameters that are no secrets.
    Parameters,
    /// The log groups and streams that are searched.
    Logs,
}

impl Sent {
    /// Where it is looked for, in the words of the reference.
    #[cfg(test)]
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::InvocationType => "request header `x-amz-invocation-type`",
            Self::Events => "request `Entries`",
            Self::Publications => "request `PublishBatchRequestEntries`",
            Self::Parameters => "request `Name`, `Names`",
            Self::Logs => "request `logGroupNames`, `logGroupIdentifiers`, `logStreamNames`",
        }
    }
}

/// What the requests of an operation are looked through for.
pub(super) fn of(service: &str, operation: &str) -> Option<Sent> {
    match (service, operation) {
        ("Lambda", "Invoke") => Some(Sent::InvocationType),
        ("EventBridge" | "CloudWatch Events", "PutEvents") => Some(Sent::Events),
        ("SNS", "PublishBatch") => Some(Sent::Publications),
        (
            "SSM",
            "GetParameter"
            | "GetParameters"
            | "GetParameterHistory"
            | "PutParameter"
            | "DeleteParameter"
            | "DeleteParameters"
            | "LabelParameterVersion"
            | "UnlabelParameterVersion",
        ) => Some(Sent::Parameters),
        ("CloudWatch Logs", "StartQuery" | "FilterLogEvents" | "StartLiveTail") => Some(Sent::Logs),
        _ => None,
    }
}

/// Adds what the request says. A body that is no text of the service's protocol says nothing.
pub(super) fn describe(sent: Sent, request: &HttpRequest, into: &mut Attributes) {
    if sent == Sent::InvocationType {
        let kind = request.headers().get("x-amz-invocation-type").unwrap_or("RequestResponse");
        into.set(attribute::AWS_LAMBDA_INVOCATION_TYPE, kind.to_owned());
        return;
    }
    let body = request.body().bytes().filter(|body| body.len() <= LARGEST_BODY);
    let Some(body) = body.and_then(|body| std::str::from_utf8(body).ok()) else { return };
    let understood = match sent {
        Sent::InvocationType => Ok(()),
        Sent::Events => serde_json::from_str(body).map(|events| buses(events, into)),
        Sent::Publications => {
            publications(body, into);
            Ok(())
        }
        Sent::Parameters => serde_json::from_str(body).map(|asked| parameters(asked, into)),
        Sent::Logs => serde_json::from_str(body).map(|searched| logs(searched, into)),
    };
    if let Err(error) = understood {
        tracing::debug!(%error, "reading what a request says of its call failed");
    }
}

#[derive(Deserialize)]
struct Events<'a> {
    #[serde(rename = "Entries", borrow)]
    entries: Vec<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "EventBusName", borrow)]
    bus: Option<Cow<'a, str>>,
}

fn buses(events: Events<'_>, into: &mut Attributes) {
    let name = |event: &Event<'_>| {
        let bus = event.bus.as_deref().unwrap_or(DEFAULT_BUS);
        bus.rsplit_once("event-bus/").map_or(bus, |(_, name)| name).to_owned()
    };
    let mut names: Vec<String> = events.entries.iter().map(name).collect();
    into.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, count(names.len()));
    names.sort_unstable();
    names.dedup();
    // Events of one call may go to several buses; then none is the destination.
    if let [name] = names.as_slice() {
        into.set(attribute::AWS_EVENTBRIDGE_BUS_NAME, name.clone());
        into.set(semconv::MESSAGING_DESTINATION_NAME, name.clone());
    }
}

/// A form, in which whatever a message holds is escaped: each entry has its id once.
fn publications(form: &str, into: &mut Attributes) {
    let ids = form.split('&').filter(|field| field.starts_with("PublishBatchRequestEntries.member."));
    let ids = ids.filter(|field| field.split_once('=').is_some_and(|(key, _)| key.ends_with(".Id")));
    into.set(semconv::MESSAGING_BATCH_MESSAGE_COUNT, count(ids.count()));
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    names: Vec<Cow<'a, str>>,
    #[serde(default)]
    with_decryption: bool,
    #[serde(rename = "Type", borrow)]
    kind: Option<Cow<'a, str>>,
}

fn parameters(asked: Parameters<'_>, into: &mut Attributes) {
    let Parameters { name, names, with_decryption, kind } = asked;
    if with_decryption || kind.as_deref() == Some(SECRET) {
        return;
    }
    list(attribute::AWS_SSM_PARAMETER_NAMES, name.into_iter().chain(names), into);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logs<'a> {
    #[serde(default, borrow)]
    log_group_names: Vec<Cow<'a, str>>,
    #[serde(default, borrow)]
    log_group_identifiers: Vec<Cow<'a, str>>,
    #[serde(default, borrow)]
    log_stream_names: Vec<Cow<'a, str>>,
}

fn logs(searched: Logs<'_>, into: &mut Attributes) {
    let Logs { log_group_names, log_group_identifiers, log_stream_names } = searched;
    let (arns, more): (Vec<_>, Vec<_>) = log_group_identifiers.into_iter().partition(|name| name.starts_with("arn:"));
    list(semconv::AWS_LOG_GROUP_NAMES, log_group_names.into_iter().chain(more), into);
    list(semconv::AWS_LOG_GROUP_ARNS, arns.into_iter(), into);
    list(semconv::AWS_LOG_STREAM_NAMES, log_stream_names.into_iter(), into);
}

/// Sets the list, unless it is empty.
fn list<'a>(key: &'static str, values: impl Iterator<Item = Cow<'a, str>>, into: &mut Attributes) {
    let values: Vec<StringValue> = values.map(|value| StringValue::from(value.into_owned())).collect();
    if !values.is_empty() {
        into.set(key, Value::Array(Array::String(values)));
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
