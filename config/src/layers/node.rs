//! YAML as a tree that knows where each node stands.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, NonFiniteFloatPolicy, Spanned};

use crate::escape::{plain, printable};
use crate::{ConfigError, Place};

/// A node and its place; line and column count from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) kind: Kind,
}

/// What a node is. Scalars stay text: the key that they belong to decides what they mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Nothing, `null` or `~`.
    Null,
    /// A scalar without quotes.
    Plain(String),
    /// A scalar in quotes or a block.
    Quoted(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(Node, Node)>),
}

/// Parses a text that is empty or one document.
pub(super) fn parse(path: &str, text: &str) -> Result<Node, ConfigError> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        // Which numbers will do is for the key to say, in words that name it.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
        // Fifty times a complete file; aliases that multiply end here.
        budget: serde_saphyr::budget! { max_nodes: 10_000 },
    };
    let parsed: Result<Option<Parsed>, _> = serde_saphyr::from_str_with_options(text, options);
    match parsed {
        Ok(Some(parsed)) => Ok(parsed.into_node(text)),
        Ok(None) => Ok(Node { line: 1, column: 1, kind: Kind::Null }),
        Err(error) => {
            let (line, column) = error.location().map_or((1, 1), |location| (location.line(), location.column()));
            Err(ConfigError::Syntax {
                place: Place::File { path: path.to_owned(), line, column },
                problem: problem(&error),
            })
        }
    }
}

/// What the parser found, without the place, and what to do where it does not say.
fn problem(error: &serde_saphyr::Error) -> String {
    if let serde_saphyr::Error::DuplicateMappingKey { key, .. } = error.without_snippet() {
        let key = key.as_deref().unwrap_or("a key");
        return format!("{} stands twice in this mapping: keep one of the two", plain(key));
    }
    let text = error.to_string();
    let found = text.split(" at line ").next().unwrap_or(&text);
    if found.starts_with("multiple YAML documents") {
        "a second document begins here: keep one".to_owned()
    } else if found.starts_with("tabs disallowed") {
        "a tab in the indentation: use spaces".to_owned()
    } else if found.starts_with("budget breached") || found.starts_with("recursion limit") {
        "nested too deeply, or multiplied by aliases: write it out flat".to_owned()
    } else {
        printable(found)
    }
}

/// A node as the parser hands it over. Numbers and truths arrive as such; their text is taken from the source, so that an
/// account `012345678901` keeps its zero.
struct Parsed(Spanned<Shape>);

enum Shape {
    Null,
    Typed,
    Text(String),
    List(Vec<Parsed>),
    Map(Vec<(Parsed, Parsed)>),
}

impl Parsed {
    fn into_node(self, source: &str) -> Node {
        let Spanned { value, referenced, defined, .. } = self.0;
        let written = written(source, &defined);
        let kind = match value {
            Shape::Null => Kind::Null,
            Shape::Typed => Kind::Plain(written.unwrap_or_default().to_owned()),
            Shape::Text(text) if written == Some(&text) => Kind::Plain(text),
            Shape::Text(text) => Kind::Quoted(text),
            Shape::List(items) => Kind::List(items.into_iter().map(|item| item.into_node(source)).collect()),
            Shape::Map(pairs) => {
                let pairs = pairs.into_iter();
                Kind::Map(pairs.map(|(name, value)| (name.into_node(source), value.into_node(source))).collect())
            }
        };
        Node { line: referenced.line(), column: referenced.column(), kind }
    }
}

/// The piece of the source that a scalar was written as.
fn written<'a>(source: &'a str, location: &Location) -> Option<&'a str> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let end = start.checked_add(usize::try_from(span.byte_len()?).ok()?)?;
    source.get(start..end).map(str::trim_end)
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Typed)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Typed)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Typed)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Shape, E> {
        Ok(Shape::Typed)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Shape, E> {
        Ok(Shape::Typed)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Typed)
    }

    fn visit_str<E>(self, text: &str) -> Result<Shape, E> {
        Ok(Shape::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Shape::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Shape, A::Error> {
        let mut map = Vec::new();
        while let Some(pair) = pairs.next_entry()? {
            map.push(pair);
        }
        Ok(Shape::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(text: &str) -> Kind {
        let Kind::Map(pairs) = parse("f", text).unwrap().kind else { panic!("{text:?} is no mapping") };
        pairs.into_iter().next().unwrap().1.kind
    }

    fn problem(text: &str) -> String {
        parse("f", text).unwrap_err().to_string()
    }

    #[test]
    fn scalars_keep_the_text_that_was_written() {
        for (text, expected) in [
            ("a: 012345678901", Kind::Plain("012345678901".to_owned())),
            ("a: 0.10  # 10 %", Kind::Plain("0.10".to_owned())),
            ("a: .nan", Kind::Plain(".nan".to_owned())),
            ("a: 1e999", Kind::Plain("1e999".to_owned())),
            ("a: true", Kind::Plain("true".to_owned())),
            ("a: yes", Kind::Plain("yes".to_owned())),
            ("a: ä b", Kind::Plain("ä b".to_owned())),
            ("a: \"0.1\"", Kind::Quoted("0.1".to_owned())),
            ("a: 'x'", Kind::Quoted("x".to_owned())),
            ("a: \"\"", Kind::Quoted(String::new())),
            ("a: |\n  x\n", Kind::Quoted("x\n".to_owned())),
            ("a:", Kind::Null),
            ("a: ~", Kind::Null),
            ("\u{feff}a: b", Kind::Plain("b".to_owned())),
        ] {
            assert_eq!(kind(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_node_knows_its_place() {
        let node = parse("f", "# a comment\na:\n  ü: [x]\n").unwrap();
        let plain = |line, column, text: &str| Node { line, column, kind: Kind::Plain(text.to_owned()) };
        let list = Node { line: 3, column: 6, kind: Kind::List(vec![plain(3, 7, "x")]) };
        let inner = Node { line: 3, column: 3, kind: Kind::Map(vec![(plain(3, 3, "ü"), list)]) };
        assert_eq!(node.kind, Kind::Map(vec![(plain(2, 1, "a"), inner)]));
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_place() {
        for (text, expected) in [
            ("a:\n\tb: 1\n", "f:2:2: a tab in the indentation: use spaces"),
            ("a:\n  b: 1\n  b: 2\n", "f:3:3: b stands twice in this mapping: keep one of the two"),
            ("a: 1\n---\nb: 2\n", "f:3:1: a second document begins here: keep one"),
            ("a: [1\n", "f:1:4: unclosed bracket '['"),
            ("a: 1\n  b: 2\n", "f:2:4: mapping values are not allowed in this context"),
            ("a: *x\n", "f:1:4: alias references unknown anchor"),
            ("a: \0\n", "f:1:4: unexpected character: `\\u{0}'"),
        ] {
            assert_eq!(problem(text), expected, "{text:?}");
        }
    }

    #[test]
    fn depth_and_aliases_that_multiply_are_stopped() {
        let deep = "[".repeat(100_000);
        assert_eq!(problem(&deep), "f:1:256: nested too deeply, or multiplied by aliases: write it out flat");
        let bomb: String =
            (1..9).map(|level| format!("a{level}: &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(9))).collect();
        assert_eq!(
            problem(&format!("a0: &a0 [x]\n{bomb}")),
            "f:5:35: nested too deeply, or multiplied by aliases: write it out flat"
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(?s).{0,200}") {
            parse("f", &text).ok();
        }

        #[test]
        fn no_text_of_yaml_characters_panics(text in r#"[a-c:\[\]{}&*!|>'"%@`#\-?, \n\t0-9.~<ü]{0,80}"#) {
            parse("f", &text).ok();
        }
    }
}
