//! Every field that programs are given, and what it is, is in the reference, at every depth.

use crate::fixture::{bare, json as answer};
use crate::serving::{PATIENCE, started};
use crate::trace_fixture::{TRACE, file, otlp, span};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const REFERENCE: &str = include_str!("../../docs/reference/trace-json.md");
const SPANS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/traces/launch-and-array.json");

/// The tables of the reference by name: what each field is.
#[derive(Default)]
struct Reference {
    tables: BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>,
    /// Those that something was compared with.
    used: BTreeSet<&'static str>,
}

impl Reference {
    fn read() -> Self {
        let marked = REFERENCE.split("<!-- ").filter_map(|part| part.split_once(":begin -->"));
        let tables = marked.map(|(name, rest)| {
            let rows = rest.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
            (name, rows.map(|(field, rest)| (field, rest.split(" | ").next().unwrap())).collect())
        });
        Self { tables: tables.collect(), used: BTreeSet::new() }
    }

    /// Compares a value with the words that say what it is.
    fn check(&mut self, value: &Value, is: &str, place: &str) {
        if let Some(many) = is.strip_prefix("list of ") {
            let values = value.as_array().unwrap_or_else(|| panic!("{place} is no list: {value}"));
            let is = one(many);
            values.iter().enumerate().for_each(|(at, value)| self.check(value, is, &format!("{place}[{at}]")));
            return;
        }
        if let Some(is) = is.strip_suffix(" or null") {
            if !value.is_null() {
                self.check(value, is, place);
            }
            return;
        }
        let fits = match is {
            "text" => value.is_string(),
            "number" => value.is_number(),
            "true or false" => value.is_boolean(),
            "object" => value.is_object(),
            "service map" => return self.check_fields(value, "map", place),
            "what was left out" => return self.check_fields(value, "dropped", place),
            table => return self.check_fields(value, table, place),
        };
        assert!(fits, "{place} is no {is}: {value}");
    }

    fn check_fields(&mut self, value: &Value, table: &str, place: &str) {
        let (&name, fields) = self.tables.get_key_value(table).unwrap_or_else(|| panic!("{place}: no table {table}"));
        self.used.insert(name);
        let fields = fields.clone();
        let object = value.as_object().unwrap_or_else(|| panic!("{place} is no {table}: {value}"));
        let said: BTreeSet<&str> = object.keys().map(String::as_str).collect();
        assert_eq!(said, fields.keys().copied().collect(), "{place}, {table}");
        for (field, is) in fields {
            self.check(&object[field], is, &format!("{place}.{field}"));
        }
    }
}

/// What one of many is; the tables are named for one.
fn one(many: &str) -> &str {
    match many {
        "texts" => "text",
        "numbers" => "number",
        "numbers or null" => "number or null",
        "lists of numbers" => "list of numbers",
        "hosts" => "host",
        "notes" => "note",
        "origins" => "origin",
        "spans" => "span",
        "stretches" => "stretch",
        "events" => "event",
        "links" => "link",
        "nodes" => "node",
        "edges" => "edge",
        "tasks" => "task",
        "arrays" => "array",
        "attempts" => "attempt",
        "summaries" => "summary",
        "rows" => "row",
        other => panic!("nobody knows what one of {other} is"),
    }
}

/// A span with an event, a link and a parent that is not here.
fn orphan() -> Value {
    let event = json!([{ "name": "retry", "timeUnixNano": "1795302001000000500" }]);
    let link = json!([{ "traceId": TRACE, "spanId": "00000000000000ff" }]);
    otlp("ci", &[span(2, 1, "compile", 0, Some(10), &json!({ "events": event, "links": link }))])
}

#[tokio::test]
async fn every_field_for_programs_is_in_the_reference_with_what_it_is() {
    let mut reference = Reference::read();
    let folder = tempfile::tempdir().unwrap();
    let orphan = file(folder.path(), "orphan.json", &[orphan()]);
    let from = ["--from", SPANS, "--from", orphan.to_str().unwrap()];
    let traces = answer(&bare().args(["trace", "list", "-o", "json"]).args(from).run().await.unwrap());
    reference.check(&traces, "list of summaries", "list");
    let id = traces[0]["trace_id"].as_str().unwrap();
    for (line, is) in [
        (&["show", id][..], "trace"),
        (&["show", TRACE], "trace"),
        (&["map"], "map"),
        (&["array", "align"], "array"),
        (&["compare", id, id], "comparison"),
        (&["compare", "align[0]", "align[1]"], "comparison"),
    ] {
        let output = bare().arg("trace").args(line).args(from).args(["-o", "json"]).run().await.unwrap();
        reference.check(&answer(&output), is, &line.join(" "));
    }
    let serving = started(bare().args(["trace", "serve", "--listen=0"]).args(from)).await;
    let there = || (serving.get("/api/status")["traces"].as_u64() > Some(1)).then_some(());
    spawn_test_support::wait_until("the traces", PATIENCE, there).await.unwrap();
    for (path, is) in [
        ("/api/traces", "list"),
        (&format!("/api/traces/{id}"), "trace"),
        ("/api/map", "map"),
        ("/api/arrays", "list of arrays"),
        ("/api/status", "status"),
    ] {
        reference.check(&serving.get(path), is, path);
    }
    let unused: Vec<&&str> = reference.tables.keys().filter(|name| !reference.used.contains(*name)).collect();
    assert!(unused.is_empty(), "nothing was compared with {unused:?}");
}
