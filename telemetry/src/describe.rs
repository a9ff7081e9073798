//! How the calls of one service are described: the seam through which typed knowledge of a service comes in.

use std::fmt::Debug;

use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use aws_smithy_types::byte_stream::ByteStream;
use opentelemetry::{Array, KeyValue, StringValue, Value};

use crate::attribute;

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

/// Bytes of a text that a span keeps. No name that AWS takes is longer; whatever is would crowd out what matters.
const LONGEST_TEXT: usize = 4096;
/// Values of a list that a span keeps.
const MOST_VALUES: usize = 256;

/// The attributes of a span in the making; each key is there once.
///
/// A text that is too long is cut and ends with `…`; a list that is too long loses its end. `spawn.cut` names both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    all: Vec<KeyValue>,
    cut: Vec<&'static str>,
}

impl Attributes {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { all: Vec::with_capacity(capacity), cut: Vec::new() }
    }

    /// Sets an attribute; an earlier value of the same key is replaced.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        match self.all.iter().position(|attribute| attribute.key.as_str() == key) {
            Some(place) => {
                let mut value = value.into();
                self.bound(key, &mut value);
                self.all[place].value = value;
            }
            None => self.add(key, value),
        }
    }

    /// Whether there is a value of this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.all.iter().any(|attribute| attribute.key.as_str() == key)
    }

    /// Adds an attribute whose key is known to be new.
    #[inline]
    pub(crate) fn add(&mut self, key: &'static str, value: impl Into<Value>) {
        let mut value = value.into();
        self.bound(key, &mut value);
        self.all.push(KeyValue::new(key, value));
    }

    pub(crate) fn extend(&mut self, attributes: &[KeyValue]) {
        // Nearly all are texts, and to clone one as what it is is quicker than to find out what it is on the way.
        self.all.extend(attributes.iter().map(|pair| match &pair.value {
            Value::String(text) => KeyValue::new(pair.key.clone(), text.clone()),
            _ => pair.clone(),
        }));
    }

    /// Takes these over; what they say of a key counts.
    pub(crate) fn set_all(&mut self, attributes: Self) {
        for pair in attributes.all {
            match self.all.iter_mut().find(|attribute| attribute.key == pair.key) {
                Some(attribute) => *attribute = pair,
                None => self.all.push(pair),
            }
        }
        self.cut.extend(attributes.cut);
    }

    pub(crate) fn as_slice(&self) -> &[KeyValue] {
        &self.all
    }

    pub(crate) fn into_vec(mut self) -> Vec<KeyValue> {
        if !self.cut.is_empty() {
            let cut = self.cut.iter().map(|&key| StringValue::from(key)).collect();
            self.all.push(KeyValue::new(attribute::SPAWN_CUT, Value::Array(Array::String(cut))));
        }
        self.all
    }

    /// Leaves as much of a value as a span keeps, which is nearly always all of it.
    #[inline]
    fn bound(&mut self, key: &'static str, value: &mut Value) {
        let fits = match value {
            Value::String(text) => text.as_str().len() <= LONGEST_TEXT,
            Value::Array(_) => false,
            _ => true,
        };
        if !fits {
            self.cut_down(key, value);
        }
    }

    fn cut_down(&mut self, key: &'static str, value: &mut Value) {
        let was_cut = match value {
            Value::String(text) => cut(text),
            Value::Array(Array::String(texts)) => {
                let too_many = texts.len() > MOST_VALUES;
                texts.truncate(MOST_VALUES);
                texts.iter_mut().fold(too_many, |was_cut, text| cut(text) || was_cut)
            }
            _ => false,
        };
        if was_cut && !self.cut.contains(&key) {
            self.cut.push(key);
        }
    }
}

/// Cuts a text that is too long, and says whether it was.
fn cut(text: &mut StringValue) -> bool {
    let whole = text.as_str();
    if whole.len() <= LONGEST_TEXT {
        return false;
    }
    let end = whole.floor_char_boundary(LONGEST_TEXT - '…'.len_utf8());
    *text = StringValue::from(format!("{}…", &whole[..end]));
    true
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

    #[test]
    fn what_is_taken_over_counts_and_what_was_cut_of_it_is_named() {
        let (mut attributes, mut others) = (Attributes::default(), Attributes::default());
        attributes.set("a", 1);
        attributes.set("b", 2);
        others.set("c", "x".repeat(LONGEST_TEXT + 1));
        others.set("a", 3);
        attributes.set_all(others);
        let all = attributes.into_vec();
        let keys: Vec<&str> = all.iter().map(|pair| pair.key.as_str()).collect();
        assert_eq!(keys, ["a", "b", "c", "spawn.cut"]);
        assert_eq!((&all[0], &all[1]), (&KeyValue::new("a", 3), &KeyValue::new("b", 2)));
        assert_eq!(all[3].value, Value::Array(Array::String(vec!["c".into()])));
    }

    #[test]
    fn what_is_too_long_is_cut_and_named() {
        let mut attributes = Attributes::default();
        attributes.set("whole", "a".repeat(LONGEST_TEXT));
        attributes.set("text", "é".repeat(10_000));
        let names = vec![StringValue::from("n"); MOST_VALUES + 1];
        attributes.set("names", Value::Array(Array::String(names)));
        let all = attributes.into_vec();
        assert_eq!(all[0].value.as_str().len(), LONGEST_TEXT);
        assert_eq!(all[1].value.as_str(), format!("{}…", "é".repeat(2046)));
        assert!(matches!(&all[2].value, Value::Array(Array::String(names)) if names.len() == MOST_VALUES));
        let cut = Value::Array(Array::String(vec!["text".into(), "names".into()]));
        assert_eq!(all[3], KeyValue::new("spawn.cut", cut));
    }
}
