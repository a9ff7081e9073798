//! Whose spans these are: the attributes that every span carries.

use std::sync::Arc;

use opentelemetry::{Context, KeyValue, Value};
use spawn_config::Identity;

use crate::attribute;

/// The part of an [`Identity`] that every span carries, beside the resource that says the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanIdentity {
    /// `i-…` on EC2, `local-HOSTNAME` or the operator's own name elsewhere.
    pub instance_id: String,
    /// `ec2` or `local`.
    pub provider: &'static str,
    /// The job array that the host works for.
    pub job_array_id: Option<String>,
    /// Index of the task in its job array.
    pub job_array_index: Option<u64>,
}

impl SpanIdentity {
    /// Takes from the host's identity what spans carry.
    #[must_use]
    pub fn of(identity: &Identity) -> Self {
        Self {
            instance_id: identity.instance_id.clone(),
            provider: identity.provider.as_str(),
            job_array_id: identity.job_array.as_ref().map(|array| array.id.clone()),
            job_array_index: identity.job_array.as_ref().and_then(|array| array.index),
        }
    }

    /// Nothing: a program that is none of spawn's says who it is by its resource.
    #[must_use]
    pub fn none() -> Self {
        Self { instance_id: String::new(), provider: "", job_array_id: None, job_array_index: None }
    }

    /// The attributes; cloning them copies no text.
    pub(crate) fn attributes(&self) -> Vec<KeyValue> {
        let Self { instance_id, provider, job_array_id, job_array_index } = self;
        if instance_id.is_empty() {
            return Vec::new();
        }
        let mut attributes = vec![
            KeyValue::new(attribute::SPAWN_INSTANCE_ID, shared(instance_id)),
            KeyValue::new(attribute::SPAWN_PROVIDER, *provider),
        ];
        if let Some(id) = job_array_id {
            attributes.push(KeyValue::new(attribute::SPAWN_JOB_ARRAY_ID, shared(id)));
        }
        if let Some(index) = job_array_index.and_then(|index| i64::try_from(index).ok()) {
            attributes.push(KeyValue::new(attribute::SPAWN_JOB_ARRAY_INDEX, index));
        }
        attributes
    }
}

/// Index of the task that the work in a context is for; a host may work on several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JobArrayIndex(pub(crate) i64);

/// Marks what runs in this context as work for the task of this index: every span of it carries the index.
#[must_use]
pub fn with_job_array_index(context: &Context, index: u32) -> Context {
    context.with_value(JobArrayIndex(i64::from(index)))
}

fn shared(text: &str) -> Value {
    Value::from(Arc::<str>::from(text))
}

#[cfg(test)]
mod tests {
    use spawn_config::{JobArray, Provider};

    use super::*;

    #[test]
    fn an_array_shows_only_where_there_is_one() {
        let alone = Identity::new(Provider::Local, "local-desk");
        assert_eq!(
            SpanIdentity::of(&alone).attributes(),
            [KeyValue::new("spawn.instance_id", "local-desk"), KeyValue::new("spawn.provider", "local")]
        );
        let array = JobArray { id: "array-1".to_owned(), name: None, index: Some(42) };
        let in_array = Identity { job_array: Some(array), ..Identity::new(Provider::Ec2, "i-0abc") };
        assert_eq!(
            SpanIdentity::of(&in_array).attributes(),
            [
                KeyValue::new("spawn.instance_id", "i-0abc"),
                KeyValue::new("spawn.provider", "ec2"),
                KeyValue::new("spawn.job_array_id", "array-1"),
                KeyValue::new("spawn.job_array_index", 42_i64),
            ]
        );
    }
}
