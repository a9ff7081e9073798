//! Parameters as YAML: a list of mappings. Scalars keep the text that was written.

use super::{Cell, Fault, Place, Row, Value};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, NonFiniteFloatPolicy, Spanned};
use std::fmt;

/// Nodes of a file: 10,000 tasks with fifty parameters each. What multiplies by aliases ends here.
const MOST_NODES: usize = 1_010_001;

pub(super) fn rows(text: &str) -> Result<Vec<Row>, Fault> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_nodes: MOST_NODES, max_events: 3 * MOST_NODES },
    };
    let read: Result<Option<Spanned<Node>>, _> = serde_saphyr::from_str_with_options(text, options);
    match read.map_err(|error| fault(&error))? {
        None => Ok(Vec::new()),
        Some(Spanned { value: Node::List(items), .. }) => {
            items.into_iter().enumerate().map(|(index, item)| row(text, index, item)).collect()
        }
        Some(other) => Err((place(&other.referenced), "no list of mappings: begin each task's with `- `".to_owned())),
    }
}

fn row(text: &str, index: usize, item: Spanned<Node>) -> Result<Row, Fault> {
    let here = place(&item.referenced);
    let Node::Map(pairs) = item.value else {
        return Err((here, format!("task {index} is no mapping: write `- name: value`")));
    };
    let cells = pairs.into_iter().map(|(name, value)| {
        let at = place(&name.referenced);
        let Value::Text(name) = of(text, name) else {
            return Err((at, format!("the name of a parameter of task {index} is no text")));
        };
        Ok(Cell { place: at, name, value: of(text, value) })
    });
    Ok(Row { place: here, cells: cells.collect::<Result<_, Fault>>()? })
}

fn of(text: &str, node: Spanned<Node>) -> Value {
    match node.value {
        Node::Nothing => Value::Nothing,
        Node::Typed => Value::Text(written(text, &node.defined).unwrap_or_default().to_owned()),
        Node::Text(text) => Value::Text(text),
        Node::List(_) | Node::Map(_) => Value::Nested,
    }
}

/// The piece of the source that a scalar was written as.
fn written<'a>(text: &'a str, location: &Location) -> Option<&'a str> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let end = start.checked_add(usize::try_from(span.byte_len()?).ok()?)?;
    text.get(start..end).map(str::trim_end)
}

fn place(location: &Location) -> Place {
    Place { line: location.line(), column: location.column() }
}

fn fault(error: &serde_saphyr::Error) -> Fault {
    let place = error.location().map_or(Place { line: 1, column: 0 }, |location| place(&location));
    if let serde_saphyr::Error::DuplicateMappingKey { key, .. } = error.without_snippet() {
        let key = key.as_deref().map_or_else(String::new, super::shortened);
        return (place, format!("parameter `{key}` stands there twice: keep one of the two"));
    }
    let text = error.to_string();
    let found = text.split(" at line ").next().unwrap_or(&text);
    if found.starts_with("budget breached") || found.starts_with("recursion limit") {
        return (place, "nested too deeply, too large, or multiplied by aliases: write it out flat".to_owned());
    }
    (place, found.to_owned())
}

/// A node as the parser hands it over. The text of numbers and truths is taken from the source.
enum Node {
    Nothing,
    Typed,
    Text(String),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<Node>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

/// Numbers and truths, whatever their type.
macro_rules! typed {
    ($($name:ident: $kind:ty),+) => {
        $( fn $name<E>(self, _: $kind) -> Result<Node, E> { Ok(Node::Typed) } )+
    };
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    typed!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_i128: i128, visit_u128: u128, visit_f64: f64);

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(pair) = pairs.next_entry()? {
            map.push(pair);
        }
        Ok(Node::Map(map))
    }
}
