//! The lines of `spored status` that tell which job array the host works for.

use super::plain;
use serde_json::Value;

/// Running tasks that are named; the others are counted.
const NAMED: usize = 5;

/// A name and a value each; nothing where the host works for no array.
pub(super) fn rows(report: &Value) -> Vec<(&'static str, String)> {
    let work = &report["work"];
    let say = |pointer: &str| work.pointer(pointer).filter(|value| !value.is_null()).map(plain);
    let Some(array) = say("/array") else { return Vec::new() };
    let state = say("/state").filter(|state| !state.is_empty()).unwrap_or_else(|| "looking".to_owned());
    let slots = say("/slots").filter(|slots| slots != "0").map(|slots| format!(", slots {slots}"));
    let made: Vec<String> = ["succeeded", "failed", "cancelled", "released"]
        .into_iter()
        .filter_map(|name| Some(format!("{} {name}", say(&format!("/made/{name}")).filter(|count| count != "0")?)))
        .collect();
    let rows = [
        ("array", Some(format!("{array}, {state}{}", slots.unwrap_or_default()))),
        ("tasks", running(work)),
        ("attempts", (!made.is_empty()).then(|| made.join(", "))),
        ("", say("/problem")),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn running(work: &Value) -> Option<String> {
    let tasks = work.get("running")?.as_array().filter(|tasks| !tasks.is_empty())?;
    let name =
        |task: &Value| format!("{}#{} since {}", plain(&task["index"]), plain(&task["attempt"]), plain(&task["since"]));
    let named: Vec<String> = tasks.iter().take(NAMED).map(name).collect();
    let more = tasks.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Some(format!("{}{more}", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_host_at_work_says_for_what() {
        let report = json!({ "work": {
            "array": "align-1a2b3c4d", "state": "working", "slots": 2,
            "running": [{ "index": 3, "attempt": 2, "since": "2027-01-31T17:00:00Z" }],
            "made": { "succeeded": 7, "failed": 0, "cancelled": 0, "released": 1 },
            "problem": "DynamoDB GetItem: no\u{1b}[2J answer",
        } });
        let expected = [
            ("array", "align-1a2b3c4d, working, slots 2"),
            ("tasks", "3#2 since 2027-01-31T17:00:00Z"),
            ("attempts", "7 succeeded, 1 released"),
            ("", "DynamoDB GetItem: no\\u{1b}[2J answer"),
        ];
        assert_eq!(rows(&report), expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(rows(&json!({ "work": { "array": null } })), []);
    }
}
