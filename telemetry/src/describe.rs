//! How the calls of one service are described: the seam through which typed knowledge of a service comes in.

use std::fmt::Debug;

use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use aws_smithy_types::byte_stream::ByteStream;
use opentelemetry::{KeyValue, Value};

/// Which call it is, in the SDK's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallName<'a> {
    /// Service id, for example `DynamoDB`.
    pub service: &'a str,
    /// Operation, for example `GetItem`.
    pub operation: &'a str,
}

/// Tells what calls were about, from their typed inputs and outputs.
///
/// It is asked about recorded calls only. A panic in it costs the attributes that it would have set, never the call.
pub trait DescribeCall: Send + Sync + Debug {
    /// Adds what the input tells; the plain text members that many services share are there already.
    fn input(&self, call: &CallName<'_>, input: &Input, into: &mut Attributes);

    /// Adds what the output of a successful call tells.
    fn output(&self, call: &CallName<'_>, output: &Output, into: &mut Attributes);

    /// The body of an output that is a stream. What it ends with is the call's end, and that of the wrappers that the
    /// SDK puts around it, such as the one that checks S3's checksums; a body that is not named here is watched within them.
    fn body<'a>(&self, call: &CallName<'_>, output: &'a mut Output) -> Option<&'a mut ByteStream> {
        let _ = (call, output);
        None
    }

    /// Whether the call asked for work and found none; without a parent such a call is no story and makes no span.
    fn is_empty_poll(&self, call: &CallName<'_>, output: &Output) -> bool {
        let _ = (call, output);
        false
    }
}

/// Describes nothing beyond what every call has.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDescription;

impl DescribeCall for NoDescription {
    fn input(&self, _: &CallName<'_>, _: &Input, _: &mut Attributes) {}

    fn output(&self, _: &CallName<'_>, _: &Output, _: &mut Attributes) {}
}

/// The attributes of a span in the making; each key is there once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(Vec<KeyValue>);

impl Attributes {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Sets an attribute; an earlier value of the same key is replaced.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|attribute| attribute.key.as_str() == key) {
            Some(attribute) => attribute.value = value,
            None => self.add(key, value),
        }
    }

    /// Adds an attribute whose key is known to be new.
    pub(crate) fn add(&mut self, key: &'static str, value: impl Into<Value>) {
        self.0.push(KeyValue::new(key, value));
    }

    pub(crate) fn extend(&mut self, attributes: &[KeyValue]) {
        self.0.extend_from_slice(attributes);
    }

    pub(crate) fn into_vec(self) -> Vec<KeyValue> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_there_once_with_its_last_value() {
        let mut attributes = Attributes::default();
        attributes.set("a", 1);
        attributes.set("b", 2);
        attributes.set("a", "three");
        assert_eq!(attributes.into_vec(), [KeyValue::new("a", "three"), KeyValue::new("b", 2)]);
    }
}
