//! Parameters as JSON: a list of objects.

use super::{Cell, Fault, Place, Row, Value};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

pub(super) fn rows(text: &str) -> Result<Vec<Row>, Fault> {
    let first = text.len() - text.trim_start().len();
    if !text[first..].starts_with('[') {
        return Err((place(text, first), "no list of objects: write [{…}, {…}], one object for each task".to_owned()));
    }
    let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| fault(&error))?;
    items.into_iter().enumerate().map(|(index, item)| row(text, index, item)).collect()
}

fn row(text: &str, index: usize, item: &RawValue) -> Result<Row, Fault> {
    let here = place(text, offset(text, item));
    if !item.get().starts_with('{') {
        return Err((here, format!("task {index} is no object: write {{\"name\": value, …}}")));
    }
    let object: Object<'_> = serde_json::from_str(item.get()).map_err(|error| (here, error.to_string()))?;
    let cells = object.0.into_iter().map(|(name, value)| {
        Ok(Cell { place: place(text, offset(text, value)), name, value: of(value).map_err(|problem| (here, problem))? })
    });
    Ok(Row { place: here, cells: cells.collect::<Result<_, Fault>>()? })
}

/// Numbers and truths as they are written.
fn of(value: &RawValue) -> Result<Value, String> {
    let written = value.get();
    Ok(match written.as_bytes().first() {
        Some(b'{' | b'[') => Value::Nested,
        Some(b'n') | None => Value::Nothing,
        Some(b'"') => Value::Text(serde_json::from_str(written).map_err(|error| error.to_string())?),
        Some(_) => Value::Text(written.to_owned()),
    })
}

/// Where a piece of the text begins in it.
fn offset(text: &str, piece: &RawValue) -> usize {
    (piece.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

/// Line and column of a byte, the column in characters.
fn place(text: &str, offset: usize) -> Place {
    let before = &text[..offset];
    let line = before.rsplit('\n').next().unwrap_or_default();
    Place { line: before.matches('\n').count() as u64 + 1, column: line.chars().count() as u64 + 1 }
}

fn fault(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let problem = text.split(" at line ").next().unwrap_or(&text).to_owned();
    (Place { line: error.line() as u64, column: error.column() as u64 }, problem)
}

/// An object in the order of its text, with what stands there twice.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
