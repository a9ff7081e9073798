//! Which members of the services' inputs name the resource of a call, and the attributes they become.
//!
//! The SDK's generated code captures plain text members of every operation on request, so that this needs no service
//! crate. It would capture payloads and tags as readily: [`member::SERVICES`] is all that is ever asked for.

mod member;
mod resource;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::telemetry::{CapturedTelemetryAttributes, RequestedTelemetryAttributes};
use aws_types::SigningName;
use opentelemetry::{Array, StringValue, Value};
use opentelemetry_semantic_conventions::attribute as semconv;

use super::kind::CallKind;
use crate::describe::Attributes;
use member::{Rule, SERVICES};
use resource::{is_arn, last_part, state_machine};

pub(super) use member::Member;
#[cfg(test)]
pub(super) use member::SERVICES as ALL_SERVICES;

/// What the SDK is asked to capture of each service's inputs.
///
/// It is put together once, and for each service by itself: the SDK looks each member of an input up in the list that
/// it is given, and the list is copied for each call.
#[derive(Debug)]
pub(super) struct Requests([RequestedTelemetryAttributes; SERVICES.len()]);

impl Requests {
    pub(super) fn new() -> Self {
        Self(SERVICES.each_ref().map(|service| {
            let mut request = RequestedTelemetryAttributes::default();
            request.capture_only(service.members.iter().map(|member| member.name));
            request
        }))
    }

    /// The request for a call of the client that this is the configuration of; what the client's owner asks the SDK for
    /// stays asked for. `None` where nothing is wanted.
    pub(super) fn of(&self, cfg: &ConfigBag) -> Option<RequestedTelemetryAttributes> {
        let signing_name = cfg.load::<SigningName>()?.as_ref();
        let place = SERVICES.iter().position(|service| service.signing_name == signing_name)?;
        let ours = self.0.get(place)?;
        match cfg.load::<RequestedTelemetryAttributes>() {
            Some(owners) if !owners.is_empty() => {
                let mut request = owners.clone();
                request.capture_only(SERVICES.get(place)?.members.iter().map(|member| member.name));
                Some(request)
            }
            _ => Some(ours.clone()),
        }
    }
}

/// The members that describe calls of this operation.
pub(super) fn members(service: &str, operation: &str) -> Vec<&'static Member> {
    let service = SERVICES.iter().find(|known| known.ids.contains(&service));
    let members = service.map_or(&[][..], |service| service.members);
    members.iter().filter(|member| member.is_of(operation)).collect()
}

/// Adds the attributes that the captured members become. What only one member can become is added without a look at
/// what is there.
pub(super) fn describe(captured: &CapturedTelemetryAttributes, kind: &CallKind, into: &mut Attributes) {
    let mut left = captured.iter().count();
    for member in &kind.members {
        if left == 0 {
            break;
        }
        // Very few are captured of one call, and to compare them all is quicker than to look one up.
        let Some((_, value)) = captured.iter().find(|(name, _)| *name == member.name) else {
            continue;
        };
        left -= 1;
        if !value.is_empty() {
            become_attributes(member.rule, value, kind, into);
        }
    }
}

fn become_attributes(rule: Rule, value: &str, kind: &CallKind, into: &mut Attributes) {
    match rule {
        Rule::Plain(key) => into.add(key, value.to_owned()),
        Rule::List(key) => into.set(key, only(value)),
        Rule::Arn(key) if is_arn(value) => into.set(key, value.to_owned()),
        Rule::Arn(_) => {}
        Rule::Name(key, before) => into.set(key, resource::name(value, before).to_owned()),
        Rule::Table => {
            let name = StringValue::from(Arc::<str>::from(resource::name(value, "table/")));
            into.add(semconv::AWS_DYNAMODB_TABLE_NAMES, Value::Array(Array::String(vec![name.clone()])));
            into.add(semconv::DB_COLLECTION_NAME, name);
        }
        Rule::Queue => {
            into.add(semconv::AWS_SQS_QUEUE_URL, value.to_owned());
            into.add(semconv::MESSAGING_DESTINATION_NAME, last_part(value, '/').to_owned());
        }
        Rule::Topic => topic(value, into),
        Rule::Subscription => topic(value.rsplit_once(':').map_or(value, |(topic, _)| topic), into),
        Rule::Function => function(value, kind, into),
        Rule::Execution => {
            if let Some(machine) = state_machine(value) {
                into.set(semconv::AWS_STEP_FUNCTIONS_STATE_MACHINE_ARN, machine);
            }
        }
        Rule::LogGroup => {
            into.set(semconv::AWS_LOG_GROUP_NAMES, only(resource::name(value, "log-group:")));
            if is_arn(value) {
                into.set(semconv::AWS_LOG_GROUP_ARNS, only(value));
            }
        }
    }
}

/// A list of this text alone.
fn only(value: &str) -> Value {
    Value::Array(Array::String(vec![StringValue::from(value.to_owned())]))
}

/// A topic, or the end point of a device that is published to without one.
fn topic(arn: &str, into: &mut Attributes) {
    let name = last_part(arn, ':');
    if !name.starts_with("endpoint/") {
        into.set(semconv::AWS_SNS_TOPIC_ARN, arn.to_owned());
    }
    into.set(semconv::MESSAGING_DESTINATION_NAME, name.to_owned());
}

/// `name`, `name:alias`, `account:function:name` or an ARN, as Lambda takes it.
fn function(value: &str, kind: &CallKind, into: &mut Attributes) {
    let name = resource::name(value, "function:");
    into.set(semconv::FAAS_INVOKED_NAME, name.split(':').next().unwrap_or(name).to_owned());
    into.set(semconv::FAAS_INVOKED_PROVIDER, "aws");
    if !kind.region().is_empty() {
        into.set(semconv::FAAS_INVOKED_REGION, kind.region().clone());
    }
    if is_arn(value) {
        into.set(semconv::AWS_LAMBDA_INVOKED_ARN, value.to_owned());
    }
}
