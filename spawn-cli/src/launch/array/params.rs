//! A file of parameters, one set for each task, as JSON, YAML or CSV. Pure: text in, sets out.
//!
//! Values become text as they were written (`1.10` stays `1.10`), because that is what an environment holds.

mod csv_rows;
mod json_rows;
mod yaml_rows;

use spawn_cloud::arrays::MOST_TASKS;
use std::collections::BTreeMap;
use std::fmt;

/// Parameters of one task, by name.
pub(crate) type Params = BTreeMap<String, String>;

/// Bytes of one task's parameters: they stand in an item of their own, which is read before each attempt.
const MOST_BYTES: usize = 4 * 1024;
/// Variables that every task gets from the agent, whatever else it is given.
const OURS: [&str; 6] = ["TRACEPARENT", "TRACESTATE", "_X_AMZN_TRACE_ID", "SPAWN_INPUT", "SPAWN_OUTPUT", "JOB_ATTEMPT"];
/// How the others begin.
const OURS_BEGIN: &str = "JOB_ARRAY_";

/// Why a file of parameters is not taken: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{place}: {problem}")]
pub(crate) struct ParamsError {
    file: String,
    place: Place,
    problem: String,
}

/// Where something stands in a file, counted from 1; no line means the file as a whole, no column the whole line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    line: u64,
    column: u64,
}

/// One set, as its file has it.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    place: Place,
    cells: Vec<Cell>,
}

/// One parameter, as its file has it.
#[derive(Debug, PartialEq, Eq)]
struct Cell {
    place: Place,
    name: String,
    value: Value,
}

/// A value, as its file has it.
#[derive(Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    Nothing,
    Nested,
}

/// What a reader of one form could not read.
type Fault = (Place, String);

/// The forms of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Yaml,
    Csv { separator: u8 },
}

/// Reads the parameters in `bytes`, which `file` holds.
pub(crate) fn read(file: &str, bytes: &[u8]) -> Result<Vec<Params>, ParamsError> {
    let wrong = |(place, problem): Fault| ParamsError { file: file.to_owned(), place, problem };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        wrong((Place { line, column: 0 }, "the text is no UTF-8: save it as UTF-8".to_owned()))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rows = match form(file, text) {
        Form::Json => json_rows::rows(text),
        Form::Yaml => yaml_rows::rows(text),
        Form::Csv { separator } => csv_rows::rows(text, separator),
    };
    sets(rows.map_err(wrong)?).map_err(wrong)
}

/// By the file's name, or else by how its text begins.
fn form(file: &str, text: &str) -> Form {
    let extension = file.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, end)| end.to_lowercase());
    match (extension.as_deref(), text.trim_start().chars().next()) {
        (Some("json"), _) => Form::Json,
        (Some("yaml" | "yml"), _) => Form::Yaml,
        (Some("csv"), _) => Form::Csv { separator: b',' },
        (Some("tsv"), _) => Form::Csv { separator: b'\t' },
        (_, Some('[' | '{')) => Form::Json,
        (_, Some('-' | '#' | '%')) => Form::Yaml,
        _ => Form::Csv { separator: b',' },
    }
}

fn sets(rows: Vec<Row>) -> Result<Vec<Params>, Fault> {
    if rows.is_empty() {
        return Err((Place::default(), "no parameters in it: write one set for each task".to_owned()));
    }
    if rows.len() > MOST_TASKS as usize {
        let problem = format!("{} sets of parameters, and an array has at most {MOST_TASKS} tasks", rows.len());
        return Err((Place::default(), problem));
    }
    rows.into_iter().enumerate().map(|(index, row)| set(index, row)).collect()
}

fn set(index: usize, row: Row) -> Result<Params, Fault> {
    let mut set = Params::new();
    for Cell { place, name, value } in row.cells {
        let wrong = |problem: &str| (place, format!("parameter `{}` of task {index}: {problem}", shortened(&name)));
        check_variable(&name).map_err(|problem| wrong(&problem))?;
        let value = match value {
            Value::Text(text) if text.contains('\0') => {
                return Err(wrong("no environment holds a NUL character: leave it out"));
            }
            Value::Text(text) => text,
            Value::Nothing => return Err(wrong("no value: write \"\" for an empty text, or leave the parameter out")),
            Value::Nested => return Err(wrong("a list or an object: a parameter is one text, number or truth")),
        };
        if set.insert(name.clone(), value).is_some() {
            return Err(wrong("it stands there twice: keep one of the two"));
        }
    }
    let size: usize = set.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MOST_BYTES {
        let remedy = "put large ones into files below --input";
        return Err((
            row.place,
            format!("{size} bytes of parameters for task {index}, at most {MOST_BYTES}: {remedy}"),
        ));
    }
    Ok(set)
}

/// Whether a variable of this name may be given to tasks, be it a parameter or by `--env`.
pub(super) fn check_variable(name: &str) -> Result<(), String> {
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if !begins || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err("a name in an environment is a letter or `_`, then letters, digits and `_`: rename it".to_owned());
    }
    if OURS.contains(&name) || name.starts_with(OURS_BEGIN) {
        return Err("spawn itself gives this variable to every task: rename it".to_owned());
    }
    Ok(())
}

/// A name for a message: whoever takes a wrong file for parameters gets a line, not a page.
fn shortened(name: &str) -> String {
    const MOST: usize = 60;
    if name.chars().count() <= MOST { name.to_owned() } else { name.chars().take(MOST).chain(['…']).collect() }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => Ok(()),
            (line, 0) => write!(f, ":{line}"),
            (line, column) => write!(f, ":{line}:{column}"),
        }
    }
}

#[cfg(test)]
mod tests;
