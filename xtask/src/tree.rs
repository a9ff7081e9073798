//! Draws a trace from its X-Ray documents: who called what, how long it took, what went wrong.

use serde_json::Value;

/// Widest line, so that the tree fits a terminal of 80 columns.
const WIDTH: usize = 80;
/// Where a document was made.
const HOST: &str = "/annotations/spawn_instance_id";
/// What a line may say about a call, first what matters most: JSON pointer and the name shown.
const FACTS: [(&str, &str); 6] = [
    ("/aws/resource_names", "resources"),
    ("/aws/table_name", "table"),
    (HOST, "by"),
    ("/aws/retries", "retries"),
    ("/http/response/status", "http"),
    ("/aws/request_id", "request"),
];

/// The documents of one trace as lines.
pub(crate) fn draw(documents: &[Value]) -> String {
    draw_levels(documents, usize::MAX)
}

/// The documents of one trace as lines, but for what is deeper than so many levels.
pub(crate) fn draw_levels(documents: &[Value], levels: usize) -> String {
    let mut text = String::new();
    let documents = &ended(documents);
    let known = |id: &Value| documents.iter().any(|document| document["id"] == *id);
    for root in in_order(documents, |document| !known(&document["parent_id"])) {
        branch(&mut text, documents, (root, None), levels, ("", ""));
    }
    text
}

/// The documents without those that only announced what has ended since: X-Ray keeps the last of an id, the emulator all.
fn ended(documents: &[Value]) -> Vec<Value> {
    let has_ended = |id: &Value| documents.iter().any(|other| other["id"] == *id && other["in_progress"] != true);
    let kept = documents.iter().filter(|document| document["in_progress"] != true || !has_ended(&document["id"]));
    kept.cloned().collect()
}

/// A document and what is below it; `host` is where the one above it was made, and the prefixes are those of its first
/// line and of the others.
fn branch(
    text: &mut String,
    documents: &[Value],
    (document, host): (&Value, Option<&Value>),
    levels: usize,
    (first, rest): (&str, &str),
) {
    line(text, first, &headline(document));
    let is_child = |child: &Value| !child["parent_id"].is_null() && child["parent_id"] == document["id"];
    let children = in_order(documents, |child| levels > 1 && is_child(child));
    let below = if children.is_empty() { "  " } else { "│ " };
    for fact in facts(document, host) {
        line(text, &format!("{rest}{below}"), &fact);
    }
    for (place, child) in children.iter().copied().enumerate() {
        let last = place + 1 == children.len();
        let (fork, under) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let prefixes = (format!("{rest}{fork}"), format!("{rest}{under}"));
        let child = (child, document.pointer(HOST));
        branch(text, documents, child, levels - 1, (&prefixes.0, &prefixes.1));
    }
}

fn in_order(documents: &[Value], wanted: impl Fn(&Value) -> bool) -> Vec<&Value> {
    let mut found: Vec<&Value> = documents.iter().filter(|document| wanted(document)).collect();
    found.sort_by(|one, other| start(one).total_cmp(&start(other)));
    found
}

fn start(document: &Value) -> f64 {
    document["start_time"].as_f64().unwrap_or_default()
}

fn headline(document: &Value) -> String {
    let span = document.pointer("/metadata/spawn/name").and_then(Value::as_str);
    let operation = document.pointer("/aws/operation").and_then(Value::as_str);
    let name = document["name"].as_str().unwrap_or("?");
    let what = match (operation, span) {
        (Some(operation), _) => format!("{name} {operation}"),
        (None, Some(span)) => format!("{span} [{name}]"),
        (None, None) => name.to_owned(),
    };
    let milliseconds = (document["end_time"].as_f64().unwrap_or_default() - start(document)) * 1_000.0;
    let marks = ["fault", "throttle", "error"].into_iter().filter(|mark| document[mark] == true);
    let marks: Vec<String> = marks.map(str::to_uppercase).collect();
    format!("{what}  {milliseconds:.1} ms  {}", marks.join(" ")).trim_end().to_owned()
}

/// What is said of a document; the host of a part only where it is another than that of the whole.
fn facts(document: &Value, host: Option<&Value>) -> Vec<String> {
    let fact = |(pointer, name): (&str, &str)| {
        let value = document.pointer(pointer).filter(|value| **value != 0)?;
        if pointer == HOST && document["type"] == "subsegment" && host == Some(value) {
            return None;
        }
        Some(format!("{name}={}", plain(value)))
    };
    let mut lines: Vec<String> = Vec::new();
    for fact in FACTS.into_iter().filter_map(fact) {
        match lines.last_mut() {
            Some(line) if line_width(line) + fact.len() < 56 => {
                *line = format!("{line}  {fact}");
            }
            _ => lines.push(fact),
        }
    }
    let exceptions = document.pointer("/cause/exceptions").and_then(Value::as_array).into_iter().flatten();
    lines.extend(exceptions.map(|exception| {
        let parts = ["type", "message"].into_iter().filter_map(|part| exception[part].as_str());
        parts.collect::<Vec<_>>().join(": ")
    }));
    lines
}

fn line_width(line: &str) -> usize {
    line.chars().count()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn line(text: &mut String, prefix: &str, content: &str) {
    let room = WIDTH.saturating_sub(prefix.chars().count());
    let cut = if content.chars().count() > room {
        content.chars().take(room.saturating_sub(1)).chain(['…']).collect()
    } else {
        content.to_owned()
    };
    text.extend([prefix, &cut, "\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn children_stand_under_their_parent_in_the_order_of_their_start() {
        let documents = [
            json!({"id": "c", "parent_id": "a", "name": "DynamoDB", "aws": {"operation": "GetItem"}, "start_time": 3.0, "end_time": 3.25}),
            json!({"id": "a", "name": "spawn", "start_time": 1.0, "end_time": 4.0, "metadata": {"spawn": {"name": "spawn launch"}}}),
            json!({"id": "b", "parent_id": "a", "name": "EC2", "aws": {"operation": "RunInstances"}, "start_time": 2.0, "end_time": 2.5, "error": true,
                   "cause": {"exceptions": [{"type": "Refused", "message": "no"}]}}),
        ];
        let expected = "\
spawn launch [spawn]  3000.0 ms
├─ EC2 RunInstances  500.0 ms  ERROR
│    Refused: no
└─ DynamoDB GetItem  250.0 ms
";
        assert_eq!(draw(&documents), expected);
        assert_eq!(draw_levels(&documents, 1), "spawn launch [spawn]  3000.0 ms\n");
    }
}
