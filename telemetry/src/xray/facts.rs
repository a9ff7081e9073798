//! What the attributes of a span say.

use opentelemetry::{Key, KeyValue, Value};

use super::scratch::Scratch;
use super::table::{PLACES, Place, Slot};
use crate::attribute;

/// What the translation itself goes by, whether it is shown or not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// Whether the span says that it is a call to AWS.
    pub(super) is_aws: bool,
    /// Whether the span is one attempt of a call.
    pub(super) is_attempt: bool,
    pub(super) error: Option<bool>,
    pub(super) throttled: bool,
    /// Attributes of which nothing is shown.
    pub(super) hidden: u32,
    /// Whether an attribute asks for a namespace of the metadata.
    pub(super) has_foreign: bool,
    pub(super) status: Option<i64>,
    /// Attribute of the error's type.
    error_type: Option<u32>,
}

/// The attributes of a span as they are shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) known: Known,
    attributes: &'a [KeyValue],
    pub(super) scratch: &'a Scratch,
}

impl Known {
    #[inline]
    pub(super) fn note(&mut self, slot: Slot, number: u32, value: &Value) {
        match slot {
            Slot::System => self.is_aws |= is_text(value, attribute::AWS_API),
            Slot::AwsService => self.is_aws = true,
            Slot::Resend => self.is_attempt = true,
            Slot::Error => self.error = flag(value),
            Slot::Throttled => self.throttled = flag(value) == Some(true),
            Slot::Status => self.status = whole(value),
            Slot::ErrorType => self.error_type = Some(number),
            _ => {}
        }
    }
}

impl<'a> Facts<'a> {
    pub(super) fn new(known: Known, attributes: &'a [KeyValue], scratch: &'a Scratch) -> Self {
        Self { known, attributes, scratch }
    }

    /// What is shown of a slot's attribute.
    #[inline]
    pub(super) fn get(&self, slot: Slot) -> Option<&'a Value> {
        self.scratch.shown(self.attributes, slot)
    }

    /// The text of a slot's attribute, if it is one and not empty.
    #[inline]
    pub(super) fn text(&self, slot: Slot) -> Option<&'a str> {
        text(self.get(slot)?)
    }

    /// Slots that have an attribute, of those in a mask with a bit for each.
    #[inline]
    pub(super) fn filled(&self, mask: u128) -> impl Iterator<Item = &'static Place> + use<> {
        let mut left = self.scratch.filled_bits() & mask;
        std::iter::from_fn(move || {
            let place = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            PLACES.get(place as usize)
        })
    }

    /// What is shown of an attribute.
    pub(super) fn at(&self, handle: u32) -> &'a Value {
        self.scratch.value(self.attributes, handle)
    }

    /// The error's type, whether it is shown or not.
    pub(super) fn error_type(&self) -> &'a str {
        let value = self.known.error_type.and_then(|number| self.attributes.get(number as usize));
        value.and_then(|pair| text(&pair.value)).unwrap_or_default()
    }

    /// Attributes that X-Ray has no place for.
    pub(super) fn rest(&self) -> impl Iterator<Item = (&'a Key, &'a Value)> {
        let Self { attributes, scratch, .. } = *self;
        scratch.rest.iter().map(move |handle| (scratch.key(attributes, *handle), scratch.value(attributes, *handle)))
    }

    /// The service as the SDK names it, for example `DynamoDB`.
    pub(super) fn service(&self) -> Option<&'a str> {
        let in_method = || self.text(Slot::RpcMethod)?.split_once('/').map(|(service, _)| service);
        self.text(Slot::RpcService).or_else(in_method).or_else(|| self.text(Slot::AwsService))
    }

    /// The operation, for example `GetItem`.
    pub(super) fn operation(&self) -> Option<&'a str> {
        self.text(Slot::Operation).or_else(|| self.text(Slot::RpcMethod).map(last_part))
    }
}

/// What is behind the last slash.
pub(super) fn last_part(text: &str) -> &str {
    // Three times for each call, of a few bytes: what searches long texts fast takes longer.
    text.bytes().rposition(|byte| byte == b'/').map_or(text, |place| &text[place + 1..])
}

/// A text that is not empty.
pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) if !text.as_str().is_empty() => Some(text.as_str()),
        _ => None,
    }
}

fn is_text(value: &Value, expected: &str) -> bool {
    text(value) == Some(expected)
}

/// A whole number, or a text that is one.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::I64(number) => Some(*number),
        Value::String(text) => text.as_str().parse().ok(),
        _ => None,
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.as_str().parse().ok(),
        _ => None,
    }
}
