//! A task's command with its braces filled in, and the ids of arrays.

#[expect(dead_code, reason = "the launch uses the rest")]
mod expand;
#[expect(dead_code, reason = "the programs use the rest")]
mod id;

use expand::{Placeholders, check, expand};
use id::{ArrayId, ArrayName};
use std::collections::BTreeMap;

/// As in `cloud/src/arrays.rs`.
pub const MOST_TASKS: u32 = 10_000;

/// What the launch takes, the agent can fill in; nothing that is filled in is filled in again.
pub fn braces(text: &str) {
    let (command, value) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(name) = "fuzz".parse::<ArrayName>() else { unreachable!("a name of an array") };
    let array = ArrayId::new(&name, 7);
    let params = BTreeMap::from([("sample".to_owned(), value.to_owned())]);
    let values = Placeholders { array: &array, size: 3, index: 1, attempt: 1, params: &params };
    match (check(command, ["sample"]), expand(command, &values)) {
        (Ok(()), Ok(filled)) => {
            let plain = !command.contains(['{', '}']);
            assert!(!plain || filled == command);
        }
        // A value may make it too long.
        (Ok(()), Err(error)) => {
            assert!(error.to_string().contains("long") && !value.is_empty() || command.len() > 1_000)
        }
        (Err(error), filled) => assert!(filled.is_err() && error.to_string().len() < 1_000, "{error}"),
    }
    if let Ok(id) = text.parse::<ArrayId>() {
        assert_eq!(id.to_string(), text);
    }
}
