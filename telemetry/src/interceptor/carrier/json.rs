//! JSON as it came, and the places in it where something can be put: all else stays byte for byte.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// An object of a document: its members in their order, and where it ends.
#[derive(Debug)]
pub(super) struct Object<'a> {
    text: &'a str,
    members: Vec<(Cow<'a, str>, &'a str)>,
}

/// What is put into a document, and where.
#[derive(Debug)]
pub(super) struct Insertions<'a> {
    document: &'a str,
    /// Offsets in the document; one place may have several.
    all: Vec<(usize, String)>,
}

impl<'a> Object<'a> {
    /// Reads an object; `None` for what is none, or has a name twice.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let raw: &'a RawValue = serde_json::from_str(text).ok()?;
        let Members(members) = serde_json::from_str(raw.get()).ok()?;
        let is_twice =
            |(at, (name, _)): (usize, &(Cow<'_, str>, _))| members[..at].iter().any(|(other, _)| other == name);
        if members.iter().enumerate().any(is_twice) {
            return None;
        }
        Some(Self { text: raw.get(), members })
    }

    /// The member of this name, as it stands in the text.
    pub(super) fn member(&self, name: &str) -> Option<&'a str> {
        self.members.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    pub(super) fn members(&self) -> &[(Cow<'a, str>, &'a str)] {
        &self.members
    }

    /// The object of this name: `Ok(None)` if it is absent, `Err` if it is no object.
    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, OddShape> {
        self.member(name).map(|text| Object::read(text).ok_or(OddShape)).transpose()
    }
}

/// A member is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OddShape;

/// The elements of an array, as they stand in the text; `None` for what is none.
pub(super) fn elements(text: &str) -> Option<Vec<&str>> {
    let all: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(all.into_iter().map(RawValue::get).collect())
}

/// The text that a JSON string stands for; `None` for what is none.
pub(super) fn text(json: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str(json).ok().map(|Text(text)| text)
}

/// This text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl<'a> Insertions<'a> {
    pub(super) fn into(document: &'a str) -> Self {
        Self { document, all: Vec::new() }
    }

    /// Puts members at the end of an object of the document; they are whole, as in `"name":value`.
    pub(super) fn members(&mut self, object: &Object<'_>, members: &[String]) {
        self.at_the_end(object.text, object.members.is_empty(), members);
    }

    /// Puts elements at the end of an array of the document.
    pub(super) fn elements(&mut self, array: &str, is_empty: bool, elements: &[String]) {
        self.at_the_end(array, is_empty, elements);
    }

    fn at_the_end(&mut self, part: &str, is_empty: bool, new: &[String]) {
        if new.is_empty() {
            return;
        }
        let comma = if is_empty { "" } else { "," };
        let begin = part.as_ptr().addr() - self.document.as_ptr().addr();
        // Both kinds end with one bracket, and white space around them is no part of them.
        self.all.push((begin + part.len() - 1, format!("{comma}{}", new.join(","))));
    }

    /// The document with all that was put into it; `None` if that is nothing.
    pub(super) fn apply(mut self) -> Option<String> {
        if self.all.is_empty() {
            return None;
        }
        self.all.sort_by_key(|(at, _)| *at);
        let added: usize = self.all.iter().map(|(_, text)| text.len()).sum();
        let mut edited = String::with_capacity(self.document.len() + added);
        let mut done = 0;
        for (at, text) in &self.all {
            edited.push_str(&self.document[done..*at]);
            edited.push_str(text);
            done = *at;
        }
        edited.push_str(&self.document[done..]);
        Some(edited)
    }
}

/// A string that is borrowed from the document where it has no escapes.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Names and values of an object, in their order.
struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push((name, value.get()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
