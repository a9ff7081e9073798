//! How a command prints its answer: for people, or for programs.

use crate::show;
use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Table,
    /// For programs: one document.
    Json,
    /// One document, as YAML.
    Yaml,
    /// For programs that read line by line: one JSON object a line.
    Ndjson,
}

impl Output {
    /// Prints the answer; `table` makes the form for people.
    pub(crate) fn print(self, answer: &impl Serialize, table: impl FnOnce() -> String) -> Result<()> {
        match self {
            Self::Table => show::data(&table()),
            for_programs => for_programs.write(answer),
        }
    }

    /// Prints the answer for programs.
    pub(crate) fn write(self, answer: &impl Serialize) -> Result<()> {
        show::data(&self.text(&serde_json::to_value(answer)?)?)
    }

    /// The answer for programs; a table has no such form, and is given as JSON.
    fn text(self, answer: &Value) -> Result<String> {
        Ok(match (self, answer) {
            (Self::Table | Self::Json, answer) => serde_json::to_string_pretty(answer)? + "\n",
            (Self::Yaml, answer) => serde_saphyr::to_string(answer).context("failed to write the answer as YAML")?,
            (Self::Ndjson, Value::Array(items)) => items.iter().map(|item| format!("{item}\n")).collect(),
            (Self::Ndjson, answer) => format!("{answer}\n"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_is_an_empty_list_in_each_form() {
        let texts = [Output::Json, Output::Yaml, Output::Ndjson].map(|output| output.text(&json!([])).unwrap());
        assert_eq!(texts, ["[]\n", "[]\n", ""]);
    }

    #[test]
    fn yaml_keeps_text_that_looks_like_something_else_as_text() {
        let answer = json!([{ "name": "yes", "ttl": "1e3", "none": null, "empty": "", "lines": "a\n- b: c", "esc": "\u{1b}[2J" }]);
        let yaml = Output::Yaml.text(&answer).unwrap();
        assert!(!yaml.contains('\u{1b}'), "{yaml}");
        let read: Value = serde_saphyr::from_str(&yaml).unwrap();
        assert_eq!(read, answer, "{yaml}");
    }

    #[test]
    fn a_line_holds_one_object() {
        assert_eq!(
            Output::Ndjson.text(&json!([{ "a": 1 }, { "b": "x\ny" }])).unwrap(),
            "{\"a\":1}\n{\"b\":\"x\\ny\"}\n"
        );
        assert_eq!(Output::Ndjson.text(&json!({ "a": 1 })).unwrap(), "{\"a\":1}\n");
    }
}
