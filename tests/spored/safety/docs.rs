//! The documents on security and troubleshooting say what is so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The cells of a table between two marks, but for its head.
fn table(document: &str, mark: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let (_, rest) = text.split_once(&format!("<!-- {mark}:begin -->")).unwrap();
    let (table, _) = rest.split_once(&format!("<!-- {mark}:end -->")).unwrap();
    let rows = table.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// Names of the tests in the sources of every crate.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders: Vec<_> =
        ["config", "host", "telemetry", "cloud", "spored", "spawn-cli", "tests"].map(|room| root().join(room)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for (test, _) in text.match_indices("test]\n") {
                    let after = text[test..].split_once("fn ").unwrap().1;
                    names.extend(after.split('(').next().map(str::to_owned));
                }
            }
        }
    }
    names
}

#[test]
fn every_threat_has_a_test_that_exists() {
    let tests = tests();
    let rows = table("docs/reference/security.md", "threats");
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows {
        let [threat, control, test] = &row[..] else { panic!("three cells, not {row:?}") };
        assert!(!threat.is_empty() && !control.is_empty());
        assert!(tests.contains(test.trim_matches('`')), "{threat}: there is no test {test}");
    }
}

#[test]
fn the_checks_of_the_doctor_are_those_of_the_document() {
    let rows = table("docs/how-to/troubleshooting.md", "checks");
    let documented: Vec<String> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    assert_eq!(documented, crate::doctor::CHECKS);
}
