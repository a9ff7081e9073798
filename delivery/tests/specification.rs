//! Every promise of the specification names tests that exist.

use std::path::Path;

const SPECIFICATION: &str = include_str!("../../docs/specification.md");

#[test]
fn the_specification_has_every_promise_once_and_names_tests_that_exist() {
    let table = SPECIFICATION.split_once("<!-- promises:begin -->").unwrap().1;
    let table = table.split_once("<!-- promises:end -->").unwrap().0;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|line| line.starts_with("| R")).map(|line| line.split(" | ").collect()).collect();
    let promised: Vec<String> = rows.iter().map(|row| row[0].trim_start_matches("| ").to_owned()).collect();
    assert_eq!(promised, (1..=20).map(|number| format!("R{number}")).collect::<Vec<_>>());
    for row in rows {
        let named: Vec<(&str, &str)> = row[3]
            .split("; ")
            .filter_map(|test| {
                let (file, name) = test.trim_end_matches(" |").split_once(": ")?;
                Some((file.trim_matches('`'), name.trim_matches('`')))
            })
            .collect();
        assert!(!named.is_empty(), "{}: no test", row[0]);
        for (file, name) in named {
            let text = std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(text.contains(&format!("fn {name}(")), "{}: {file} has no test {name}", row[0]);
        }
    }
}
