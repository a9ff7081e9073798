//! One member of a JSON object, found without a tree of what is around it.

use std::fmt;

use opentelemetry::Value;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Text(String),
    Number(i64),
    /// Length of a list.
    Length(usize),
}

impl Found {
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Number(number) => number.into(),
            Self::Length(length) => i64::try_from(length).unwrap_or(i64::MAX).into(),
        }
    }
}

/// The member of this name. What follows it is not looked at.
pub(super) fn of_json(body: &[u8], name: &str) -> Option<Found> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(body);
    // An object that breaks behind the member has said what was asked for.
    match reader.deserialize_map(Object { name, found: &mut found }) {
        Ok(()) | Err(_) => found,
    }
}

/// An object, of which one member is wanted.
struct Object<'a> {
    name: &'a str,
    found: &'a mut Option<Found>,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(is_it) = members.next_key_seed(IsNamed(self.name))? {
            if is_it && self.found.is_none() {
                *self.found = members.next_value_seed(Simple)?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Whether a key is the wanted one, without a copy of it.
struct IsNamed<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for IsNamed<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<bool, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for IsNamed<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

/// A text, a whole number or a list; any other value says nothing.
struct Simple;

impl<'de> DeserializeSeed<'de> for Simple {
    type Value = Option<Found>;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Option<Found>, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Simple {
    type Value = Option<Found>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok((!text.is_empty()).then(|| Found::Text(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).ok().map(Found::Number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Found::Number(number)))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut length = 0;
        while list.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(Some(Found::Length(length)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Option<Found> {
        Some(Found::Text(text.to_owned()))
    }

    #[test]
    fn a_member_is_found_among_others_and_not_within_them() {
        let json = br#"{"Secret":{"ARN":"inner"},"List":[{"ARN":"inner"}],"ARN":"arn:\u00e9","More":1}"#;
        assert_eq!(of_json(json, "ARN"), text("arn:é"));
        assert_eq!(of_json(json, "More"), Some(Found::Number(1)));
        assert_eq!(of_json(json, "List"), Some(Found::Length(1)));
        assert_eq!(of_json(json, "Secret"), None);
        assert_eq!(of_json(json, "None"), None);
    }

    #[test]
    fn what_is_no_text_number_or_list_says_nothing() {
        for json in [r#"{"A":null}"#, r#"{"A":1.5}"#, r#"{"A":true}"#, r#"{"A":""}"#, r#"{"A":18446744073709551615}"#] {
            assert_eq!(of_json(json.as_bytes(), "A"), None, "{json}");
        }
        for json in ["", "[]", "\"A\"", "{\"A\"", "{\"A\":\"", "\u{0}"] {
            assert_eq!(of_json(json.as_bytes(), "A"), None, "{json}");
        }
        assert_eq!(of_json(b"{\"A\":\"\xff\"}", "A"), None);
        assert_eq!(of_json(br#"{"A":"told","B":"#, "A"), text("told"));
    }

    proptest! {
        #[test]
        fn no_body_panics(body in "[{}\\[\\],:\"A0-9.e\\\\u-]{0,60}") {
            of_json(body.as_bytes(), "A");
        }
    }
}
